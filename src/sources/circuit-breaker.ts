import { codeOf, JOB_FAILURES, type JobFailure, JobUnavailableError } from "../base/errors.js";
import { isObject, parseJson } from "../base/json.js";
import type { JobRef } from "../job/job-names.js";
import { LOOKOUT_VISION } from "./api-failure.js";
import { interceptSource, type JobSource, titleOf } from "./source.js";

/** A small text that outlives the process: when the service was found gone. Both throw file system errors. */
export interface GoneNote {
  /** Null if there is none. */
  load(): string | null;
  save(text: string): void;
}

const SCHEMA = "packdrift.api-gone/1";
const DAY_MS = 24 * 60 * 60 * 1_000;

interface Gone {
  readonly schema: typeof SCHEMA;
  readonly source: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly reason: JobFailure;
}

/**
 * A circuit breaker around the service's API: after it was found gone, it is called at most once a day, since every
 * call loads AWS's client and waits for the network. `now` returns Unix milliseconds.
 */
export function circuitBreaker(source: JobSource, note: GoneNote, now: () => number): JobSource {
  async function ask<T>(ref: JobRef, call: () => Promise<T>): Promise<T> {
    const gone = recentlyGone(note, source.name, now());
    if (gone !== null) throw notAsked(ref, source.name, gone);
    try {
      return await call();
    } catch (error) {
      if (error instanceof JobUnavailableError && showsEnd(error)) remember(note, source.name, error.reason, now());
      throw error;
    }
  }

  return interceptSource(source, ask);
}

/** Whether the API was found gone within the last day. */
export function isFoundGone(note: GoneNote, name: string, nowMs: number): boolean {
  return recentlyGone(note, name, nowMs) !== null;
}

function recentlyGone(note: GoneNote, name: string, nowMs: number): Gone | null {
  const gone = goneIn(note);
  return gone !== null && isRecent(gone, name, nowMs) ? gone : null;
}

/** Whether a service that has ended fails like this. NOT_FOUND does not count: an API that knows its jobs is still there. */
function showsEnd({ reason, cause }: JobUnavailableError): boolean {
  return ["GONE", "DENIED", "INVALID", "NOT_A_JOB"].includes(reason) || codeOf(cause) === "ENOTFOUND";
}

/** A time in the future comes from a wrong clock. */
function isRecent({ source, at }: Gone, name: string, nowMs: number): boolean {
  const agoMs = nowMs - Date.parse(at);
  return source === name && agoMs >= 0 && agoMs < DAY_MS;
}

function notAsked(ref: JobRef, name: string, { reason, at }: Gone): JobUnavailableError {
  const why = `not asked, since it refused with ${reason} at ${at} and is asked once a day`;
  const message = `Cannot get ${titleOf(ref)} from ${name}: ${why}; ${LOOKOUT_VISION.ended}`;
  return new JobUnavailableError(message, reason);
}

function goneIn(note: GoneNote): Gone | null {
  try {
    const gone: unknown = parseJson(note.load() ?? "null");
    return isGone(gone) ? gone : null;
  } catch {
    // Without a readable note, ask.
    return null;
  }
}

function isGone(value: unknown): value is Gone {
  return (
    isObject(value) &&
    value.schema === SCHEMA &&
    typeof value.source === "string" &&
    typeof value.at === "string" &&
    !Number.isNaN(Date.parse(value.at)) &&
    JOB_FAILURES.some((reason) => reason === value.reason)
  );
}

function remember(note: GoneNote, source: string, reason: JobFailure, nowMs: number): void {
  const gone: Gone = { schema: SCHEMA, source, at: new Date(nowMs).toISOString(), reason };
  try {
    note.save(JSON.stringify(gone));
  } catch {
    // Then the next check asks again; the outbox reports a work folder that cannot be written to.
  }
}
