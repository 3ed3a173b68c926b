import { chunksOf } from "../../base/chunks.js";
import type { Later } from "../../base/clock.js";
import { messageOf } from "../../base/errors.js";
import type { Log } from "../../base/log.js";
import { MOST_CLOCK_SKEW_MS } from "../ingest/clock-skew.js";
import type { TopicPrefixes } from "../ingest/fleet-topics.js";
import type { Database } from "../store/database.js";
import { commandTopic, isAddressable } from "./device-topics.js";
import type { Lane } from "./send-to-devices.js";

/** The dependencies of requesting facts. */
interface AskFactsParts {
  readonly database: Pick<Database, "scans" | "write">;
  readonly prefixes: TopicPrefixes;
  readonly perSecond: number;
  readonly log: Log;
  readonly later: Later;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly newId: () => string;
  readonly wake: () => void;
}

/** Requests the facts of devices. */
export interface AskFacts extends Lane {
  add(things: readonly string[]): void;
  /**
   * Adds things that were never asked or have changed since, and those that are heard again long after an unanswered
   * request.
   */
  resume(): Promise<void>;
  stop(): Promise<void>;
}

const NOTE_MS = 500;
const PAGE = 1_000;
/** At most this many wait in memory; more are read from the store when these have been asked. */
const MOST_WAITING = 20_000;
/** A device that was offline missed the request: after this time it is asked again, when it is heard. */
const AGAIN_MS = 6 * 3_600_000;

/** Asks each thing once; the store knows which are new or have changed. */
export function askFacts(parts: AskFactsParts): AskFacts {
  const waiting = new Set<string>();
  const requested: string[] = [];
  let cancelNote: (() => void) | null = null;
  let noting: Promise<void> = Promise.resolve();

  function note(): Promise<void> {
    cancelNote = null;
    noting = noting.then(async () => {
      const things = [...new Set(requested.splice(0))].sort();
      const at = new Date(parts.now()).toISOString();
      try {
        for (const some of chunksOf(things, PAGE)) {
          const names = some.map((_, i) => `$${i + 2}`).join(", ");
          const sql = `UPDATE thing SET facts_asked_at = $1 WHERE thing IN (${names})`;
          await parts.database.write([{ sql, parameters: [at, ...some] }]);
        }
      } catch (error) {
        // They are asked again after a restart.
        parts.log.debug("facts.not-noted", { message: messageOf(error) });
      }
    });
    return noting;
  }

  function add(things: readonly string[]): void {
    for (const thing of things) if (waiting.size < MOST_WAITING && isAddressable(thing)) waiting.add(thing);
    if (waiting.size > 0) parts.wake();
  }

  return {
    perSecond: parts.perSecond,
    add,
    next() {
      for (const thing of waiting) {
        waiting.delete(thing);
        return {
          topic: commandTopic(parts.prefixes, thing, "facts"),
          payload: JSON.stringify({ id: parts.newId() }),
          onSent() {
            requested.push(thing);
            cancelNote ??= parts.later(NOTE_MS, () => void note());
          },
          onFailed: () => void waiting.add(thing),
        };
      }
      return null;
    },
    async resume() {
      const cutoff = new Date(parts.now() - AGAIN_MS).toISOString();
      const ahead = new Date(parts.now() + MOST_CLOCK_SKEW_MS).toISOString();
      for (let after = ""; waiting.size < MOST_WAITING; ) {
        const rows = await parts.database.scans.all(TO_ASK, [after, cutoff, PAGE, ahead]);
        add(rows.map(({ thing }) => String(thing)));
        if (rows.length < PAGE) return;
        after = String(rows.at(-1)?.thing);
      }
    },
    async stop() {
      cancelNote?.();
      await note();
    },
  };
}

/** The things to ask, including those asked at a time in the future, by a clock that was ahead. */
const TO_ASK = `SELECT thing FROM thing
  WHERE last_heard IS NOT NULL AND thing > $1
    AND (facts_asked_at IS NULL
      OR (facts_at IS NULL OR change_at > facts_at)
        AND (facts_asked_at < change_at OR facts_asked_at > $4 OR facts_asked_at < $2 AND last_heard > facts_asked_at))
  ORDER BY thing LIMIT $3`;
