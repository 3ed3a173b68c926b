// `npm run chaos:fleet`: the built fleet under every fault, and the outcome. Ends with 1 when anything was lost.
//   --faults N   faults of each kind (default 100)   --reports N   reports at least (default 3000)   --things N   devices (default 20)
//   --only KIND   one kind   --seed N
//   --receivers N   instead: N receivers on one PostgreSQL, two killed at a time, with 20,000 virtual devices
//                   (--things), --rate reports a second (300), --rounds reports of each thing at least (2), --faults (40)
import { FLEET_FAULTS, fleetRun } from "./fleet-run.js";
import { receiversRun } from "./receivers-run.js";
import { seeded } from "./seeded.js";

const option = (name: string, fallback: string) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : (process.argv[at + 1] ?? fallback);
};
const receivers = Number(option("--receivers", "0"));
const seed = Number(option("--seed", String(Date.now())));
if (receivers > 0) await runReceivers();

const faults = Number(option("--faults", "100"));
const reports = Number(option("--reports", "3000"));
const things = Number(option("--things", "20"));
const only = option("--only", "");
const COLUMNS = [
  "faults",
  "made",
  "stored",
  "named",
  "lost",
  "inVain",
  "backwards",
  "wrong",
  "strange",
  "told",
  "untold",
  "refused",
] as const;

console.log(`seed ${seed}, ${things} devices`);
console.log(["fault".padEnd(20), ...COLUMNS.map((column) => column.padStart(7)), "seconds"].join("  "));
let failed = false;
for (const kind of Object.keys(FLEET_FAULTS)) {
  if (only !== "" && only !== kind) continue;
  const from = performance.now();
  const tally = await fleetRun(kind, { things, reports, faults, random: seeded(seed) });
  const cells = COLUMNS.map((column) => String(tally[column]).padStart(Math.max(7, column.length)));
  const seconds = ((performance.now() - from) / 1_000).toFixed(0).padStart(7);
  console.log([kind.padEnd(20), ...cells, seconds].join("  "));
  failed ||= tally.lost + tally.inVain + tally.backwards + tally.wrong + tally.strange + tally.untold > 0;
}
console.log(
  failed
    ? "FAILED: something was lost, acknowledged in vain, went backwards, is wrong or was not told"
    : "everything stored or named, nothing acknowledged in vain, no state went backwards, every stuck store told",
);
process.exit(failed ? 1 : 0);

async function runReceivers(): Promise<never> {
  const options = {
    receivers,
    things: Number(option("--things", "20000")),
    rate: Number(option("--rate", "300")),
    rounds: Number(option("--rounds", "2")),
    faults: Number(option("--faults", "40")),
  };
  console.log(`seed ${seed}, ${receivers} receivers, ${options.things} devices, ${options.rate} reports/s`);
  const from = performance.now();
  const onProgress = (text: string) => console.error(text);
  const tally = await receiversRun({ ...options, random: seeded(seed), onProgress });
  for (const [name, value] of Object.entries(tally)) console.log(`${name.padEnd(18)}${String(value).padStart(9)}`);
  console.log(`${"seconds".padEnd(18)}${((performance.now() - from) / 1_000).toFixed(0).padStart(9)}`);
  const isGood = tally.lost + tally.inVain + tally.behind + tally.unsent === 0;
  console.log(isGood ? "0 unexplained: everything is stored, nothing acknowledged in vain" : "FAILED");
  process.exit(isGood ? 0 : 1);
}
