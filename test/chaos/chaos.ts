// `npm run chaos`: every fault over at least 2,000 reports each, and the outcome. Ends with 1 when anything was lost.
//   --reports N   reports per fault (default 2000)   --only KIND   one fault   --seed N
import { componentRun } from "./component.js";
import { FAULTS, faultRun } from "./faults.js";
import { killedRun } from "./killed.js";
import { seeded } from "./seeded.js";

const option = (name: string, fallback: string) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : (process.argv[at + 1] ?? fallback);
};
const reports = Number(option("--reports", "2000"));
const seed = Number(option("--seed", String(Date.now())));
const only = option("--only", "");
const COLUMNS = ["made", "delivered", "named", "lost", "unexplained", "outOfOrder", "duplicates", "early"] as const;

console.log(`seed ${seed}, ${reports} reports per fault`);
console.log(["fault".padEnd(24), "times", ...COLUMNS, "seconds"].join("  "));
let failed = false;
/** Kills, and how often in such a run: 200 times over 2,000 reports. */
const KILLED = { "outbox killed": killedRun, "component killed": componentRun } as const;
for (const kind of [...Object.keys(FAULTS), ...Object.keys(KILLED)]) {
  if (only !== "" && only !== kind) continue;
  const from = performance.now();
  const random = seeded(seed);
  const { times, tally } =
    kind in KILLED
      ? await KILLED[kind as keyof typeof KILLED]({ kills: Math.ceil(reports / 10), reports, random }).then((run) => ({
          times: run.kills,
          tally: run,
        }))
      : await faultRun(kind, reports, random).then((run) => ({ times: run.faults, tally: run }));
  const cells = COLUMNS.map((column) => String(tally[column]).padStart(column.length));
  const seconds = ((performance.now() - from) / 1_000).toFixed(0).padStart(7);
  console.log([kind.padEnd(24), String(times).padStart(5), ...cells, seconds].join("  "));
  failed ||= tally.lost + tally.unexplained + tally.outOfOrder > 0 || tally.made < reports;
}
console.log(
  failed ? "FAILED: something was lost, unexplained or out of order" : "0 lost, 0 unexplained, 0 out of order",
);
process.exit(failed ? 1 : 0);
