import { chmodSync, chownSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { credentialsFile } from "../../../src/archive/access/credentials-file.js";

let dir: string;
let path: string;
let at: number;
let errors: string[];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "packdrift-credentials-"));
  path = join(dir, "credentials");
  at = 0;
  errors = [];
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const text = (key: string) => `[a]\naws_access_key_id=${key}\naws_secret_access_key=s\n`;
const put = (content: string) => writeFileSync(path, content, { mode: 0o600 });
const replaceByFolder = () => {
  rmSync(path);
  symlinkSync(tmpdir(), path);
};
const open = () => credentialsFile(path, { now: () => at, onError: (error) => errors.push((error as Error).message) });

describe("credentialsFile", () => {
  it("reads new keys within a second", async () => {
    put(text("ONE"));
    const file = await open();
    const keys = async () => [...(await file.current()).keys()];

    put(text("TWO2"));
    expect(await keys()).toEqual(["ONE"]);
    at += 1_001;
    expect([await keys(), errors]).toEqual([["TWO2"], []]);
  });

  it.each<readonly [string, () => void, string]>([
    ["emptied", () => truncateSync(path), "needs one profile at least, has none"],
    ["spoilt", () => put("spoilt"), "line 1: needs [profile] or name = value"],
    ["deleted", () => rmSync(path), "ENOENT"],
    ["made readable by others", () => chmodSync(path, 0o644), "may be read by others"],
    // Only root can make a file another user's, and only root could read it.
    ...(process.geteuid?.() === 0
      ? [["made another user's", () => chownSync(path, 65_534, 65_534), "belongs to user 65534"] as const]
      : []),
    ["replaced by a folder", () => replaceByFolder(), "needs a file of at most 1048576 bytes"],
  ])("refuses everyone while the file is %s, and says so once", async (_, spoil, why) => {
    put(text("ONE"));
    const file = await open();
    const keys = async () => {
      at += 1_001;
      return [...(await file.current()).keys()];
    };

    spoil();
    expect([await keys(), await keys(), await keys()]).toEqual([[], [], []]);
    expect(errors).toEqual([expect.stringContaining(why)]);

    rmSync(path, { force: true });
    put(text("THREE"));
    expect([await keys(), errors.length]).toEqual([["THREE"], 1]);
  });

  it("says it again when something else is wrong", async () => {
    put(text("ONE"));
    const file = await open();
    rmSync(path);
    at += 1_001;
    await file.current();
    put("spoilt");
    at += 1_001;
    await file.current();

    expect(errors).toEqual([expect.stringContaining("ENOENT"), expect.stringContaining("line 1")]);
  });

  it("refuses to begin with a file that is not there, too large or readable by others", async () => {
    await expect(open()).rejects.toThrow("ENOENT");
    put(text("A"));
    truncateSync(path, 2_000_000);
    await expect(open()).rejects.toThrow("at most 1048576 bytes");
    put(text("A"));
    chmodSync(path, 0o640);
    await expect(open()).rejects.toThrow(`"${path}" may be read by others: its mode must be 0600 or 0400, is 0640`);
  });

  it("reads the file that a link leads to, as a mounted secret is", async () => {
    put(text("ONE"));
    symlinkSync("credentials", join(dir, "link"));
    const file = await credentialsFile(join(dir, "link"), { now: () => at, onError: () => {} });

    expect([...(await file.current()).keys()]).toEqual(["ONE"]);
  });
});
