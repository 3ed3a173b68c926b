import { setImmediate } from "node:timers/promises";
import type { DeviceAcknowledgement } from "../arrival.js";
import type { EpochChanges } from "../ingest/settle.js";
import type { SqlStatement } from "./database.js";

/** Records what was acknowledged; the sequence never goes back. */
export function acknowledgedStatements(sent: readonly DeviceAcknowledgement[]): readonly SqlStatement[] {
  return [...sent]
    .sort((a, b) => (a.thing < b.thing ? -1 : a.thing > b.thing ? 1 : 0))
    .map(({ thing, epoch, sequence }) => ({
      sql: "UPDATE epoch SET acked = $3 WHERE thing = $1 AND epoch = $2 AND acked < $3",
      parameters: [thing, epoch, sequence],
    }));
}

export const TO_ACKNOWLEDGE = `SELECT thing, epoch, contiguous AS sequence FROM epoch
  WHERE contiguous > acked AND settles_at IS NULL AND heard < $2 LIMIT $1`;
/** Later than any time. */
export const LATEST = "9999";

/**
 * How many epochs one transaction settles, and how many it times, so that writers wait no longer than for a batch of
 * reports.
 */
const MOST_SETTLED = 1_000;
const MOST_TIMED = 10_000;
export const TO_SETTLE = `SELECT thing, epoch FROM epoch WHERE settles_at > '' AND settles_at <= $1 LIMIT ${MOST_SETTLED}`;
/** The epochs whose wait starts now; an engine adds what it needs to lock them. */
export const TO_TIME = `SELECT thing, epoch FROM epoch WHERE settles_at = '' LIMIT ${MOST_TIMED}`;

/** What one transaction has settled, and whether there is more to settle or to time. */
export interface Settled {
  readonly acknowledge: readonly DeviceAcknowledgement[];
  readonly hasMore: boolean;
}

/** `due`: how many of the epochs were to be settled; `timed`: how many others were timed. */
export function settledOf({ acknowledge }: EpochChanges, due: number, timed: number): Settled {
  return { acknowledge, hasMore: due === MOST_SETTLED || timed === MOST_TIMED };
}

/**
 * The most transactions of one call, so that a receiver that first meets a large fleet neither keeps the store from its
 * reports nor holds all epochs in memory.
 */
const MOST_TURNS = 20;

/** Settles until there is no more, or for MOST_TURNS transactions. Between two transactions, others get their turn. */
export async function settleInTurns(settle: () => Promise<Settled>): Promise<readonly DeviceAcknowledgement[]> {
  const all: DeviceAcknowledgement[] = [];
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    const { acknowledge, hasMore } = await settle();
    all.push(...acknowledge);
    if (!hasMore) break;
    await setImmediate();
  }
  return all;
}

/**
 * Restarts the wait for earlier reports, see TO_BE_TIMED, for MOST_TIMED epochs; returns a row for each. Rows are
 * locked in the order in which the intake writes them.
 */
export const RETIME = `WITH timed AS MATERIALIZED (
    SELECT thing, epoch FROM epoch WHERE settles_at > '' LIMIT ${MOST_TIMED}
  ), locked AS MATERIALIZED (
    SELECT e.thing, e.epoch FROM epoch e JOIN timed ON e.thing = timed.thing AND e.epoch = timed.epoch
    WHERE e.settles_at > '' ORDER BY e.thing, e.epoch /* SQLITE: -- */ FOR UPDATE OF e
  )
  UPDATE epoch SET settles_at = '' WHERE (thing, epoch) IN (SELECT thing, epoch FROM locked) RETURNING 1`;

/** What the device may delete after a gap was given up, and how many sequences were. */
export type GivenUp = DeviceAcknowledgement & { readonly count: number };

export function givenUpBy({ acknowledge, totals }: EpochChanges, thing: string, epoch: string): GivenUp {
  return { thing, epoch, sequence: acknowledge[0]?.sequence ?? 0, count: totals.get("given_up") ?? 0 };
}
