import type { Loss } from "../../base/errors.js";
import { parseJson } from "../../base/json.js";

/** An end of an earlier life of this process that asked to be started anew. */
export interface Ending {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly cause: Loss;
}

/**
 * An hour and a minute. The classic nucleus calls a component BROKEN at its third error with less than an hour between
 * neighbours, systemd under nucleus lite after three starts within an hour; out of BROKEN only a deployment helps.
 */
export const FORGET_AFTER_MS = 3_660_000;
const MOST_KEPT = 8;

/**
 * How long this process has to stay, in ms, before it may end and be started anew for `cause`: 0 the first time; but when
 * the last start has not helped against the same cause, or two starts were tried for anything, until the nucleus has
 * forgotten them. So no cause has more than one restart an hour, and no component breaks for good over its connection.
 */
export function patienceMs(endings: readonly Ending[], cause: Loss, nowMs: number): number {
  const last = endings[endings.length - 1];
  if (last === undefined) return 0;
  // A clock that was set back makes an ending look as if it lay ahead: it counts as just now.
  const age = ({ at }: Ending) => Math.max(0, nowMs - Date.parse(at));
  const left = FORGET_AFTER_MS - age(last);
  if (left <= 0) return 0;
  const before = endings[endings.length - 2];
  const isSecond = before !== undefined && Date.parse(last.at) - Date.parse(before.at) < FORGET_AFTER_MS;
  const repeats = endings.some((ending) => ending.cause === cause && age(ending) < FORGET_AFTER_MS);
  return repeats || isSecond ? left : 0;
}

/** The endings with none later than now: a clock that was set back would keep one ahead of it young for ever. */
export function noneAhead(endings: readonly Ending[], nowMs: number): readonly Ending[] {
  const isAhead = ({ at }: Ending) => Date.parse(at) > nowMs;
  if (!endings.some(isAhead)) return endings;
  const now = new Date(nowMs).toISOString();
  return endings.map((ending) => (isAhead(ending) ? { ...ending, at: now } : ending));
}

/** The endings with one more, as they are kept. */
export function withEnding(endings: readonly Ending[], ending: Ending): readonly Ending[] {
  return [...endings, ending].slice(-MOST_KEPT);
}

/** The endings that a file holds; anything else in it is no ending. */
export function parseEndings(text: string | null): readonly Ending[] {
  try {
    const found: unknown = parseJson(text ?? "[]");
    return Array.isArray(found) ? found.filter(isEnding) : [];
  } catch {
    return [];
  }
}

function isEnding(value: unknown): value is Ending {
  const { at, cause } = (value ?? {}) as { at?: unknown; cause?: unknown };
  return typeof at === "string" && !Number.isNaN(Date.parse(at)) && typeof cause === "string";
}
