import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";

/** What CI's last line says of these reports; null is a run that left none. */
function lastLine(...reports: readonly (object | null)[]) {
  const folder = mkdtempSync(join(tmpdir(), "packdrift-counts-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const files = reports.map((report, at) => {
    const file = join(folder, `${at}.json`);
    if (report !== null) writeFileSync(file, JSON.stringify(report));
    return file;
  });
  const script = join(import.meta.dirname, "../../scripts/test-counts.mjs");
  const { stdout, status } = spawnSync(process.execPath, [script, ...files], { encoding: "utf8" });
  return [stdout, status];
}
const report = (passed: number, failed: number, pending = 0) => ({
  numPassedTests: passed,
  numFailedTests: failed,
  numPendingTests: pending,
  success: failed === 0,
});

it("adds the counts of all runs", () => {
  expect(lastLine(report(3, 0), report(4, 0))).toEqual(["tests: 7 passed, 0 failed\n", 0]);
  expect(lastLine(report(3, 1, 2), report(4, 2))).toEqual(["tests: 7 passed, 3 failed, 2 skipped\n", 1]);
});

it("counts a file that does not load, or a run without a report, as a failed test", () => {
  expect(lastLine({ ...report(3, 0), success: false })).toEqual(["tests: 3 passed, 1 failed\n", 1]);
  expect(lastLine(report(3, 0), null)).toEqual(["tests: 3 passed, 1 failed\n", 1]);
});
