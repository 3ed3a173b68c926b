import { faultsOf, median, tenths, type Week } from "./judge.js";
import { simulateWeek } from "./week.js";

// `npm run week -- --checks N`: a week is 10,080 checks, one a minute.
const at = process.argv.indexOf("--checks");
const checks = at < 0 ? 7 * 24 * 60 : Number(process.argv[at + 1]);
const from = performance.now();
const week = await simulateWeek({
  checks,
  onSample({ minute, rssMb, dirtyMb, heapMb, fds }) {
    const seconds = ((performance.now() - from) / 1000).toFixed(0);
    const text = `${seconds} s, minute ${minute}: ${rssMb.toFixed(1)} MB, dirty ${dirtyMb.toFixed(1)} MB, heap ${heapMb.toFixed(1)} MB, ${fds} fds`;
    process.stderr.write(`${text}${process.stderr.isTTY ? "  \r" : "\n"}`);
  },
});
const faults = faultsOf(week);
console.log(tableOf(week));
const seconds = ((performance.now() - from) / 1000).toFixed(0);
console.log(
  `\n${week.checks} checks, ${week.reports.length} reports, ${week.answers.done} requests answered, in ${seconds} s.`,
);
console.log(`Ordeals: ${week.ordeals.map(({ name, minute }) => `${name} (minute ${minute})`).join(", ")}.`);
console.log(faults.length === 0 ? "No faults." : `Faults:\n${faults.join("\n")}`);
process.exitCode = faults.length === 0 ? 0 : 1;

/** The medians of each tenth. */
function tableOf({ samples }: Week): string {
  const keys = ["rssMb", "dirtyMb", "heapMb", "fds", "workKb"] as const;
  const size = Math.max(1, Math.floor(samples.length / 10));
  const rows = Array.from({ length: 10 }, (_, tenth) => {
    const part = tenth === 9 ? tenths({ samples })[1] : samples.slice(tenth * size, (tenth + 1) * size);
    return [`tenth ${tenth + 1}`, ...keys.map((key) => median(part.map((sample) => sample[key])).toFixed(1))];
  });
  const head = ["", "RSS MB", "private dirty MB", "heap MB", "open files", "work folder KB"];
  return [head, ...rows]
    .map((row) => row.map((cell, column) => cell.padStart(column === 0 ? 8 : 17)).join(""))
    .join("\n");
}
