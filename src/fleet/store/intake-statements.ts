import type { Acknowledgement } from "../arrival.js";
import type { EpochChanges } from "../ingest/settle.js";
import type { Statement } from "./database.js";

/** Notes what was sent; never goes back. */
export function acknowledgedStatements(sent: readonly Acknowledgement[]): readonly Statement[] {
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

export const TO_SETTLE = "SELECT thing, epoch FROM epoch WHERE settles_at IS NOT NULL AND settles_at <= $1 LIMIT 1000";

/** Has the time for earlier reports start again, see TO_BE_TIMED. */
export const RETIME = "UPDATE epoch SET settles_at = '' WHERE settles_at > ''";

/** What the device may free after a gap was given up, and how many sequences were. */
export type GivenUp = Acknowledgement & { readonly count: number };

export function givenUpBy({ acknowledge, totals }: EpochChanges, thing: string, epoch: string): GivenUp {
  return { thing, epoch, sequence: acknowledge[0]?.sequence ?? 0, count: totals.get("given_up") ?? 0 };
}
