import type { Loss } from "../../base/errors.js";
import { isObject, parseJson } from "../../base/json.js";

/** An earlier end of this process that asked for a restart. */
export interface Ending {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly cause: Loss;
}

/**
 * An hour and a minute. The classic nucleus calls a component BROKEN at its third error with less than an hour between
 * neighbours, systemd under nucleus lite after three starts within an hour; only a deployment helps out of BROKEN.
 */
export const FORGET_AFTER_MS = 3_660_000;
const MOST_KEPT = 8;

/**
 * How long this process has to stay, in ms, before it may end to be restarted for `cause`: 0 the first time; but when the last
 * restart did not help against the same cause, or there were two restarts for any cause, until the nucleus has forgotten
 * them. So no cause leads to more than one restart an hour, and the component never becomes BROKEN over its connection.
 */
export function patienceMs(endings: readonly Ending[], cause: Loss, nowMs: number): number {
  const last = endings[endings.length - 1];
  if (last === undefined) return 0;
  // After the clock was set back, an ending can lie in the future: it counts as just now.
  const age = ({ at }: Ending) => Math.max(0, nowMs - Date.parse(at));
  const left = FORGET_AFTER_MS - age(last);
  if (left <= 0) return 0;
  const before = endings[endings.length - 2];
  const isSecond = before !== undefined && Date.parse(last.at) - Date.parse(before.at) < FORGET_AFTER_MS;
  const repeats = endings.some((ending) => ending.cause === cause && age(ending) < FORGET_AFTER_MS);
  return repeats || isSecond ? left : 0;
}

/** The endings with none later than now: after the clock was set back, one in the future would never grow old. */
export function noneAhead(endings: readonly Ending[], nowMs: number): readonly Ending[] {
  const isAhead = ({ at }: Ending) => Date.parse(at) > nowMs;
  if (!endings.some(isAhead)) return endings;
  const now = new Date(nowMs).toISOString();
  return endings.map((ending) => (isAhead(ending) ? { ...ending, at: now } : ending));
}

/** The endings with one more, as they are stored. */
export function withEnding(endings: readonly Ending[], ending: Ending): readonly Ending[] {
  return [...endings, ending].slice(-MOST_KEPT);
}

/** The endings that a file holds; anything else in it is left out. */
export function parseEndings(text: string | null): readonly Ending[] {
  try {
    const found: unknown = parseJson(text ?? "[]");
    return Array.isArray(found) ? found.filter(isEnding) : [];
  } catch {
    return [];
  }
}

function isEnding(value: unknown): value is Ending {
  if (!isObject(value)) return false;
  const { at, cause } = value;
  return typeof at === "string" && !Number.isNaN(Date.parse(at)) && typeof cause === "string";
}
