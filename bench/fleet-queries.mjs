// What each of the fleet's questions costs on a full store when it is answered anew, without a broker or pages around it: for work on
// the queries. What people get is in fleet-served.mjs.
//   node bench/fleet-queries.mjs [--things 100000] [--runs 40] [--keep FILE] [--plans] [--only WORDS] [--json FILE]
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { filledStore, fleetCode, jobsOfStore, thingName } from "./fleet-fixture.mjs";
import { quantile } from "./fleet-parts.mjs";

const { values } = parseArgs({
  options: {
    things: { type: "string", default: "100000" },
    runs: { type: "string", default: "40" },
    keep: { type: "string" },
    plans: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    json: { type: "string" },
  },
});
const THINGS = Number(values.things);
const RUNS = Number(values.runs);
const top = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), "packdrift-bench-"));
const NOW = Date.parse("2026-11-29T12:00:00.000Z");
const iso = (ms) => new Date(ms).toISOString();

try {
  const code = await fleetCode();
  const { fleetQuestions, openSqlite } = code;
  const file = values.keep ?? join(folder, "fleet.db");
  const db = filledStore(file, THINGS, NOW, code);
  const jobs = jobsOfStore(code);
  const statements = new Map();
  const prepared = (sql) => {
    if (!statements.has(sql)) statements.set(sql, db.prepare(code.inSqlite(sql)));
    return statements.get(sql);
  };
  const asked = [];
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  const store = await openSqlite(file, { worker: pathToFileURL(join(top, "dist/fleet-worker.mjs")) });
  const reader = {
    all(sql, parameters = []) {
      asked.push([sql, parameters]);
      return store.all(sql, parameters);
    },
  };
  const ask = (now) =>
    fleetQuestions(reader, {
      jobs: () => jobs,
      now,
      heartbeatHours: 24,
      unpack: (packed) => store.unpack(packed),
    });
  // A clock that leaps: nothing is remembered.
  let leaps = 0;
  const alone = ask(() => NOW + 60_000 * leaps++);
  const page = { limit: 50 };
  const middle = thingName(Math.floor(THINGS / 2));
  const at = iso(NOW - 3 * 86_400_000);
  const first = async (questions) =>
    Promise.all([
      questions.summary(),
      questions.causes({}, { limit: 5 }),
      questions.trend(iso(NOW - 14 * 86_400_000), iso(NOW), 57),
      questions.requests({ limit: 20 }),
    ]);
  const rows = [
    ["first page: summary, causes, trend, requests", (q) => first(q)],
    ["summary", (q) => q.summary()],
    ["list of 50, all", (q) => q.devices({}, { ...page, after: middle })],
    ["list, WILL_NOT_RUN", (q) => q.devices({ runnable: "WILL_NOT_RUN" }, { ...page, after: middle })],
    ["list, part of a name", (q) => q.devices({ q: "-0077" }, page)],
    ["list, part that none has", (q) => q.devices({ q: "no such" }, page)],
    ["list, silent", (q) => q.devices({ state: "silent" }, page)],
    ["list, frequent cause", (q) => q.devices({ cause: "c-0" }, { ...page, after: middle })],
    ["list, rule and name", (q) => q.devices({ rule: "compiler.trt-ver", q: "99" }, page)],
    ["list, job", (q) => q.devices({ job: `${jobs[3].project}/${jobs[3].job}` }, { ...page, after: middle })],
    ["count, WILL_NOT_RUN", (q) => q.count({ runnable: "WILL_NOT_RUN" })],
    ["count, part of a name", (q) => q.count({ q: "-0077" })],
    ["causes, first 20", (q) => q.causes({}, { limit: 20 })],
    ["causes of a job", (q) => q.causes({ job: `${jobs[3].project}/${jobs[3].job}` }, { limit: 20 })],
    ["device", (q) => q.device(middle)],
    ["history of a device", (q) => q.history(middle, page)],
    ["jobs", (q) => q.jobs({ limit: 50 })],
    ["summary three days ago", (q) => q.summary(at)],
    ["list, WILL_NOT_RUN, three days ago", (q) => q.devices({ runnable: "WILL_NOT_RUN", at }, page)],
    ["trend of 48 points", (q) => q.trend(at, iso(NOW), 48)],
    ["job: can, cannot, would after", (q) => q.job(jobs[3].project, jobs[3].job), 3],
    ["what if JetPack 5.1.1, all", (q) => q.whatIf({ jetpack: "5.1.1" }, {}), 3],
    ["today's rules, all", (q) => q.rejudge({}), 3],
  ];
  console.log(`| question, ms, ${THINGS} things | p50 | p95 | most | CPU p50 |\n|---|---|---|---|---|`);
  const figures = [];
  for (const [title, question, runs = RUNS] of rows) {
    if (!title.includes(values.only)) continue;
    asked.length = 0;
    await question(alone);
    if (values.plans) {
      for (const [sql, parameters] of asked) {
        const start = performance.now();
        prepared(sql).all(...parameters);
        console.log(`-- ${title}: ${(performance.now() - start).toFixed(1)} ms\n${sql.slice(0, 400)}`);
        for (const row of db.prepare(`EXPLAIN QUERY PLAN ${code.inSqlite(sql)}`).all(...parameters)) {
          console.log(`     ${row.detail}`);
        }
      }
    }
    const times = await timed(runs, () => question(alone));
    console.log(line(title, times));
    figures.push(figureOf(title, times));
  }
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(figures));
  await store.close();
  db.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The row of a question. */
function figureOf(title, times) {
  const walls = times.map(({ wall }) => wall);
  return {
    what: `${THINGS} things, answered anew: ${title}, p95 ms`,
    figure: Number(quantile(walls, 0.95).toFixed(1)),
  };
}

async function timed(runs, question) {
  const times = [];
  for (let run = 0; run < runs; run++) {
    const [start, cpu] = [performance.now(), process.cpuUsage()];
    await question();
    const { user, system } = process.cpuUsage(cpu);
    times.push({ wall: performance.now() - start, cpu: (user + system) / 1_000 });
  }
  return times;
}

function line(title, times) {
  const at = (share, kind) =>
    quantile(
      times.map((one) => one[kind]),
      share,
    ).toFixed(1);
  return `| ${title} | ${at(0.5, "wall")} | ${at(0.95, "wall")} | ${at(1, "wall")} | ${at(0.5, "cpu")} |`;
}
