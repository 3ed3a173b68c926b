// A full store for the benches of the fleet: things with their states, findings, changes, facts and reports, written as rows.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { TOP as top } from "../scripts/build/paths.mjs";
import { bundled } from "../test/bundled.mjs";

const iso = (ms) => new Date(ms).toISOString();

/** In the order of their numbers, so that a large store is filled fast; as a load of the same prefix names its things. */
export const PREFIX = "line-box";
export const thingName = (at) => `${PREFIX}-${String(at + 1).padStart(6, "0")}`;

/** How many reports each thing of a store has. */
const reportsEach = (things) => (things > 200_000 ? 2 : 5);

/** The described jobs of a store's things. */
export function jobsOfStore({ parseJob }) {
  return readdirSync(join(top, "src/lab/jobs"))
    .sort()
    .map((one) => parseJob(JSON.parse(readFileSync(join(top, "src/lab/jobs", one), "utf8"))))
    .map((description) => ({ project: description.project, job: description.name, description }));
}

/** Opens an SQLite file as a store of `things` things, at the time `nowMs`; fills it first if it is new. */
export function filledStore(file, things, nowMs, code) {
  const isNew = !existsSync(file);
  const db = new DatabaseSync(file);
  db.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA cache_size=-65536");
  if (!isNew) return db;
  const start = performance.now();
  code.migrateEngine(db, file);
  const indexes = db.prepare("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").all();
  for (const index of indexes) db.exec(`DROP INDEX ${index.name}`);
  fill(db, code, things, nowMs);
  for (const index of indexes) db.exec(index.sql);
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  console.log(`${things} things stored in ${((performance.now() - start) / 1000).toFixed(0)} s`);
  return db;
}

/** Classes of machines: every recorded one in ten variations. */
function classesOf({ factsClass, detectFacts, linuxHost, summarize }) {
  const hosts = join(top, "test/hosts");
  const folders = readdirSync(hosts).filter(
    (one) => existsSync(join(hosts, one, "expected.json")) || existsSync(join(hosts, one, "proc")),
  );
  return folders.flatMap((one) => {
    const facts = detectFacts(linuxHost(join(hosts, one)), []);
    return Array.from({ length: 10 }, (_, variation) => {
      const kernel = { state: "known", value: `4.9.${variation}-tegra`, from: "uname", confidence: "FIRM" };
      return factsClass(JSON.stringify({ facts: summarize({ ...facts, kernelRelease: kernel }) }));
    });
  });
}

function fill(db, code, THINGS, NOW) {
  const REPORTS = reportsEach(THINGS);
  const [jobs, classes] = [jobsOfStore(code), classesOf(code)];
  const { pack } = code.createPacking();
  const numbered = { thing: thingName(0), epoch: "e1", sequence: 1, checkedAt: iso(NOW) };
  const bodies = code
    .sampleReports(jobs.map(({ description }) => description))
    .map((sample) => pack(JSON.stringify(sample("COMPLETE", numbered))));
  const insert = (table, columns) => {
    const names = columns.split(", ");
    return db.prepare(`INSERT INTO ${table} (${columns}) VALUES (${names.map(() => "?").join(", ")})`);
  };
  const thing = insert(
    "thing",
    "thing, first_heard, last_heard, drift, runnable, since, jobs, device, agent, product, jetpack, arch, facts_digest, facts_at",
  );
  const state = insert(
    "state",
    "thing, project, job, born, epoch, sequence, drift, runnable, since, checked_at, received_at, report_born, report_epoch, report_sequence, told, blocking, findings",
  );
  const past = insert("past_state", "thing, project, job, since, until, drift, runnable");
  const finding = insert(
    "finding",
    "thing, project, job, fingerprint, since, until, rule, path, expected, actual, outcome, severity, because, remedy, cause, change_id",
  );
  const change = insert("change", "thing, at, id, trigger_kind, epoch, sequence, delta");
  const report = insert(
    "report",
    "thing, epoch, sequence, kind, trigger_kind, project, job, drift, runnable, checked_at, received_at, seal, dictionary, body",
  );
  const epoch = insert(
    "epoch",
    "thing, epoch, born, births, since, heard, first, contiguous, acked, stored, missing, named",
  );
  const facts = insert("facts", "digest, dictionary, body, at");
  const device = JSON.stringify({
    arch: "ARM64",
    distro: "ubuntu 18.04",
    kernelRelease: "4.9.253-tegra",
    product: "AGX Xavier",
    l4t: "32.7.1",
    jetpack: "4.6.1",
    gpus: ["integrated 7.2"],
    driver: null,
    cuda: "10.2.300",
    cudnn: "8.2.1",
    tensorrt: "8.2.1",
    cpu: "NVIDIA Carmel",
    container: false,
  });
  const agent = JSON.stringify({ version: "0.1.0", node: "v20.1.0", transport: "ipc", outbox: "disk", problems: [] });
  db.exec("BEGIN");
  for (const { digest, text } of classes) {
    const { dictionary, body } = pack(text);
    facts.run(digest, dictionary, body, iso(NOW));
  }
  for (const [table, values_] of [
    ["reports", 5 * THINGS],
    ["heartbeats", 9 * THINGS],
  ]) {
    db.prepare("INSERT INTO total (name, shard, value) VALUES (?, 0, ?)").run(table, values_);
  }
  const delta = JSON.stringify({ l4t: ["32.7.1", "35.3.1"], tensorrt: ["8.2.1", "8.5.2"] });
  for (let at = 0; at < THINGS; at++) {
    const id = thingName(at);
    const { project, job } = jobs[at % jobs.length];
    const isBad = at % 5 === 0;
    const warns = at % 7 === 0;
    const [drift, runnable] = isBad
      ? ["DRIFTED", "WILL_NOT_RUN"]
      : warns
        ? ["DRIFTED", "RUNNABLE_UNTESTED"]
        : ["IN_SYNC", "RUNNABLE"];
    const since = iso(NOW - 30 * 86_400_000 - at * 10);
    const turned = iso(NOW - (at % 5_000) * 60_000);
    const heard = iso(NOW - (at % 100 === 3 ? 100 : at % 50 === 4 ? 40 : at % 24) * 3_600_000 - (at % 3_600) * 1_000);
    thing.run(
      id,
      since,
      heard,
      drift,
      runnable,
      isBad ? turned : since,
      1,
      device,
      agent,
      `AGX Xavier ${at % 11}`,
      "4.6.1",
      "ARM64",
      at % 40 === 0 ? null : classes[at % classes.length].digest,
      heard,
    );
    state.run(
      id,
      project,
      job,
      1,
      "e1",
      5,
      drift,
      runnable,
      isBad ? turned : since,
      heard,
      heard,
      1,
      "e1",
      5,
      "",
      isBad ? 1 : 0,
      isBad ? 1 : 0,
    );
    epoch.run(
      id,
      "e1",
      1,
      "[]",
      since,
      heard,
      1,
      5,
      5,
      at % 1_000 === 0 ? "[[8,9]]" : "[]",
      at % 1_000 === 0 ? 2 : 0,
      "[]",
    );
    if (isBad) past.run(id, project, job, since, turned, "IN_SYNC", "RUNNABLE");
    if (isBad) {
      // Two causes have half of all findings, the others are ever rarer.
      const kind = at % 4 === 0 ? (at % 8 === 0 ? 0 : 1) : 2 + Math.floor(Math.sqrt(at % 3_600));
      const changed = kind < 2 ? "ch-0" : null;
      if (changed) change.run(id, turned, changed, "START", "e1", 5, delta);
      finding.run(
        id,
        project,
        job,
        "f0",
        turned,
        null,
        "compiler.trt-ver",
        "CompilerOptions.trt-ver",
        "7.1.3",
        `8.${kind}`,
        "DRIFT",
        "BLOCKING",
        "The model needs TensorRT 7.1.3",
        '["JetPack 4.5.1 brings TensorRT 7.1.3"]',
        `c-${kind}`,
        changed,
      );
    }
    if (warns)
      finding.run(
        id,
        project,
        job,
        "f1",
        since,
        null,
        "device.memory",
        "Target",
        "6.0 GB",
        "less",
        "DRIFT",
        "WARNING",
        "Less memory",
        "[]",
        "c-memory",
        null,
      );
    finding.run(
      id,
      project,
      job,
      "f2",
      since,
      turned,
      "compiler.driver",
      "Target",
      "450",
      "418",
      "DRIFT",
      "BLOCKING",
      "Old driver",
      "[]",
      "c-driver",
      null,
    );
    for (let sequence = 1; sequence <= REPORTS; sequence++) {
      const receivedAt = sequence === REPORTS ? heard : iso(NOW - (REPORTS + 1 - sequence) * 5 * 86_400_000 - at);
      report.run(
        id,
        "e1",
        sequence,
        sequence % 2 ? "COMPLETE" : "HEARTBEAT",
        "SCHEDULE",
        project,
        job,
        drift,
        runnable,
        receivedAt,
        receivedAt,
        "seal",
        bodies[at % bodies.length].dictionary,
        bodies[at % bodies.length].body,
      );
    }
    if (at % 50_000 === 49_999) db.exec("COMMIT; BEGIN");
  }
  db.exec("COMMIT");
}

/** The program's own code, bundled next to the build, where packages are found. */
export async function fleetCode() {
  const contents = `
    export { migrateEngine } from "./src/fleet/store/sqlite-core.js";
    export { fleetQuestions } from "./src/fleet/state/fleet-questions.js";
    export { factsClass } from "./src/fleet/state/facts-class.js";
    export { parseJob } from "./src/job/parse-job.js";
    export { detectFacts } from "./src/device/detect.js";
    export { linuxHost } from "./src/device/linux-host.js";
    export { summarize } from "./src/device/summary.js";
    export { createPacking } from "./src/fleet/store/packing.js";
    export { inSqlite } from "./src/fleet/store/sqlite-statements.js";
    export { openSqlite } from "./src/fleet/store/open-sqlite.js";
    export { sampleReports } from "./scripts/sample-reports.js";
  `;
  return bundled({ contents, resolveDir: top, loader: "ts" }, join(top, "dist/bench-fleet-code.mjs"));
}
