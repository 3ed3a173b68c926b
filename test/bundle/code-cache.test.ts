import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readCodeCache, writeCodeCache } from "../../src/bundle/code-cache.js";

const CODE = "the code";
const COMPILED = Buffer.from("what V8 made of it");

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "packdrift-code-"));
  path = join(folder, "code.cache");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("the code cache", () => {
  it("returns what was compiled, from a file for its owner alone", () => {
    writeCodeCache(path, CODE, COMPILED);

    expect(readCodeCache(path, CODE)).toEqual(COMPILED);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("is not read for other code of the same length", () => {
    writeCodeCache(path, CODE, COMPILED);

    expect(readCodeCache(path, "The code")).toBe(null);
  });

  it("is not read with any bit flipped", () => {
    writeCodeCache(path, CODE, COMPILED);
    const whole = readFileSync(path);
    for (let at = 0; at < whole.length; at++) {
      const damaged = Buffer.from(whole);
      damaged[at] = (whole[at] ?? 0) ^ 1;
      writeFileSync(path, damaged);
      expect(readCodeCache(path, CODE)).toBe(null);
    }
  });

  it("is not read when it was cut off anywhere", () => {
    writeCodeCache(path, CODE, COMPILED);
    const whole = readFileSync(path);
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(path, whole.subarray(0, length));
      expect(readCodeCache(path, CODE)).toBe(null);
    }
  });

  it.each([
    ["others may write it", () => chmodSync(path, 0o602)],
    ["its group may write it", () => chmodSync(path, 0o620)],
    ["others may write its folder", () => chmodSync(folder, 0o777)],
    [
      "it is a link",
      () => {
        renameSync(path, `${path}.other`);
        symlinkSync(`${path}.other`, path);
      },
    ],
    [
      "it is a pipe, without waiting for its other end",
      () => {
        rmSync(path);
        execFileSync("mkfifo", [path]);
      },
    ],
    ["it is not there", () => rmSync(path)],
  ])("is not read when %s", (_, change) => {
    writeCodeCache(path, CODE, COMPILED);
    change();

    expect(readCodeCache(path, CODE)).toBe(null);
  });

  it.skipIf(process.geteuid?.() !== 0)("is not read when another user owns it", () => {
    writeCodeCache(path, CODE, COMPILED);
    chownSync(path, 65_534, 65_534);

    expect(readCodeCache(path, CODE)).toBe(null);
  });

  it("replaces what is at its path, and writes through no link", () => {
    const target = join(folder, "target");
    writeFileSync(target, "unchanged");
    symlinkSync(target, path);
    writeCodeCache(path, CODE, COMPILED);

    expect(readCodeCache(path, CODE)).toEqual(COMPILED);
    expect(readFileSync(target, "utf8")).toBe("unchanged");
  });

  it("is done without where the folder cannot be written to", () => {
    const missing = join(folder, "missing/code.cache");
    writeCodeCache(missing, CODE, COMPILED);

    expect(readCodeCache(missing, CODE)).toBe(null);
  });
});
