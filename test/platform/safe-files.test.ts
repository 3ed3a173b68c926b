import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { readRegularFile, UnsafeFileError } from "../../src/platform/safe-files.js";

const folders: string[] = [];
function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "packdrift-safe-"));
  folders.push(made);
  return made;
}
afterEach(() => {
  for (const each of folders.splice(0)) rmSync(each, { recursive: true });
});

describe("readRegularFile", () => {
  it("reads a file whole, also one that does not say how long it is", () => {
    const path = join(folder(), "file");
    writeFileSync(path, "x".repeat(200_000));

    expect(readRegularFile(path, 200_000)?.length).toBe(200_000);
    expect(readRegularFile("/proc/self/status", 100_000)?.toString()).toContain("Pid:");
  });

  it("answers null where there is no file", () => {
    expect(readRegularFile(join(folder(), "none"), 10)).toBe(null);
  });

  it("refuses more bytes than allowed, and a device without an end", () => {
    const path = join(folder(), "file");
    writeFileSync(path, "12345678901");

    expect(() => readRegularFile(path, 10)).toThrow(/has more than 10 bytes/);
    expect(() => readRegularFile("/dev/zero", 10)).toThrow(UnsafeFileError);
  });

  it("refuses links, folders, pipes and sockets without waiting for anybody", async () => {
    const inside = folder();
    const path = (name: string) => join(inside, name);
    writeFileSync(path("file"), "");
    symlinkSync("file", path("link"));
    mkdirSync(path("folder"));
    execFileSync("mkfifo", [path("pipe")]);
    const server = createServer().listen(path("socket"));
    await new Promise((resolve) => server.once("listening", resolve));

    for (const name of ["link", "folder", "pipe", "socket"])
      expect(() => readRegularFile(path(name), 10), name).toThrow(UnsafeFileError);
    server.close();
  });
});
