import { JobUnavailableError } from "../base/errors.js";
import { withTimeLimit } from "../base/time-limit.js";
import type { JobRef } from "../job/job-names.js";
import { interceptSource, type JobSource, titleOf } from "./source.js";

/** The limits for the requests of one check. */
export interface Patience {
  /** How many requests may be in flight at a time. */
  readonly atATime: number;
  /** For all requests together, from the first one on. */
  readonly limitMs: number;
}

/**
 * Wraps a source for one check, and bounds its time for any number of jobs: after UNREACHABLE or TIMEOUT further calls fail for
 * the same reason without a request, and all calls end within the limit. `now` returns milliseconds.
 */
export function sourceForOneCheck(source: JobSource, { atATime, limitMs }: Patience, now: () => number): JobSource {
  // Invariants: at most `atATime` calls hold a turn; a call sends a request only while it holds one and the source has not
  // failed; every turn is released by `until`, even if the source never answers.
  const turns = turnsOf(atATime);
  let until: number | null = null;
  let failed: { readonly reason: JobUnavailableError["reason"]; readonly words: string } | null = null;

  async function ask<T>(ref: JobRef, call: () => Promise<T>): Promise<T> {
    const cannot = `Cannot get ${titleOf(ref)} from ${source.name}: `;
    await turns.take();
    try {
      if (failed !== null) {
        throw new JobUnavailableError(`${cannot}${failed.words}; not asked again in this check`, failed.reason);
      }
      const at = now();
      until ??= at + limitMs;
      const late = () => new JobUnavailableError(`${cannot}no answer within the ${limitMs} ms of a check`, "TIMEOUT");
      return await withTimeLimit(call(), until - at, late);
    } catch (error) {
      if (error instanceof JobUnavailableError && (error.reason === "UNREACHABLE" || error.reason === "TIMEOUT")) {
        failed ??= { reason: error.reason, words: error.message.replace(cannot, "") };
      }
      throw error;
    } finally {
      turns.giveBack();
    }
  }

  return interceptSource(source, ask);
}

/** Lets `count` calls run at a time, first come, first served. */
function turnsOf(count: number) {
  const waiting: (() => void)[] = [];
  let free = count;
  return {
    async take(): Promise<void> {
      if (free > 0) free--;
      else await new Promise<void>((go) => waiting.push(go));
    },
    giveBack(): void {
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
    },
  };
}
