import type { Loss } from "../../base/errors.js";
import { isObject, parseJson } from "../../base/json.js";

/** An earlier exit of this process that asked for a restart. */
export interface Ending {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly cause: Loss;
}

/**
 * An hour and a minute. The classic nucleus declares a component BROKEN at its third error with less than an hour between each
 * two; under nucleus lite, systemd gives up after three starts within an hour. Only a deployment recovers from BROKEN.
 */
export const FORGET_AFTER_MS = 3_660_000;
const MOST_KEPT = 8;

/**
 * How long to wait, in ms, before this process may exit to be restarted for `cause`: 0 the first time; but when a recent restart
 * did not cure the same cause, or there were two recent restarts for any cause, until the nucleus has forgotten them. So no
 * cause leads to more than one restart an hour, and a lost connection never makes the component BROKEN.
 */
export function patienceMs(endings: readonly Ending[], cause: Loss, nowMs: number): number {
  const last = endings[endings.length - 1];
  if (last === undefined) return 0;
  // An ending in the future means that the clock was set back: count it as just now.
  const age = ({ at }: Ending) => Math.max(0, nowMs - Date.parse(at));
  const left = FORGET_AFTER_MS - age(last);
  if (left <= 0) return 0;
  const before = endings[endings.length - 2];
  const isSecond = before !== undefined && Date.parse(last.at) - Date.parse(before.at) < FORGET_AFTER_MS;
  const repeats = endings.some((ending) => ending.cause === cause && age(ending) < FORGET_AFTER_MS);
  return repeats || isSecond ? left : 0;
}

/** Clamps endings in the future to now: after the clock was set back, they would not expire for too long. */
export function clampToNow(endings: readonly Ending[], nowMs: number): readonly Ending[] {
  const isAhead = ({ at }: Ending) => Date.parse(at) > nowMs;
  if (!endings.some(isAhead)) return endings;
  const now = new Date(nowMs).toISOString();
  return endings.map((ending) => (isAhead(ending) ? { ...ending, at: now } : ending));
}

/** Appends an ending, and drops the oldest beyond the stored number. */
export function withEnding(endings: readonly Ending[], ending: Ending): readonly Ending[] {
  return [...endings, ending].slice(-MOST_KEPT);
}

/** Parses the stored endings; drops anything that is not one. */
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
