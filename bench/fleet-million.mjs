// `node bench/fleet-million.mjs`: a day of a million devices against the fleet's stores, time compressed, and what it would
// take of AWS; about a quarter of an hour on two quiet cores. Heartbeats spread over the day, a JetPack upgrade of 50,000
// boxes in ten minutes, and the return of all after an outage of an hour: one receiver on SQLite, four on PostgreSQL.
//   --things N    (default 1000000; a multiple of 20)     --short         20,000 things that send as fast as a million
//   --engines sqlite,postgres     --receivers N   on PostgreSQL (default 4)     --folder DIR   the folder of the stores (default: the temporary folder)
//   --returning SHARE   has fewer devices return in less time, as many a second, and multiplies lag and queue: for a busy machine (1)
//   --json FILE   writes rows for fleet.mjs               --page FILE     writes what is printed
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { bundle, bundled } from "../test/bundled.mjs";

const { values } = parseArgs({
  options: {
    things: { type: "string", default: "1000000" },
    short: { type: "boolean", default: false },
    engines: { type: "string", default: "sqlite,postgres" },
    receivers: { type: "string", default: "4" },
    returning: { type: "string", default: "1" },
    folder: { type: "string", default: tmpdir() },
    json: { type: "string" },
    page: { type: "string" },
  },
});
const things = values.short ? 20_000 : Number(values.things);
const returning = Number(values.returning);
if (!(things >= 20_000) || things % 20 !== 0) throw new Error("--things must be 20000 or more, and a multiple of 20");
if (!(returning > 0 && returning <= 1)) throw new Error("--returning must be above 0, and 1 at most");
const top = dirname(dirname(fileURLToPath(import.meta.url)));
const program = join(top, "dist/bench-million-receiver.mjs");
const define = { PACKDRIFT_VERSION: '"bench"' };
await bundle(join(top, "bench/fleet-million/receiver-process.ts"), program, define);
const { million } = await bundled(
  join(top, "bench/fleet-million/main.ts"),
  join(top, "dist/bench-million.mjs"),
  define,
);
const { page, figures } = await million({
  things,
  squeeze: values.short ? 50 : 1,
  returning,
  engines: values.engines.split(","),
  receivers: Number(values.receivers),
  program,
  worker: pathToFileURL(join(top, "dist/fleet-worker.mjs")),
  jobsFolder: join(top, "src/lab/jobs"),
  folder: values.folder,
  seed: 1,
  say: console.log,
});
console.log(`\n${page}`);
if (values.page !== undefined) writeFileSync(values.page, page);
if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(figures));
process.exit(0);
