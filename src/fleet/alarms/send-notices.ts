import { type BackoffLimits, backoffMs } from "../../base/backoff.js";
import type { Log } from "../../base/log.js";
import type { Database, Row, SqlStatement } from "../store/database.js";
import type { WebhookSettings } from "./alarm-settings.js";
import { postNotice, type WebhookResult } from "./post-notice.js";
import { authorisation, readSecrets, WebhookSecretError } from "./webhook-secrets.js";

/** The most notices that wait for one webhook: the oldest beyond that are given up. */
const MOST_QUEUED = 1_000;
const MOST_DELETED = 100_000;
const AT_ONCE = 20;
const BACKOFF: BackoffLimits = { firstMs: 10_000, lastMs: 15 * 60_000 };
/** A time in the queue that is further ahead than this means that the clock was set back. */
const LONGEST_WAIT_MS = 2 * 3_600_000;

interface SendParts {
  readonly database: Database;
  readonly log: Log;
  readonly now: () => number;
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** Whether no other process may send. */
  readonly isMine: () => boolean;
}

/** The counts of what was sent since the process started. */
export type SentCounts = Record<WebhookResult["outcome"], number>;

interface Notice {
  readonly id: string;
  readonly body: string;
  readonly madeAt: string;
  readonly nextAt: string;
  readonly tries: number;
}

/**
 * Sends what is due to one webhook, the oldest first and in order: one that fails holds back those after it, which
 * would fail as well. A notice is claimed before it is sent, so that only one of several processes sends it; after a
 * crash it is sent again when the claim expires.
 */
export async function sendDue(webhook: WebhookSettings, parts: SendParts, counts: SentCounts): Promise<void> {
  const { database, log, now, signal } = parts;
  const givenUp = await giveUp(webhook, database, now());
  if (givenUp > 0) {
    counts.refused += givenUp;
    log.error("alarms.notices-given-up", { webhook: webhook.name, notices: givenUp });
  }
  for (const notice of await readQueue(database, webhook)) {
    if (signal.aborted || !parts.isMine() || !isDue(notice, now())) return;
    if (!(await claim(notice, webhook, parts)) || !parts.isMine()) return;
    const delivered = await deliver(notice, webhook, parts);
    // Stopped: it stays claimed, and is sent again when the claim expires.
    if (signal.aborted) return;
    counts[delivered.outcome] += 1;
    await database.write([outcomeStatement(notice, delivered, parts)]);
    if (delivered.outcome === "refused") {
      log.error("alarms.notice-refused", { webhook: webhook.name, notice: notice.id, why: delivered.why });
    }
    if (delivered.outcome === "failed") {
      log.warn("alarms.notice-failed", { webhook: webhook.name, tries: notice.tries + 1, why: delivered.why });
      return;
    }
  }
}

/** Gives up notices that are too old or too many; returns their number. */
async function giveUp({ name, giveUpHours }: WebhookSettings, database: Database, nowMs: number): Promise<number> {
  const [found] = await database.all(
    "SELECT count(*) AS queued, min(made_at) AS oldest FROM notice WHERE url_key = $1",
    [name],
  );
  const tooOld = new Date(nowMs - giveUpHours * 3_600_000).toISOString();
  const queued = Number(found?.queued ?? 0);
  if (queued === 0 || (queued <= MOST_QUEUED && String(found?.oldest) >= tooOld)) return 0;
  const deleted = await database.write([
    { sql: "DELETE FROM notice WHERE url_key = $1 AND made_at < $2 RETURNING id", parameters: [name, tooOld] },
    {
      sql: `DELETE FROM notice WHERE id IN (
        SELECT id FROM notice WHERE url_key = $1 ORDER BY made_at DESC, id DESC LIMIT ${MOST_DELETED} OFFSET ${MOST_QUEUED}
      ) RETURNING id`,
      parameters: [name],
    },
  ]);
  return deleted.reduce((sum, rows) => sum + rows.length, 0);
}

async function readQueue(database: Database, { name }: WebhookSettings): Promise<readonly Notice[]> {
  const rows = await database.all(
    `SELECT id, body, made_at, next_at, tries FROM notice WHERE url_key = $1 ORDER BY made_at, id LIMIT ${AT_ONCE}`,
    [name],
  );
  return rows.map(noticeOf);
}

function noticeOf(row: Row): Notice {
  return {
    id: String(row.id),
    body: String(row.body),
    madeAt: String(row.made_at),
    nextAt: String(row.next_at),
    tries: Number(row.tries),
  };
}

function isDue({ nextAt }: Notice, nowMs: number): boolean {
  const waitMs = Date.parse(nextAt) - nowMs;
  return waitMs <= 0 || waitMs > LONGEST_WAIT_MS;
}

async function claim({ id, nextAt }: Notice, { timeoutSeconds }: WebhookSettings, { database, now }: SendParts) {
  const until = new Date(now() + timeoutSeconds * 1_000 + 5_000).toISOString();
  const [rows] = await database.write([
    {
      sql: "UPDATE notice SET next_at = $3 WHERE id = $1 AND next_at = $2 RETURNING id",
      parameters: [id, nextAt, until],
    },
  ]);
  return rows !== undefined && rows.length > 0;
}

async function deliver(notice: Notice, webhook: WebhookSettings, { now, signal }: SendParts): Promise<WebhookResult> {
  const { body, id } = notice;
  try {
    const headers = authorisation(readSecrets(webhook), id.slice(0, id.lastIndexOf(" ")), body, now());
    return await postNotice(
      { url: webhook.url, body, headers, timeoutMs: webhook.timeoutSeconds * 1_000, signal },
      now(),
    );
  } catch (error) {
    if (!(error instanceof WebhookSecretError)) throw error;
    return { outcome: "failed", why: error.message, waitMs: null };
  }
}

function outcomeStatement({ id, tries }: Notice, delivered: WebhookResult, { now, random }: SendParts): SqlStatement {
  if (delivered.outcome !== "failed") return { sql: "DELETE FROM notice WHERE id = $1", parameters: [id] };
  const waitMs = Math.max(backoffMs(tries + 1, BACKOFF, random), delivered.waitMs ?? 1_000);
  return {
    sql: "UPDATE notice SET tries = tries + 1, next_at = $2, error = $3 WHERE id = $1",
    parameters: [id, new Date(now() + waitMs).toISOString(), delivered.why.replace(/\p{Cs}/gu, "?")],
  };
}
