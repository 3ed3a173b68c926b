import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import {
  folderProblem,
  readExistingFile,
  readNamedFile,
  readOwnFile,
  readRegularFile,
  readTrustedFile,
  UnsafeFileError,
} from "../../src/platform/safe-files.js";
import { asNobody } from "../as-nobody.js";

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

  it("refuses links, folders, pipes and sockets without waiting", async () => {
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

describe("readOwnFile", () => {
  it("reads only a file that belongs to us alone", () => {
    const path = join(folder(), "file");
    writeFileSync(path, "code");
    expect(String(readOwnFile(path, 10))).toBe("code");

    for (const mode of [0o620, 0o602, 0o666]) {
      chmodSync(path, mode);
      expect(readOwnFile(path, 10)).toBe(null);
    }
    expect(readOwnFile("/etc/hostname", 1_000) === null).toBe(process.geteuid?.() !== 0);
  });
});

describe("readTrustedFile", () => {
  it("refuses a file that others may write, and says why", () => {
    const path = join(folder(), "file");
    writeFileSync(path, "mine");
    expect(String(readTrustedFile(path, 10))).toBe("mine");

    chmodSync(path, 0o666);
    expect(() => readTrustedFile(path, 10)).toThrow(
      `"${path}" may be written by others: its mode is 0666, must be 0644 or less`,
    );
    expect(readTrustedFile(join(folder(), "none"), 10)).toBe(null);
  });

  it.skipIf(process.geteuid?.() !== 0)("refuses another user's file", () => {
    const path = join(folder(), "file");
    writeFileSync(path, "planted");
    chownSync(path, 65_534, 65_534);

    expect(() => readTrustedFile(path, 10)).toThrow(
      `"${path}" belongs to user 65534, not to root or to user 0, which this process runs as`,
    );
  });

  it("reads a file of root", () => {
    expect(readTrustedFile("/etc/passwd", 1_000_000)?.toString()).toContain("root");
  });
});

describe("readExistingFile", () => {
  it("says that a path is not a file, without naming it, and for a missing file what the system says", () => {
    const inside = folder();
    execFileSync("mkfifo", [join(inside, "pipe")]);

    expect(() => readExistingFile(join(inside, "pipe"))).toThrow(/^it is not a regular file$/);
    expect(() => readExistingFile(inside)).toThrow(/^it is a folder, not a regular file$/);
    expect(() => readExistingFile("/dev/zero")).toThrow(/^it is not a regular file$/);
    expect(() => readExistingFile(join(inside, "none"))).toThrow("ENOENT");
  });
});

describe("readNamedFile", () => {
  it("follows links, but reads only regular files, and only after a check", () => {
    const inside = folder();
    writeFileSync(join(inside, "file"), "key");
    symlinkSync("file", join(inside, "link"));
    execFileSync("mkfifo", [join(inside, "pipe")]);
    const refuse = () => {
      throw new Error("others may read it");
    };

    expect(String(readNamedFile(join(inside, "link"), 10, () => undefined))).toBe("key");
    expect(readNamedFile(join(inside, "none"), 10, refuse)).toBe(null);
    expect(() => readNamedFile(join(inside, "pipe"), 10, () => undefined)).toThrow(UnsafeFileError);
    expect(() => readNamedFile(join(inside, "file"), 10, refuse)).toThrow("others may read it");
  });
});

describe("folderProblem", () => {
  it("finds nothing wrong with a folder that only we may write to, or that is not there", () => {
    const inside = folder();
    chmodSync(inside, 0o755);

    expect([folderProblem(inside), folderProblem(join(inside, "none"))]).toEqual([null, null]);
  });

  it("says what is wrong with a link, a file, or a folder that others may write to", () => {
    const inside = folder();
    const path = (name: string) => join(inside, name);
    mkdirSync(path("real"));
    symlinkSync("real", path("link"));
    writeFileSync(path("file"), "");
    chmodSync(path("real"), 0o775);

    expect(folderProblem(path("link"))).toBe(`"${path("link")}" is a link, not a folder`);
    expect(folderProblem(path("file"))).toBe(`"${path("file")}" is not a folder`);
    expect(folderProblem(path("real"))).toBe(
      `"${path("real")}" may be written by others: its mode is 0775, must be 0755 or less`,
    );
  });

  it("says that a folder cannot be checked, and why", async () => {
    const inside = folder();
    writeFileSync(join(inside, "file"), "");
    const [below, closed] = [join(inside, "file/work"), join(inside, "work")];

    expect(folderProblem(below)).toBe(`"${below}" cannot be checked: a part of its path is not a folder (ENOTDIR)`);
    chmodSync(inside, 0);
    expect(await asNobody(() => folderProblem(closed))).toBe(
      `"${closed}" cannot be checked: permission denied (EACCES)`,
    );
    chmodSync(inside, 0o700);
  });
});
