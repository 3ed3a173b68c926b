import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import os from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { linuxHost } from "../../src/device/linux-host.js";
import type { FakeTree } from "./fake-host.js";
import { describeHost } from "./host-suite.js";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(os.tmpdir(), "packdrift-host-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describeHost("linuxHost of a folder", (tree) => linuxHost(plant(tree)));

describe("linuxHost", () => {
  it("never reads outside the root, even where the outside has what a link asks for", () => {
    plant({ "/outside/secret": "secret", "/root/keep": "" });
    const inner = join(root, "root");
    symlinkSync(join(root, "outside/secret"), join(inner, "absolute"));
    symlinkSync("../outside/secret", join(inner, "relative"));
    symlinkSync("../outside", join(inner, "folder"));
    const host = linuxHost(inner);

    for (const path of ["/absolute", "/relative", "/folder/secret", "/../outside/secret"]) {
      expect(host.text(path)).toEqual({ state: "absent" });
      expect(host.kind(path)).toEqual({ state: "absent" });
      expect(host.denied(path, "read")).toEqual({ state: "absent" });
    }
    expect(host.list("/folder")).toEqual({ state: "absent" });
  });

  it("reads through a root that is itself a link", () => {
    plant({ "/real/etc/os-release": "ID=x\n" });
    symlinkSync(join(root, "real"), join(root, "alias"));

    expect(linuxHost(join(root, "alias")).text("/etc/os-release")).toEqual({ state: "found", value: "ID=x\n" });
  });

  it("answers absent for a root that is not there", () => {
    expect(linuxHost(join(root, "none")).text("/etc/os-release")).toEqual({ state: "absent" });
  });

  it("reads one variable of a component's process on this machine, and none in another root", async () => {
    const component = "com.example.Reader";
    const cwd = join(root, "work", component);
    mkdirSync(cwd, { recursive: true });
    const child = spawn(process.execPath, ["-e", "console.log(1); process.stdin.resume()"], {
      cwd,
      env: { LD_LIBRARY_PATH: "/opt/none" },
    });
    try {
      await once(child.stdout, "data");

      expect(linuxHost().environment(component, "LD_LIBRARY_PATH")).toEqual({ state: "found", value: "/opt/none" });
      expect(linuxHost(root).environment(component, "LD_LIBRARY_PATH")).toEqual({ state: "absent" });
    } finally {
      child.kill("SIGKILL");
    }
  });

  it("opens neither pipes nor sockets nor devices", async () => {
    execFileSync("mkfifo", [join(root, "pipe")]);
    const server = createServer().listen(join(root, "socket"));
    await new Promise((done) => server.once("listening", done));
    const host = linuxHost(root);

    expect(host.text("/pipe")).toEqual({ state: "unreadable", why: "is a pipe, not a file" });
    expect(host.head("/socket", 1)).toEqual({ state: "unreadable", why: "is a socket, not a file" });
    expect(linuxHost().text("/dev/zero")).toEqual({ state: "unreadable", why: "is a character device, not a file" });
    await new Promise((done) => server.close(done));
  });

  it("does not load a file of a gigabyte, but reads its head", () => {
    plant({ "/etc/os-release": "ID=ubuntu\n" });
    truncateSync(join(root, "etc/os-release"), 1024 ** 3);
    const host = linuxHost(root);

    expect(host.text("/etc/os-release")).toEqual({
      state: "unreadable",
      why: "has 1073741824 bytes or more, at most 1048576 are read",
    });
    expect(host.head("/etc/os-release", 9)).toEqual({ state: "found", value: "ID=ubuntu" });
  });

  it("reads files of /proc, which say that they are empty", () => {
    const text = linuxHost("/").text("/proc/self/status");

    expect(text).toEqual({ state: "found", value: expect.stringContaining(`Pid:\t${process.pid}\n`) });
  });

  it("answers uname for the machine itself, and for a copy only from UNAME.json", () => {
    plant({ "/copy/UNAME.json": '{"sysname": "Linux", "release": null, "machine": "aarch64"}', "/bare/x": "" });
    plant({
      "/bad/UNAME.json": "Linux",
      "/list/UNAME.json": "[1]",
      "/odd/UNAME.json": '{"machine": 64, "__proto__": {"sysname": "X"}}',
    });
    const uname = (folder: string) => linuxHost(join(root, folder)).uname();

    expect(linuxHost().uname()).toEqual({
      state: "found",
      value: { sysname: os.type(), release: os.release(), machine: os.machine(), from: "uname" },
    });
    expect(uname("copy")).toEqual({
      state: "found",
      value: { sysname: "Linux", release: null, machine: "aarch64", from: "/UNAME.json" },
    });
    expect(uname("bare")).toEqual({ state: "absent" });
    expect(uname("bad")).toEqual({ state: "unreadable", why: "is not valid JSON" });
    expect(uname("list")).toEqual({ state: "unreadable", why: "is not a JSON object" });
    expect(uname("odd")).toEqual({
      state: "found",
      value: { sysname: null, release: null, machine: null, from: "/UNAME.json" },
    });
  });

  it("reports the free space of this machine only", () => {
    expect(linuxHost().freeBytes("/")).toEqual({ state: "found", value: expect.any(Number) });
    expect(linuxHost(root).freeBytes("/")).toEqual({ state: "unreadable", why: "only known on the running machine" });
  });
});

/** Writes a tree below the temporary root and gives its path. */
function plant(tree: FakeTree): string {
  for (const [path, entry] of Object.entries(tree)) {
    const place = join(root, path);
    mkdirSync(dirname(place), { recursive: true });
    if (typeof entry === "string") writeFileSync(place, entry, "latin1");
    else if (entry instanceof Uint8Array) writeFileSync(place, entry);
    else if ("link" in entry) symlinkSync(entry.link, place);
    else throw new Error(`a test cannot plant ${JSON.stringify(entry)}`);
  }
  return root;
}
