import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fileIdentity, readableIdentity } from "../../src/platform/file-identity.js";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "packdrift-identity-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("fileIdentity", () => {
  it("changes when a file is replaced, or given other permissions, and is null where none is", () => {
    const path = join(folder, "compiled.so");
    writeFileSync(path, "1");
    const first = fileIdentity(path);
    expect(fileIdentity(path)).toBe(first);

    writeFileSync(`${path}.new`, "2");
    renameSync(`${path}.new`, path);
    const second = fileIdentity(path);
    chmodSync(path, 0o400);

    expect(new Set([first, second, fileIdentity(path)]).size).toBe(3);
    expect(fileIdentity(join(folder, "none"))).toBeNull();
  });
});

describe("readableIdentity", () => {
  it("is the file's identity for one that may be read, and null where none is", () => {
    const path = join(folder, "compiled.so");
    writeFileSync(path, "1");

    expect(readableIdentity(path)).toBe(`${fileIdentity(path)}:readable`);
    expect(readableIdentity(join(folder, "none"))).toBeNull();
  });

  it.skipIf(process.getuid?.() === 0)("is another one as long as this process may not read the file", () => {
    const path = join(folder, "compiled.so");
    writeFileSync(path, "1", { mode: 0o200 });

    expect(readableIdentity(path)).toBe(`${fileIdentity(path)}:denied`);
  });
});
