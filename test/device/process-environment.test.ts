import { describe, expect, it } from "vitest";
import { variableOf } from "../../src/device/process-environment.js";
import { type FakeTree, fakeHost } from "./fake-host.js";

const AGENT = "aws.iot.lookoutvision.EdgeAgent";
const PROGRAM = `/greengrass/v2/packages/artifacts-unarchived/${AGENT}/1.1.1/lookoutvision_edge_agent/server.py`;
const PATH = "/usr/local/TensorRT-7.1.3/lib";

function running(pid: number, command: readonly string[], others: FakeTree = {}): FakeTree {
  return {
    [`/proc/${pid}/cmdline`]: command.map((word) => `${word}\0`).join(""),
    [`/proc/${pid}/environ`]: `SVCUID=secret\0LD_LIBRARY_PATH=${PATH}\0HOME=/home/ggc_user\0`,
    ...others,
  };
}

const WORK = "/greengrass/v2/work";
const GGC_USER = 998;
const OTHER_USER = 1000;
const UNVERIFIED = { state: "unreadable", why: "the owner of its process cannot be verified" };

/** Everything belongs to root, except the agent's work folder and processes, and what `owners` says. */
function ask(tree: FakeTree, name = "LD_LIBRARY_PATH", owners: Readonly<Record<string, number>> = {}) {
  const owned: Readonly<Record<string, number>> = { [`${WORK}/${AGENT}`]: GGC_USER, ...owners };
  const owner = (path: string) => {
    const usual = /^\/proc\/\d+$/.test(path) ? GGC_USER : 0;
    return { state: "found", value: owned[path] ?? usual } as const;
  };
  const host = fakeHost({ [`${WORK}/${AGENT}/file`]: "", ...tree });
  return variableOf({ ...host, owner, user: 2000 }, AGENT, name);
}

describe("variableOf", () => {
  it("returns the variable of the process whose program is among the component's files", () => {
    expect(ask(running(812, ["/usr/bin/python3.8", PROGRAM]))).toEqual({ state: "found", value: PATH });
    expect(ask(running(812, ["python3", PROGRAM]), "LD_LIBRARY")).toEqual({ state: "found", value: "" });
  });

  it("returns the variable of a process that works in the component's folder", () => {
    const cwd = (folder: string) =>
      ask(running(812, ["python3", "-m", "server"], { "/proc/812/cwd": { link: folder } }));

    expect(cwd(`/greengrass/v2/work/${AGENT}`)).toEqual({ state: "found", value: PATH });
    expect(cwd(`/greengrass/v2/work/${AGENT}.other`)).toEqual({ state: "absent" });
    expect(cwd("/")).toEqual({ state: "absent" });
  });

  it.each([
    ["another component's", ["python3", `/greengrass/v2/packages/artifacts/com.example.Client/${AGENT}.py`]],
    ["one that is only told the agent's socket", ["node", "run", `unix:///tmp/${AGENT}.sock`]],
    ["a shell that starts it", ["/bin/sh", "-c", `python3 ${PROGRAM}`]],
    ["sudo that starts it", ["sudo", "-u", "ggc_user", PROGRAM]],
    ["a thread of the kernel", []],
  ])("does not treat a process as the agent's: %s", (_, command) => {
    expect(ask(running(9, command))).toEqual({ state: "absent" });
  });

  it.each([
    ["names the agent's program", running(9, ["sleep", PROGRAM])],
    ["names a program nowhere near Greengrass", running(9, ["sleep", `/x/${AGENT}/y`])],
    ["works in the agent's folder", running(9, ["sleep"], { "/proc/9/cwd": { link: `${WORK}/${AGENT}` } })],
    ["names a folder tree without a work folder", running(9, ["sleep", `/opt/packages/artifacts/${AGENT}/x`])],
  ])("ignores a process of another user that %s", (_, tree) => {
    expect(ask(tree, "LD_LIBRARY_PATH", { "/proc/9": OTHER_USER })).toEqual({ state: "absent" });
    expect(ask(tree, "LD_LIBRARY_PATH", { "/proc/9": 0 })).toEqual({ state: "found", value: PATH });
    expect(ask(tree, "LD_LIBRARY_PATH", { "/proc/9": 2000 })).toEqual({ state: "found", value: PATH });
  });

  it.each([
    ["works in a folder of the same name", running(9, ["sleep"], { "/proc/9/cwd": { link: `/tmp/work/${AGENT}` } })],
    ["names a folder tree of the same names", running(9, ["sleep", `/tmp/packages/artifacts/${AGENT}/x`])],
    [
      "names a link to its own folder in root's",
      running(9, ["sleep", `/home/eve/packages/artifacts/${AGENT}/x`], {
        "/home/eve/work": { link: "/tmp" },
        [`/tmp/${AGENT}/file`]: "",
      }),
    ],
  ])("does not know the variable where another user's process %s, unless a verified one runs", (_, tree) => {
    const planted = { "/tmp/work": OTHER_USER, [`/tmp/work/${AGENT}`]: OTHER_USER, [`/tmp/${AGENT}`]: OTHER_USER };
    const there = { [`/tmp/work/${AGENT}/file`]: "", ...tree };

    expect(ask(there, "LD_LIBRARY_PATH", { "/proc/9": OTHER_USER, ...planted })).toEqual(UNVERIFIED);
    const agent = running(812, ["python3", PROGRAM], { "/proc/812/environ": "LD_LIBRARY_PATH=/opt/lib\0" });
    expect(ask({ ...there, ...agent }, "LD_LIBRARY_PATH", { "/proc/9": OTHER_USER, ...planted })).toEqual({
      state: "found",
      value: "/opt/lib",
    });
    expect(ask(there, "LD_LIBRARY_PATH", { "/proc/9": 0, ...planted })).toEqual({ state: "found", value: PATH });
    expect(ask(there, "LD_LIBRARY_PATH", { "/proc/9": 2000, ...planted })).toEqual({ state: "found", value: PATH });
  });

  it("does not know the variable where the owner of a process or of a work folder cannot be read", () => {
    const hidden = (...paths: readonly string[]) =>
      variableOf(
        {
          ...fakeHost({ [`${WORK}/${AGENT}/file`]: "", ...running(9, ["python3", PROGRAM]) }),
          owner: (path) =>
            paths.includes(path)
              ? { state: "unreadable", why: "permission denied" }
              : { state: "found", value: path === WORK ? 0 : GGC_USER },
          user: 2000,
        },
        AGENT,
        "LD_LIBRARY_PATH",
      );

    expect(hidden()).toEqual({ state: "found", value: PATH });
    for (const path of ["/proc/9", WORK, `${WORK}/${AGENT}`]) expect([path, hidden(path)]).toEqual([path, UNVERIFIED]);
  });

  it("does not know the variable where our user cannot resolve the work folder", () => {
    const tree = running(9, ["python3", PROGRAM]);
    const resolve = () => ({ state: "unreadable", why: "permission denied" }) as const;
    const owner = () => ({ state: "found", value: GGC_USER }) as const;

    expect(variableOf({ ...fakeHost(tree), resolve, owner, user: 2000 }, AGENT, "LD_LIBRARY_PATH")).toEqual(UNVERIFIED);
  });

  it("does not know the variable where nucleus and component run as one user, and we as another", () => {
    const agent = running(9, ["python3", PROGRAM]);

    expect(ask(agent, "LD_LIBRARY_PATH", { [WORK]: GGC_USER })).toEqual(UNVERIFIED);
    expect(ask(agent, "LD_LIBRARY_PATH", { [WORK]: GGC_USER, "/proc/9": 2000 }).state).toBe("found");
  });

  it("sees no process where /proc has none", () => {
    expect(ask({})).toEqual({ state: "absent" });
    expect(ask({ "/proc/version": "Linux", "/proc/self/cmdline": `python3\0${PROGRAM}` })).toEqual({ state: "absent" });
  });

  it("reports that another user's process hides it, also where a second one shows it", () => {
    const hidden = running(10, ["python3", PROGRAM], { "/proc/10/environ": { unreadable: "permission denied" } });

    expect(ask(hidden)).toEqual({ state: "unreadable", why: "permission denied" });
    expect(ask({ ...running(9, ["python3", PROGRAM]), ...hidden })).toEqual({
      state: "unreadable",
      why: "permission denied",
    });
  });

  it("passes over a process that has ended", () => {
    const ended = { "/proc/9/cmdline": `python3\0${PROGRAM}\0` };

    expect(ask(ended)).toEqual({ state: "absent" });
    expect(ask({ ...ended, ...running(10, ["python3", PROGRAM]) })).toEqual({ state: "found", value: PATH });
  });

  it("reports where two processes have different values", () => {
    const other = { "/proc/10/environ": "LD_LIBRARY_PATH=/opt/lib\0" };

    expect(ask({ ...running(9, ["python3", PROGRAM]), ...running(10, ["python3", PROGRAM]) }).state).toBe("found");
    expect(ask({ ...running(9, ["python3", PROGRAM]), ...running(10, ["python3", PROGRAM], other) })).toEqual({
      state: "unreadable",
      why: "its processes have several values of LD_LIBRARY_PATH",
    });
  });

  it("does not take a container's folders for this machine's", () => {
    const inside = (its: string) =>
      ask(
        running(9, ["python3", PROGRAM], {
          "/proc/self/ns/mnt": { link: "mnt:[4026531841]" },
          "/proc/9/ns/mnt": { link: its },
        }),
      );

    expect(inside("mnt:[4026532299]")).toEqual({
      state: "unreadable",
      why: "it runs in a container or a mount namespace of its own",
    });
    expect(inside("mnt:[4026531841]").state).toBe("found");
  });
});
