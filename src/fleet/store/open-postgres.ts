import { laterByTimer, monotonicMs } from "../../base/clock.js";
import { messageOf } from "../../base/errors.js";
import { type Log, silentLog } from "../../base/log.js";
import type { Arrival, DeviceAcknowledgement, ReceivedMessage, ShownGap } from "../arrival.js";
import { apply } from "../ingest/apply.js";
import type { IngestRules } from "../ingest/batch.js";
import { type EpochKey, neededFor } from "../ingest/loaded.js";
import { type EpochChanges, giveUpMissing, settleEpochs, settlesAt } from "../ingest/settle.js";
import type { SqlStatement } from "./database.js";
import {
  givenUpBy,
  LATEST,
  settledOf,
  settleInTurns,
  TO_ACKNOWLEDGE,
  TO_SETTLE,
  TO_TIME,
} from "./intake-statements.js";
import { messageReader } from "./message-reader.js";
import { migrationsFrom, POSTGRES, STORE_VERSION, StoreError, VERSION_TABLE } from "./migrate.js";
import type { FleetStore } from "./open-sqlite.js";
import { createPacking } from "./packing.js";
import { type Connection, connect, type Server } from "./postgres-engine.js";
import { load, loadEpochs, lockThings } from "./postgres-load.js";
import { save } from "./postgres-save.js";
import { openPostgresSession } from "./postgres-session.js";
import { movedOn, type RetentionCursor, retentionSteps } from "./retention.js";
import { readingFor, rulesFor } from "./rules.js";
import { sharedPeers } from "./shared-peers.js";
import { sideStatements, totalStatements } from "./side-statements.js";
import { storeEvents } from "./store-events.js";
import { filled, type StoreOptions } from "./store-options.js";

/** The key of the lock: any number that no other program uses. */
const MIGRATION_LOCK = 7_355_608_214;
/** Receivers add to totals in randomly chosen rows, so that they seldom wait for each other. */
const SHARDS = 64;

/** Opens a store in a PostgreSQL database, 15 or later; several receivers may use it at once. */
export async function openPostgres(url: string, options: StoreOptions = {}, log: Log = silentLog): Promise<FleetStore> {
  const all = filled(options);
  const packing = createPacking();
  // Before connecting, since it throws if the keys cannot be read.
  const events = storeEvents(all.keys, log);
  const rules = rulesFor(all, readingFor(all, packing, events.onListing), packing);
  const server = await connect(url);
  const reader = await migratePostgres(server)
    .then(() => messageReader(options.worker ?? null, all, events))
    .catch(async (error: unknown) => {
      await server.close();
      throw error instanceof StoreError
        ? error
        : new StoreError(`Cannot set up the store: ${messageOf(error)}`, { cause: error });
    });
  const intake = intakeOn(server, rules, Math.floor(Math.random() * SHARDS));
  const peers = sharedPeers({
    open: (events) => openPostgresSession(url, events),
    log,
    later: laterByTimer,
    steadyMs: monotonicMs,
    random: Math.random,
  });
  let cursor: RetentionCursor = new Map();
  return {
    peers,
    died: events.died,
    all: (sql, parameters) => server.query(sql, parameters),
    // The server works on several statements at a time.
    scans: { all: (sql, parameters) => server.query(sql, parameters) },
    write: (statements) => server.transaction((connection) => runAll(connection, statements)),
    ingest: (messages: readonly ReceivedMessage[]) => reader.read(messages).then(intake.ingest),
    settle: (at) => settleInTurns(() => intake.settle(at)),
    acknowledged: async (sent) => {
      if (sent.length > 0) await server.query(NOTE_ACKNOWLEDGED, columnsOf(sent));
    },
    toAcknowledge: (most, heardBefore = LATEST) => server.query(TO_ACKNOWLEDGE, [most, heardBefore]),
    giveUp: intake.giveUp,
    async prune(at) {
      for (const { name, statement } of retentionSteps(at, all, cursor)) {
        const rows = await server.query(statement.sql, statement.parameters);
        if (rows.length === 0) continue;
        cursor = movedOn(
          cursor,
          name,
          rows.map((row) => row.at ?? null),
        );
        return rows.length;
      }
      cursor = new Map();
      return 0;
    },
    unpack: (packed) => packing.unpack(packed),
    async close() {
      await peers.close();
      await server.close();
      await reader.close();
    },
  };
}

/**
 * Records what was acknowledged, in one round trip; sequences never go back. Rows are locked in the order in which the
 * intake writes them.
 */
const NOTE_ACKNOWLEDGED = `WITH sent AS (
    SELECT thing, epoch, max(sequence) AS sequence
    FROM unnest($1::text[], $2::text[], $3::bigint[]) AS s(thing, epoch, sequence) GROUP BY thing, epoch
  ), locked AS (
    SELECT e.thing, e.epoch, sent.sequence FROM epoch e JOIN sent ON e.thing = sent.thing AND e.epoch = sent.epoch
    WHERE e.acked < sent.sequence ORDER BY e.thing, e.epoch FOR UPDATE OF e
  )
  UPDATE epoch e SET acked = locked.sequence FROM locked WHERE e.thing = locked.thing AND e.epoch = locked.epoch`;

/** Starts the wait of epochs. Those that a receiver is writing are left for the next time, and block nothing. */
const TIME = `WITH untimed AS MATERIALIZED (${TO_TIME} FOR UPDATE SKIP LOCKED), timed AS (
    UPDATE epoch e SET settles_at = $1 FROM untimed WHERE e.thing = untimed.thing AND e.epoch = untimed.epoch RETURNING 1
  )
  SELECT count(*) AS count FROM timed`;

function columnsOf(sent: readonly DeviceAcknowledgement[]): readonly (readonly (string | number)[])[] {
  return [sent.map(({ thing }) => thing), sent.map(({ epoch }) => epoch), sent.map(({ sequence }) => sequence)];
}

function intakeOn(server: Server, rules: IngestRules, shard: number) {
  async function saveChanges(connection: Connection, { writes, totals }: EpochChanges): Promise<void> {
    await save(connection, writes);
    await runAll(connection, totalStatements(totals, shard));
  }
  return {
    ingest: (arrivals: readonly Arrival[]) =>
      server.transaction(async (connection) => {
        const needed = neededFor(arrivals);
        await lockThings(connection, needed.things);
        const applied = apply(await load(connection, needed), arrivals, rules);
        await save(connection, applied.writes);
        await runAll(connection, sideStatements(applied, shard));
        return applied.ingested;
      }),
    settle: (at: string) =>
      server.transaction(async (connection) => {
        const keys = await connection.query<EpochKey>(TO_SETTLE, [at]);
        await lockThings(connection, [...new Set(keys.map(({ thing }) => thing))].sort());
        const { epochs, lost } = await loadEpochs(connection, keys);
        const changes = settleEpochs(epochs, lost, at);
        await saveChanges(connection, changes);
        const [timed] = await connection.query(TIME, [settlesAt(at)]);
        return settledOf(changes, keys.length, Number(timed?.count));
      }),
    async giveUp(thing: string, epoch: string, by: string, at: string, shown: ShownGap | null = null) {
      // No name in the store contains NUL, which the server refuses.
      if (`${thing}${epoch}`.includes("\0")) return null;
      return server.transaction(async (connection) => {
        const keys = [{ thing, epoch }];
        if ((await loadEpochs(connection, keys)).epochs.length === 0) return null;
        await lockThings(connection, [thing]);
        const { epochs, lost } = await loadEpochs(connection, keys);
        const changes = epochs[0] === undefined ? null : giveUpMissing(epochs[0], lost, by, at, shown);
        if (changes === null) return null;
        await saveChanges(connection, changes);
        return givenUpBy(changes, thing, epoch);
      });
    },
  };
}

async function runAll(connection: Connection, statements: readonly SqlStatement[]) {
  const results = [];
  for (const { sql, parameters } of statements) results.push(await connection.query(sql, parameters));
  return results;
}

/** Migrates the database to this program's version, one receiver at a time. */
export async function migratePostgres(server: Server): Promise<void> {
  await server.transaction(async (connection) => {
    await connection.query("SELECT pg_advisory_xact_lock($1)", [MIGRATION_LOCK]);
    await connection.query(VERSION_TABLE.replace("TABLE", "TABLE IF NOT EXISTS"));
    const [row] = await connection.query("SELECT number FROM store_version");
    if (row === undefined) await connection.query("INSERT INTO store_version (number) VALUES (0)");
    const version = Number(row?.number ?? 0);
    for (const sql of migrationsFrom(version, "the store", POSTGRES)) {
      for (const statement of statementsOf(sql)) await connection.query(statement);
    }
    if (version !== STORE_VERSION) await connection.query("UPDATE store_version SET number = $1", [STORE_VERSION]);
  });
}

/** One by one, since the server accepts only one statement at a time. */
export function statementsOf(migration: string): readonly string[] {
  return migration.split(";").filter((statement) => statement.trim() !== "");
}
