import type { Instant } from "../base/clock.js";
import { isObject, type JsonObject } from "../base/json.js";
import type { Gap } from "../report/report.js";

/** The kinds of records in a segment, one record a line. Keys are short because there are many records. */
export type Mark =
  /** The state at this point; every segment begins with one. `v` is the version of the format. */
  | {
      readonly type: "H";
      readonly v: 1;
      /** Increases with each new epoch, which orders epochs. */
      readonly era: number;
      readonly epoch: string;
      readonly sequence: number;
      readonly gaps: readonly Gap[];
      readonly digest: string | null;
      readonly acknowledged: boolean;
      /**
       * The stored reports whose arrival is not confirmed, as runs of sequences per epoch: first, last, first, last, …
       * Those of them that are not found later have been lost.
       */
      readonly waiting?: Readonly<Record<string, readonly number[]>>;
    }
  /** A report; its JSON follows. A copy was moved here from an older segment: it is not a new report. */
  | {
      readonly type: "R";
      readonly era: number;
      readonly epoch: string;
      readonly sequence: number;
      readonly kind: "COMPLETE" | "HEARTBEAT";
      readonly job: string;
      readonly blocking: boolean;
      readonly digest: string;
      readonly gaps?: readonly Gap[];
      readonly sent?: Instant;
      readonly copy?: true;
    }
  /** The transport has accepted a report. */
  | { readonly type: "S"; readonly epoch: string; readonly sequence: number; readonly at: Instant }
  /** The cloud has every report of an epoch up to a sequence. */
  | { readonly type: "A"; readonly epoch: string; readonly sequence: number }
  /** A report was discarded. `told`: it had been delivered before, so no gap has to name it. */
  | { readonly type: "D"; readonly epoch: string; readonly sequence: number; readonly told?: true };

/** The mark of a report. */
export type ReportMark = Extract<Mark, { type: "R" }>;

/** Parses the mark of a record; null if this version would not have written it. */
export function parseMark(value: unknown): Mark | null {
  if (!isObject(value)) return null;
  const { type, epoch, sequence } = value;
  if (typeof epoch !== "string" || !isSequence(sequence)) return null;
  switch (type) {
    case "H":
      return headerOf(value, { epoch, sequence });
    case "R":
      return reportOf(value, { epoch, sequence });
    case "S":
      return isInstant(value.at) ? { type, epoch, sequence, at: value.at } : null;
    case "A":
      return { type, epoch, sequence };
    case "D":
      return { type, epoch, sequence, ...(value.told === true && { told: true }) };
    default:
      return null;
  }
}

interface Named {
  readonly epoch: string;
  readonly sequence: number;
}

function headerOf(value: JsonObject, named: Named): Extract<Mark, { type: "H" }> | null {
  const { v, era, gaps, digest, acknowledged, waiting } = value;
  if (v !== 1 || !isWhole(era) || !isGaps(gaps) || typeof acknowledged !== "boolean") return null;
  if (digest !== null && typeof digest !== "string") return null;
  if (waiting !== undefined && !isWaiting(waiting)) return null;
  return { type: "H", v, era, ...named, gaps, digest, acknowledged, ...(waiting !== undefined && { waiting }) };
}

function reportOf(value: JsonObject, named: Named): ReportMark | null {
  const { era, kind, job, blocking, digest, gaps, sent, copy } = value;
  if (!isWhole(era) || (kind !== "COMPLETE" && kind !== "HEARTBEAT")) return null;
  if (typeof job !== "string" || typeof blocking !== "boolean" || typeof digest !== "string") return null;
  if (gaps !== undefined && !isGaps(gaps)) return null;
  if (sent !== undefined && !isInstant(sent)) return null;
  return {
    type: "R",
    era,
    ...named,
    kind,
    job,
    blocking,
    digest,
    ...(gaps !== undefined && { gaps }),
    ...(sent !== undefined && { sent }),
    ...(copy === true && { copy: true }),
  };
}

/** One report a second for 30,000 years; far below what a number can count exactly, so that there is always a next one. */
const LAST_SEQUENCE = 1e12;

function isSequence(value: unknown): value is number {
  return isWhole(value) && value >= 0 && value <= LAST_SEQUENCE;
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isInstant(value: unknown): value is Instant {
  if (!isObject(value)) return false;
  return typeof value.wallMs === "number" && typeof value.boot === "string" && typeof value.bootMs === "number";
}

function isGaps(value: unknown): value is readonly Gap[] {
  return Array.isArray(value) && value.every(isGap);
}

function isGap(value: unknown): value is Gap {
  if (!isObject(value)) return false;
  const { epoch, fromSequence, toSequence, count } = value;
  return (
    isWhole(fromSequence) && isWhole(toSequence) && isWhole(count) && (epoch === undefined || typeof epoch === "string")
  );
}

function isWaiting(value: unknown): value is Readonly<Record<string, readonly number[]>> {
  return isObject(value) && Object.values(value).every((ends) => Array.isArray(ends) && ends.every(isSequence));
}
