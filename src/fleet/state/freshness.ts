import { InvalidInputError } from "../../base/errors.js";
import type { Freshness } from "./views.js";

/** The time that a question is about, and what counts as fresh at that time. */
export interface PointInTime {
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Whether it is the present, for which the tables have the state. */
  readonly isNow: boolean;
  /** Things that were last heard at or before this time are late; those at or before `silentAt` are silent. */
  readonly lateAt: string;
  readonly silentAt: string;
}

const LATE_AFTER = 1.5;
const SILENT_AFTER = 3;
const HOUR_MS = 3_600_000;

/** Throws InvalidInputError if `at` is not a time. */
export function pointInTimeOf(at: string | undefined, nowMs: number, heartbeatHours: number): PointInTime {
  const ms = at === undefined ? nowMs : Date.parse(at);
  if (!Number.isFinite(ms))
    throw new InvalidInputError(`Cannot show the fleet at ${JSON.stringify(at)}: it is not a time`);
  const before = (intervals: number) => instant(ms - intervals * heartbeatHours * HOUR_MS);
  return { at: instant(ms), isNow: at === undefined, lateAt: before(LATE_AFTER), silentAt: before(SILENT_AFTER) };
}

export function freshnessOf(heardAt: string | null, { lateAt, silentAt }: PointInTime): Freshness {
  if (heardAt === null) return "never";
  if (heardAt > lateAt) return "fresh";
  return heardAt > silentAt ? "late" : "silent";
}

const LAST_MS = Date.parse("9999-12-31T23:59:59.999Z");

/** Whether it is within the years whose texts sort by time. */
function instant(ms: number): string {
  return new Date(Math.min(LAST_MS, Math.max(0, ms))).toISOString();
}
