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
  it("gives the variable of the process whose program lies among the component's files", () => {
    expect(ask(running(812, ["/usr/bin/python3.8", PROGRAM]))).toEqual({ state: "found", value: PATH });
    expect(ask(running(812, ["python3", PROGRAM]), "LD_LIBRARY")).toEqual({ state: "found", value: "" });
  });

  it("gives it of a process that works in the component's folder", () => {
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
  ])("does not take a process for the agent's: %s", (_, command) => {
    expect(ask(running(9, command))).toEqual({ state: "absent" });
  });

  it.each([
    ["names the agent's program", running(9, ["sleep", PROGRAM])],
    ["names a program nowhere near Greengrass", running(9, ["sleep", `/x/${AGENT}/y`])],
    ["works in the agent's folder", running(9, ["sleep"], { "/proc/9/cwd": { link: `${WORK}/${AGENT}` } })],
    ["works in a folder of the same name", running(9, ["sleep"], { "/proc/9/cwd": { link: `/tmp/work/${AGENT}` } })],
    ["names a folder tree of the same names", running(9, ["sleep", `/tmp/packages/artifacts/${AGENT}/x`])],
    [
      "names a link to its own folder in root's",
      running(9, ["sleep", `/home/eve/packages/artifacts/${AGENT}/x`], {
        "/home/eve/work": { link: "/tmp" },
        [`/tmp/${AGENT}/file`]: "",
      }),
    ],
  ])("ignores a process of another user that %s", (_, tree) => {
    const planted = { "/tmp/work": OTHER_USER, [`/tmp/work/${AGENT}`]: OTHER_USER, [`/tmp/${AGENT}`]: OTHER_USER };
    const there = { [`/tmp/work/${AGENT}/file`]: "", ...tree };

    expect(ask(there, "LD_LIBRARY_PATH", { "/proc/9": OTHER_USER, ...planted })).toEqual({ state: "absent" });
    expect(ask(there, "LD_LIBRARY_PATH", { "/proc/9": 0, ...planted })).toEqual({ state: "found", value: PATH });
    expect(ask(there, "LD_LIBRARY_PATH", { "/proc/9": 2000, ...planted })).toEqual({ state: "found", value: PATH });
  });

  it("sees no process where /proc has none", () => {
    expect(ask({})).toEqual({ state: "absent" });
    expect(ask({ "/proc/version": "Linux", "/proc/self/cmdline": `python3\0${PROGRAM}` })).toEqual({ state: "absent" });
  });

  it("tells that another user's process hides it, also where a second one shows it", () => {
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

  it("tells where two processes have different values", () => {
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
