import { MOST_CLOCK_SKEW_MS } from "../ingest/clock-skew.js";
import type { Database, SqlStatement } from "../store/database.js";

/** The dependencies of clamping. */
interface ClampParts {
  readonly database: Pick<Database, "all" | "write">;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** A monotonic clock, in ms. */
  readonly steadyMs: () => number;
}

/**
 * How long the wall clock must have agreed with the monotonic one: by a wall clock that is behind, every device would
 * be clamped and become silent.
 */
const TRUSTED_AFTER_MS = 10 * 60_000;
const JUMP_MS = 60_000;
const THINGS_AT_ONCE = 500;
const MOST_TURNS = 10;

/**
 * Sets times in the future, stamped by a clock that was ahead, to now: a device that has been silent since would count
 * as fresh until that time comes. The intake corrects devices that are heard. Called from time to time.
 */
export function timesClamp({ database, now, steadyMs }: ClampParts): () => Promise<void> {
  const isTrusted = trust(now, steadyMs);
  return async () => {
    if (!isTrusted()) return;
    for (let turn = 0; turn < MOST_TURNS; turn++) {
      const limit = new Date(now() + MOST_CLOCK_SKEW_MS).toISOString();
      const rows = await database.all(
        `SELECT thing FROM thing WHERE last_heard > $1 ORDER BY last_heard LIMIT ${THINGS_AT_ONCE}`,
        [limit],
      );
      if (rows.length === 0) return;
      const at = new Date(now()).toISOString();
      // In the order in which receivers lock the rows.
      const things = rows.map(({ thing }) => String(thing)).sort();
      await database.write(things.flatMap((thing) => clampStatements(thing, at)));
    }
  };
}

const TIMES = ["first_heard", "last_heard", "online_at", "change_at", "facts_at", "facts_asked_at"];
const CLAMP = `UPDATE thing SET ${TIMES.map((name) => `${name} = CASE WHEN ${name} > $2 THEN $2 ELSE ${name} END`).join(", ")}
  WHERE thing = $1`;

function clampStatements(thing: string, at: string): readonly SqlStatement[] {
  return [
    { sql: CLAMP, parameters: [thing, at] },
    { sql: "UPDATE epoch SET heard = $2 WHERE thing = $1 AND heard > $2", parameters: [thing, at] },
  ];
}

/** Whether the wall clock has not jumped for a while. */
function trust(now: () => number, steadyMs: () => number): () => boolean {
  let [difference, sinceMs] = [now() - steadyMs(), steadyMs()];
  return () => {
    const current = now() - steadyMs();
    if (Math.abs(current - difference) > JUMP_MS) [difference, sinceMs] = [current, steadyMs()];
    return steadyMs() - sinceMs >= TRUSTED_AFTER_MS;
  };
}
