import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { credentialsFile } from "../../../src/archive/access/credentials-file.js";

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "packdrift-credentials-"));
  path = join(dir, "credentials");
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const text = (key: string) => `[a]\naws_access_key_id=${key}\naws_secret_access_key=s\n`;

describe("credentialsFile", () => {
  it("takes new keys within a second, and keeps the last good ones when the file is spoilt or gone", async () => {
    let at = 0;
    const errors: string[] = [];
    writeFileSync(path, text("ONE"));
    const file = await credentialsFile(path, {
      now: () => at,
      onError: (error) => errors.push((error as Error).message),
    });
    const keys = async () => [...(await file.current()).keys()];

    writeFileSync(path, text("TWO2"));
    expect(await keys()).toEqual(["ONE"]);
    at += 1_001;
    expect(await keys()).toEqual(["TWO2"]);

    writeFileSync(path, "spoilt");
    at += 1_001;
    expect(await keys()).toEqual(["TWO2"]);
    at += 1_001;
    expect(await keys()).toEqual(["TWO2"]);
    rmSync(path);
    at += 1_001;
    expect(await keys()).toEqual(["TWO2"]);

    expect(errors).toEqual([
      `Cannot read credentials from "${path}": line 1: needs [profile] or name = value`,
      `Cannot read credentials from "${path}": ENOENT`,
    ]);
  });

  it("refuses a file that is not there or too large", async () => {
    const read = () => credentialsFile(path, { now: () => 0, onError: () => {} });

    await expect(read()).rejects.toThrow("ENOENT");
    writeFileSync(path, text("A"));
    truncateSync(path, 2_000_000);
    await expect(read()).rejects.toThrow("at most 1048576 bytes");
  });
});
