// `node bench/outbox.mjs`: the cost of storing a report compared with that of sending it, and how quickly a full outbox is recovered.
//   --json FILE   writes the figures as well      --reports N   reports per case (default 2000)      --rounds N   (default 5)
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundled } from "../test/bundled.mjs";

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const option = (name, fallback) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : process.argv[at + 1];
};
const reports = Number(option("--reports", 2_000));
const rounds = Number(option("--rounds", 5));
const { cases, recovery, PAYLOAD_BYTES } = await bundled(
  join(top, "bench/outbox-cases.ts"),
  join(top, "dist/bench-outbox.mjs"),
);
const folder = mkdtempSync(join(option("--folder", tmpdir()), "packdrift-bench-outbox-"));
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const results = { reports, rounds, payloadBytes: PAYLOAD_BYTES, perSecond: {}, recovery: {} };
const open = await cases(folder);
try {
  const perSecond = Object.fromEntries(Object.keys(open.run).map((name) => [name, []]));
  // In turn, so that noise hits all cases alike; the first round warms up.
  for (let round = -1; round < rounds; round++) {
    for (const [name, run] of Object.entries(open.run)) {
      const from = performance.now();
      await run(reports);
      if (round >= 0) perSecond[name].push((reports / (performance.now() - from)) * 1_000);
    }
  }
  for (const [name, values] of Object.entries(perSecond)) {
    results.perSecond[name] = { median: median(values), least: Math.min(...values), most: Math.max(...values) };
  }
  for (const kind of ["complete", "heartbeat"]) {
    const found = await recovery(join(folder, kind), kind, rounds);
    results.recovery[kind] = { ...found, median: median(found.milliseconds) };
  }
} finally {
  await open.close();
  rmSync(folder, { recursive: true, force: true });
}

const number = (value) => Math.round(value).toLocaleString("en").padStart(9);
console.log(
  `reports per second, ${PAYLOAD_BYTES} bytes each, median of ${rounds} rounds of ${reports} (least to most)`,
);
for (const [name, { median: middle, least, most }] of Object.entries(results.perSecond)) {
  console.log(`  ${name.padEnd(44)} ${number(middle)}  (${number(least).trim()} to ${number(most).trim()})`);
}
console.log("recovery of a 16 MB outbox, ms");
for (const [kind, { median: middle, milliseconds, waiting, bytes }] of Object.entries(results.recovery)) {
  const range = `${Math.min(...milliseconds).toFixed(0)} to ${Math.max(...milliseconds).toFixed(0)}`;
  console.log(
    `  ${`${waiting} ${kind} reports, ${(bytes / 2 ** 20).toFixed(1)} MB`.padEnd(44)} ${number(middle)}  (${range})`,
  );
}
const file = option("--json", "");
if (file !== "") writeFileSync(file, `${JSON.stringify(results, null, 1)}\n`);
process.exit(0);
