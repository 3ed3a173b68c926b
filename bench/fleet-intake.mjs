// `node bench/fleet-intake.mjs`: the fleet's stores, each compared with a bare insert of the same messages into the same engine, in turn.
//   --things N    (default 100000)     --reports N  stored and acknowledged after every thing has reported once (default 100000)
//   --batch N     reports in a transaction (default 500)      --engines sqlite,postgres      --json FILE   writes rows for fleet.mjs
//   --folder DIR  the folder of the stores (default: the temporary folder)
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { bundled } from "../test/bundled.mjs";

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const option = (name, fallback) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : process.argv[at + 1];
};
const things = Number(option("--things", 100_000));
const reports = Number(option("--reports", 100_000));
const batch = Number(option("--batch", 500));
const engines = option("--engines", "sqlite,postgres").split(",");
const folder = mkdtempSync(join(option("--folder", tmpdir()), "packdrift-bench-fleet-"));
/** The reports made ahead in memory, so that neither side waits for them. */
const TURN = Math.min(10_000, things);
const HEARTBEAT_SHARE = 0.36;
const TARGETS = { sqlite: { perSecond: 8_000, ofBare: 0.5 }, postgres: { perSecond: 3_000, ofBare: 0 } };

const cases = await bundled(join(top, "bench/fleet-stores.ts"), join(top, "dist/bench-fleet-stores.mjs"));
const worker = pathToFileURL(join(top, "dist/fleet-worker.mjs"));
const jobFolder = join(top, "src/lab/jobs");
const jobs = readdirSync(jobFolder).map((name) => JSON.parse(readFileSync(join(jobFolder, name), "utf8")));
const rows = [];
try {
  for (const engine of engines) rows.push(await stores(engine));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Stored and acknowledged per second in a store that holds every thing already. */
async function stores(engine) {
  const server = engine === "postgres" ? await cases.startPostgres() : null;
  try {
    const tested =
      server === null
        ? await cases.sqliteCase(folder, worker)
        : await cases.postgresCase(await server.database(), await server.database(), worker);
    const messages = cases.messageSource(jobs, things, HEARTBEAT_SHARE);
    const sum = { first: 0, ours: 0, bare: 0, oursCpu: 0, bareCpu: 0, bytes: 0, acknowledged: 0 };
    for (let made = 0; made < things + reports; made += TURN) {
      const turn = messages(TURN);
      const batches = Array.from({ length: Math.ceil(TURN / batch) }, (_, at) =>
        turn.slice(at * batch, (at + 1) * batch),
      );
      const isFirst = made < things;
      const ours = await timed(async () => {
        sum.acknowledged += await tested.ours(batches);
      });
      const bare = await timed(() => tested.bare(batches));
      if (isFirst) sum.first += ours.milliseconds;
      else {
        sum.ours += ours.milliseconds;
        sum.bare += bare.milliseconds;
        sum.oursCpu += ours.cpu;
        sum.bareCpu += bare.cpu;
        sum.bytes += turn.reduce((total, { payload }) => total + payload.byteLength, 0);
      }
    }
    const measured = Math.ceil((things + reports) / TURN) * TURN - Math.ceil(things / TURN) * TURN;
    const row = {
      engine,
      "first report of a thing /s": perSecond(things, sum.first),
      "stored and acknowledged /s": perSecond(measured, sum.ours),
      "bare insert /s": perSecond(measured, sum.bare),
      "of bare": round(sum.bare / sum.ours, 2),
      "CPU us each": round((sum.oursCpu / measured) * 1_000, 0),
      "bare CPU us": round((sum.bareCpu / measured) * 1_000, 0),
      "JSON bytes each": round(sum.bytes / measured, 0),
      "store MB": round((await tested.bytes()) / 1e6, 0),
      "RSS MB": round(process.memoryUsage.rss() / 1e6, 0),
      "start ms": round(await tested.restart(), 0),
    };
    await tested.close();
    const { perSecond: target, ofBare } = TARGETS[engine];
    row.target =
      row["stored and acknowledged /s"] >= target && row["of bare"] >= ofBare
        ? "met"
        : `below ${target}/s or ${ofBare}`;
    return row;
  } finally {
    await server?.stop();
  }
}

function figures(row) {
  const { engine } = row;
  const { perSecond: wanted, ofBare } = TARGETS[engine];
  const of = (column) => `${engine}: ${column}`;
  const [stored, share] = [row["stored and acknowledged /s"], row["of bare"]];
  return [
    { what: of("stored and acknowledged /s"), figure: stored, wanted: `at least ${wanted}`, met: stored >= wanted },
    { what: of("bare insert of the same bytes /s"), figure: row["bare insert /s"] },
    {
      what: of("of the bare insert"),
      figure: share,
      ...(ofBare === 0 ? {} : { wanted: `at least ${ofBare}`, met: share >= ofBare }),
    },
    { what: of("CPU of a report, µs (bare)"), figure: `${row["CPU us each"]} (${row["bare CPU us"]})` },
    { what: of("first report of a thing /s"), figure: row["first report of a thing /s"] },
    { what: of("store MB, JSON bytes of a report"), figure: `${row["store MB"]}, ${row["JSON bytes each"]}` },
    { what: of("memory MB"), figure: row["RSS MB"] },
    { what: of("start with it, to the first rows, ms"), figure: row["start ms"] },
  ];
}

async function timed(action) {
  const before = process.cpuUsage();
  const from = performance.now();
  await action();
  const { user, system } = process.cpuUsage(before);
  return { milliseconds: performance.now() - from, cpu: (user + system) / 1_000 };
}

function perSecond(count, milliseconds) {
  return Math.round((count / milliseconds) * 1_000);
}

function round(value, digits) {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}

console.log(`${things} things, ${reports} reports, transactions of ${batch}, Node ${process.version}`);
console.table(Object.fromEntries(rows.map(({ engine, ...row }) => [engine, row])));
const file = option("--json", "");
if (file !== "") writeFileSync(file, JSON.stringify(rows.flatMap(figures)));
process.exit(0);
