import { randomBytes, randomInt } from "node:crypto";
import { StoreError } from "./migrate.js";
import type { DutyName } from "./peers.js";
import { sessionClient } from "./postgres-engine.js";
import { type PeerSession, SESSION_IDLE_MS, type SessionEvents } from "./shared-peers.js";

/** Less than the time after which the server ends the session. */
const QUERY_MS = 10_000;

/** The channel on which a schema's processes announce, in SQL; its name needs no quotes. */
const CHANNEL = "'packdrift_' || left(encode(sha256(convert_to(current_schema(), 'UTF8')), 'hex'), 16)";

/** Announces something to the processes on the store without a session, for a process that does not stay. */
export const ANNOUNCE = `SELECT pg_notify(${CHANNEL}, 'passing ' || $1::text)`;

/** Takes session-level advisory locks: the server frees them when the session ends, however it ends. */
export const LOCK_DUTIES = `SELECT duty FROM unnest($1::text[]) AS d(duty) WHERE pg_try_advisory_lock(${keyOf("duty")})`;
const UNLOCK = `SELECT pg_advisory_unlock(${keyOf("$1::text")})`;

/** Locks belong to the whole database; stores in several schemas of one have locks of their own. */
function keyOf(duty: string): string {
  return `hashtextextended('packdrift ' || current_schema() || ' ' || ${duty}, 0)`;
}

/**
 * Opens a session for locks and announcements. There must be no pool in between that shares connections by
 * transactions.
 */
export async function openPostgresSession(url: string, { onAnnounced, onEnded }: SessionEvents): Promise<PeerSession> {
  const client = sessionClient(url, QUERY_MS);
  client.on("error", (error) => onEnded(error.message));
  client.on("end", () => onEnded("the connection has ended"));
  const self = randomBytes(8).toString("hex");
  client.on("notification", ({ payload = "" }) => {
    const [from, ...words] = payload.split(" ");
    if (from !== self) onAnnounced(words.join(" "));
  });
  let channel: string;
  try {
    await client.connect();
    await client.query(`SET idle_session_timeout = ${SESSION_IDLE_MS}`);
    const { rows } = await client.query<{ channel: string }>(`SELECT ${CHANNEL} AS channel`);
    channel = String(rows[0]?.channel);
    await client.query(`LISTEN ${channel}`);
    await checkLocks(client);
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
  return {
    async lock(duties) {
      const { rows } = await client.query<{ duty: DutyName }>(LOCK_DUTIES, [duties]);
      return rows.map(({ duty }) => duty);
    },
    unlock: async (duty) => void (await client.query(UNLOCK, [duty])),
    announce: async (text) => void (await client.query("SELECT pg_notify($1, $2)", [channel, `${self} ${text}`])),
    close: () => client.end(),
  };
}

/**
 * Throws if a lock that was taken is not held: engines that speak PostgreSQL's protocol may grant a lock to every
 * session (https://github.com/cockroachdb/cockroach/issues/13546), and a pool may run each statement in another
 * session.
 */
async function checkLocks(client: ReturnType<typeof sessionClient>): Promise<void> {
  const key = randomInt(2 ** 31);
  await client.query("SELECT pg_advisory_lock($1, $2)", [PROBE, key]);
  const held = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND pid = pg_backend_pid()";
  const { rowCount } = await client.query(held, [key]);
  await client.query("SELECT pg_advisory_unlock($1, $2)", [PROBE, key]);
  if (rowCount === 0) {
    throw new StoreError(
      "Cannot share the store with other processes: the database keeps no advisory lock for its session; use PostgreSQL, without a pool that shares connections by transactions",
    );
  }
}

/** Any number: the first half of the keys of locks that are only for this test. */
const PROBE = 735_560_821;
