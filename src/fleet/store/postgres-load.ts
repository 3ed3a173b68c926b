import { groupBy } from "../../base/group-by.js";
import { lateAmong } from "../ingest/chain-links.js";
import { type JobOfThing, jobKey } from "../ingest/findings.js";
import {
  type EpochKey,
  type Loaded,
  MOST_LOST,
  type Needed,
  type Neighbour,
  thingsWithLate,
} from "../ingest/loaded.js";
import type { Connection } from "./postgres-engine.js";
import type { FindingRow } from "./rows.js";

/**
 * Locks the rows of things, in order, until the transaction ends. Every receiver does this first, so that none waits
 * for another in a circle, and each sees what the one before it wrote. New things get a row.
 */
export async function lockThings(connection: Connection, things: readonly string[]): Promise<void> {
  if (things.length === 0) return;
  await connection.query("INSERT INTO thing (thing) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING", [things]);
  await connection.query('SELECT 1 FROM thing WHERE thing = ANY($1::text[]) ORDER BY thing COLLATE "C" FOR UPDATE', [
    things,
  ]);
}

const list = (query: string) => `(SELECT coalesce(json_agg(x), '[]') FROM (${query}) x)`;
const EPOCHS = "unnest($2::text[], $3::text[]) k(thing, epoch)";
const LOST = `SELECT l.* FROM ${EPOCHS} CROSS JOIN LATERAL (
  SELECT * FROM lost WHERE lost.thing = k.thing AND lost.epoch = k.epoch ORDER BY from_sequence DESC LIMIT ${MOST_LOST}) l`;
const ofThings = (table: string) => `SELECT * FROM ${table} WHERE thing = ANY($1::text[])`;
const end = (order: string) => `SELECT e.* FROM unnest($1::text[]) k(thing) CROSS JOIN LATERAL (
  SELECT * FROM epoch WHERE epoch.thing = k.thing ORDER BY born ${order} LIMIT 1) e`;
const ofReports = (what: string, table: string, from: number) => `SELECT ${what} FROM ${table} t
  JOIN unnest($${from}::text[], $${from + 1}::text[], $${from + 2}::bigint[]) k(thing, epoch, sequence)
  ON t.thing = k.thing AND t.epoch = k.epoch AND t.sequence = k.sequence`;

/** A report beyond its epoch's progress is not searched for (mayBeStored). */
const MAY_BE_STORED = `JOIN epoch e ON e.thing = k.thing AND e.epoch = k.epoch AND (k.sequence <= e.contiguous OR e.stored <> '[]')`;

/** All in one round trip. */
const LOAD = `SELECT ${list(ofThings("thing"))} AS things,
  ${list(`SELECT e.* FROM epoch e JOIN ${EPOCHS} ON e.thing = k.thing AND e.epoch = k.epoch`)} AS epochs,
  ${list(`${end("DESC")} UNION ALL ${end("ASC")}`)} AS ends,
  ${list(ofThings("state"))} AS states,
  ${list(`${ofThings("finding")} AND until IS NULL`)} AS findings,
  ${list(LOST)} AS lost,
  ${list(`${ofReports("t.thing, t.epoch, t.sequence, t.seal, t.received_at", "report", 4)} ${MAY_BE_STORED}`)} AS seals,
  ${list(ofReports("t.*", "part", 7))} AS parts`;

const NEIGHBOURS = `SELECT t.thing, t.epoch, t.sequence, t.seal, t.dictionary, t.body FROM report t
  JOIN unnest($1::text[], $2::text[], $3::bigint[]) k(thing, epoch, sequence)
  ON t.thing = k.thing AND t.epoch = k.epoch AND t.sequence IN (k.sequence - 1, k.sequence + 1)`;

const ENDED = `SELECT thing, project, job, max(until) AS until FROM past_state WHERE thing = ANY($1::text[])
  GROUP BY thing, project, job`;

type LoadedRow = Omit<Loaded, "findings" | "ended" | "neighbours"> & { readonly findings: readonly FindingRow[] };

interface Ended {
  readonly until: string;
}

/** Reads what a batch needs; its things must be locked. */
export async function load(connection: Connection, { things, epochs, reports, parts }: Needed): Promise<Loaded> {
  const columns = (keys: Needed["reports"]) => [...epochColumns(keys), keys.map(({ sequence }) => sequence)];
  const rows = await connection.query<LoadedRow>(LOAD, [
    ...[things, ...epochColumns(epochs)],
    ...[...columns(reports), ...columns(parts)],
  ]);
  const { findings, ...loaded } = onlyRow(rows);
  const ofThing = groupBy(findings, ({ thing }) => thing);
  const late = lateAmong(loaded, reports);
  const neighbours = late.length === 0 ? [] : await connection.query<Neighbour>(NEIGHBOURS, [...columns(late)]);
  const withLate = thingsWithLate(loaded, reports);
  const ended = withLate.length === 0 ? [] : await connection.query<JobOfThing & Ended>(ENDED, [withLate]);
  const endedAt = new Map(ended.map((row) => [jobKey(row), row.until]));
  return {
    ...loaded,
    findings: (thing) => ofThing.get(thing) ?? [],
    ended: (of) => endedAt.get(jobKey(of)) ?? null,
    neighbours,
  };
}

/** The rows of epochs, and what is lost in them. */
export async function loadEpochs(
  connection: Connection,
  keys: readonly EpochKey[],
): Promise<Pick<Loaded, "epochs" | "lost">> {
  const sql = `SELECT ${list(`SELECT e.* FROM epoch e JOIN ${EPOCHS} ON e.thing = k.thing AND e.epoch = k.epoch`)} AS epochs,
    ${list(LOST)} AS lost WHERE $1::text[] IS NOT NULL`;
  const parameters = [keys.map(({ thing }) => thing), ...epochColumns(keys)];
  return onlyRow(await connection.query<Pick<Loaded, "epochs" | "lost">>(sql, parameters));
}

/** The row of a statement that always returns one. */
function onlyRow<R>([row]: readonly R[]): R {
  if (row === undefined) throw new Error("The database returned no row");
  return row;
}

function epochColumns(keys: readonly EpochKey[]): readonly (readonly string[])[] {
  return [keys.map(({ thing }) => thing), keys.map(({ epoch }) => epoch)];
}
