// Prints the last line of CI from vitest's JSON reports: `tests: N passed, N failed`, and the skipped, if any. Ends with 1 where one failed.
import { readFileSync } from "node:fs";

const total = { passed: 0, failed: 0, skipped: 0 };
for (const file of process.argv.slice(2)) {
  const { passed, failed, skipped } = countsOf(file);
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
}
console.log(
  `tests: ${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ""}`,
);
process.exitCode = total.failed > 0 ? 1 : 0;

/** A run that left no report, or a file that does not load, has no tests to count: it counts as one that failed. */
function countsOf(file) {
  try {
    const { numPassedTests, numFailedTests, numPendingTests, success } = JSON.parse(readFileSync(file, "utf8"));
    return { passed: numPassedTests, failed: Math.max(numFailedTests, success ? 0 : 1), skipped: numPendingTests };
  } catch (error) {
    console.error(`Cannot read the results in ${file}: ${error.message}`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
