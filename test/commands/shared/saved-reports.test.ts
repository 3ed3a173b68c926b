import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UsageError } from "../../../src/base/errors.js";
import { readSavedReports } from "../../../src/commands/shared/saved-reports.js";
import { someReport } from "../../report/builders.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "packdrift-saved-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read(text: string) {
  const file = join(folder, "reports.json");
  writeFileSync(file, text);
  return readSavedReports([file]);
}

describe("readSavedReports", () => {
  it("names the first hundred of many entries that are not reports, and counts the others", () => {
    const report = JSON.stringify(someReport({}));

    const { reports, unreadable, unreadableCount } = read(`[${"null,".repeat(300_000)}${report}]`);

    expect([reports.length, unreadable.length, unreadableCount]).toEqual([1, 101, 300_000]);
    expect([unreadable[0], unreadable[100]]).toEqual([
      expect.stringMatching(/\[0\]: Cannot read a report: its schema is not/),
      "and 299900 more",
    ]);
  });

  it("treats an entry that is too deep as not a report, whatever its signature is", () => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;

    const { reports, unreadable } = read(`{"schema":"packdrift.report/1","signature":${deep}}`);

    expect([reports, unreadable]).toEqual([[], [expect.stringMatching(/deeper than 32 levels$/)]]);
  });

  it("refuses a report whose signature is not a text", () => {
    const report = JSON.stringify({ ...someReport({}), signature: [1] });

    expect(() => read(report)).toThrow(UsageError);
  });
});
