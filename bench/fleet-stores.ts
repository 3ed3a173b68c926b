import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { type Sample, sampleReports } from "../scripts/sample-reports.js";
import type { ReceivedMessage } from "../src/fleet/arrival.js";
import { openPostgres } from "../src/fleet/store/open-postgres.js";
import { type FleetStore, openSqlite } from "../src/fleet/store/open-sqlite.js";
import { openEngine } from "../src/fleet/store/sqlite-engine.js";
import { parseJob } from "../src/job/parse-job.js";

export { startPostgres } from "../test/fleet/store/postgres-server.js";

/** A store under test, and a bare insert into the same engine for comparison. */
interface StoreCase {
  /** Stores batches and resolves to the number of acknowledged reports once all are acknowledged. */
  ours(batches: readonly (readonly ReceivedMessage[])[]): Promise<number>;
  /** Inserts the messages as they came into a table with only their key, a transaction for each batch. */
  bare(batches: readonly (readonly KeyedMessage[])[]): Promise<void>;
  /** Reopens the full store and queries the first things; returns the milliseconds. */
  restart(): Promise<number>;
  bytes(): Promise<number>;
  close(): Promise<void>;
}

interface KeyedMessage extends ReceivedMessage {
  readonly thing: string;
  readonly sequence: number;
}

/** How many batches are in flight at once: the next is read while one is written. */
const IN_FLIGHT = 3;
const FIRST_PAGE = "SELECT thing, drift, runnable FROM thing ORDER BY thing LIMIT 50";
const PAIRS = 20;
const POSTGRES_BYTES = `SELECT sum(pg_total_relation_size(oid)) AS bytes FROM pg_class
  WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace`;

/** Makes the messages of a fleet: every thing with the job that fits it best, over and over, with heartbeats between. */
export function messageSource(jobs: readonly unknown[], things: number, heartbeatShare: number) {
  const samples = likelyPairs(sampleReports(jobs.map(parseJob)));
  let count = 0;
  return (reports: number) => {
    const messages = Array.from({ length: reports }, (): KeyedMessage => {
      // A stride without a common factor visits all things in another order than that of their names.
      const at = (count * 7_919) % things;
      const sequence = Math.floor(count / things) + 1;
      count += 1;
      const kind = sequence > 1 && (at * 31 + sequence * 17) % 100 < heartbeatShare * 100 ? "HEARTBEAT" : "COMPLETE";
      const thing = `line-${String(at).padStart(6, "0")}`;
      const checkedAt = new Date(Date.UTC(2026, 10, 1) + sequence * 86_400_000 + at * 10).toISOString();
      const text = JSON.stringify(
        samples[at % samples.length]?.(kind, { thing, epoch: "01JD4Q6Z", sequence, checkedAt }),
      );
      const topic = `dt/packdrift/v1/${thing}/${kind === "HEARTBEAT" ? "heartbeat" : "report"}`;
      return {
        topic,
        payload: new TextEncoder().encode(text),
        receivedAt: checkedAt,
        thing,
        sequence,
      };
    });
    return messages;
  };
}

/** For each of some machines the job with the fewest findings: the one that was made for it. */
function likelyPairs(samples: readonly Sample[]): readonly Sample[] {
  const sizes = samples.map((sample) => ({
    sample,
    size: JSON.stringify(
      sample("COMPLETE", { thing: "x", epoch: "e", sequence: 1, checkedAt: "2026-11-01T00:00:00.000Z" }),
    ).length,
  }));
  return sizes
    .sort((a, b) => a.size - b.size)
    .slice(0, PAIRS)
    .map(({ sample }) => sample);
}

export async function sqliteCase(folder: string, worker: URL): Promise<StoreCase> {
  const file = join(folder, "fleet.db");
  let store = await openSqlite(file, { worker });
  const bare = openEngine(join(folder, "bare.db"));
  for (const pragma of ["journal_mode = WAL", "synchronous = FULL", "cache_size = -65536", "wal_autocheckpoint = 4000"])
    bare.exec(`PRAGMA ${pragma}`);
  bare.exec(
    "CREATE TABLE report (thing text, sequence bigint, body blob, PRIMARY KEY (thing, sequence)) WITHOUT ROWID",
  );
  const insert = bare.prepare("INSERT INTO report VALUES (?1, ?2, ?3)");
  return {
    ours: (batches) => ingestAll(store, batches),
    async bare(batches) {
      for (const batch of batches) {
        bare.exec("BEGIN IMMEDIATE");
        for (const { thing, sequence, payload } of batch) insert.run(thing, sequence, payload);
        bare.exec("COMMIT");
      }
    },
    async restart() {
      await store.close();
      const from = performance.now();
      store = await openSqlite(file, { worker });
      await store.all(FIRST_PAGE);
      return performance.now() - from;
    },
    // Writes go to the log first.
    bytes: async () => statSync(file).size + (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0),
    async close() {
      await store.close();
      bare.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function postgresCase(url: string, bareUrl: string, worker: URL): Promise<StoreCase> {
  let store = await openPostgres(url, { worker });
  const bare = new pg.Client({ connectionString: bareUrl });
  await bare.connect();
  await bare.query("CREATE TABLE report (thing text, sequence bigint, body bytea, PRIMARY KEY (thing, sequence))");
  const insert = "INSERT INTO report SELECT * FROM unnest($1::text[], $2::bigint[], $3::bytea[])";
  return {
    ours: (batches) => ingestAll(store, batches),
    async bare(batches) {
      for (const batch of batches) {
        const bodies = batch.map(({ payload }) => Buffer.from(payload));
        await bare.query(insert, [batch.map(({ thing }) => thing), batch.map(({ sequence }) => sequence), bodies]);
      }
    },
    async restart() {
      await store.close();
      const from = performance.now();
      store = await openPostgres(url, { worker });
      await store.all(FIRST_PAGE);
      return performance.now() - from;
    },
    bytes: async () => Number((await store.all(POSTGRES_BYTES))[0]?.bytes),
    async close() {
      await store.close();
      await bare.end();
    },
  };
}

async function ingestAll(store: FleetStore, batches: readonly (readonly ReceivedMessage[])[]): Promise<number> {
  let next = 0;
  let acknowledged = 0;
  const line = async () => {
    for (let batch = batches[next++]; batch !== undefined; batch = batches[next++]) {
      const { counts, acknowledge } = await store.ingest(batch);
      if (counts.refused + counts.conflicts + counts.duplicates > 0)
        throw new Error(`Not stored: ${JSON.stringify(counts)}`);
      acknowledged += acknowledge.length;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, line));
  return acknowledged;
}
