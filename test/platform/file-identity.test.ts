import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transformSync } from "esbuild";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fileIdentity, readableIdentity } from "../../src/platform/file-identity.js";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "packdrift-identity-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("fileIdentity", () => {
  it("changes when a file is replaced, or given other permissions, and is null when there is no file", () => {
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
  it("is the identity of a file that may be read, and null when there is no file", () => {
    const path = join(folder, "compiled.so");
    writeFileSync(path, "1");

    expect(readableIdentity(path)).toBe(`${fileIdentity(path)}:readable`);
    expect(readableIdentity(join(folder, "none"))).toBeNull();
  });

  it("differs while this process may not read the file", () => {
    const path = join(folder, "compiled.so");
    writeFileSync(path, "1", { mode: 0o200 });
    chmodSync(folder, 0o755);

    expect(askedByNobody(path)).toBe(`${fileIdentity(path)}:denied`);
    chmodSync(path, 0o444);
    expect(askedByNobody(path)).toBe(`${fileIdentity(path)}:readable`);
  });
});

/** What it is in a process that is not root's, which may read everything. */
function askedByNobody(path: string): string {
  const source = readFileSync(join(import.meta.dirname, "../../src/platform/file-identity.ts"), "utf8");
  const { code } = transformSync(source, { loader: "ts", format: "esm" });
  const ask = `${code}\nprocess.stdout.write(String(readableIdentity(process.argv[1])));`;
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  return execFileSync(process.execPath, ["--input-type=module", "-e", ask, path], {
    encoding: "utf8",
    cwd: "/",
    ...nobody,
  });
}
