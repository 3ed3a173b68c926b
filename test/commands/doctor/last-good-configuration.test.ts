import { chmodSync, chownSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lastGoodConfiguration } from "../../../src/commands/doctor/last-good-configuration.js";

const NOBODY = 65_534;

let work: string;
let path: string;
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), "packdrift-last-good-"));
  path = join(work, "settings.json");
  writeFileSync(path, JSON.stringify({ source: { endpoint: "https://jobs.example.com" } }), { mode: 0o600 });
});
afterEach(() => rmSync(work, { recursive: true, force: true }));
const found = () => lastGoodConfiguration(work);
const STORED = () => ({
  raw: { source: { endpoint: "https://jobs.example.com" } },
  from: `the last good one, ${path}`,
});

describe("lastGoodConfiguration", () => {
  it("reads the file that the component stored, also as YAML text", () => {
    expect(found()).toEqual(STORED());
    writeFileSync(path, JSON.stringify("logLevel: debug"));
    expect(found()?.raw).toEqual({ logLevel: "debug" });
  });

  it("finds none where there is no such file, or no JSON in it", () => {
    writeFileSync(path, "{");
    expect(found()).toBe(null);
    rmSync(path);
    expect(found()).toBe(null);
  });

  it("does not read a file that others may write", () => {
    for (const mode of [0o664, 0o646]) {
      chmodSync(path, mode);
      expect(found()).toBe(null);
    }
  });

  it("does not follow a link", () => {
    renameSync(path, join(work, "elsewhere.json"));
    symlinkSync("elsewhere.json", path);

    expect(found()).toBe(null);
  });

  // Only root may give files away.
  it.skipIf(process.getuid?.() !== 0)(
    "reads another user's file only where the work folder is that user's, for root",
    () => {
      chownSync(path, NOBODY, NOBODY);
      expect(found()).toBe(null);
      chownSync(work, NOBODY, NOBODY);
      expect(found()).toEqual(STORED());
    },
  );
});
