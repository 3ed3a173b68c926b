import { type BackoffLimits, backoffMs } from "../../base/backoff.js";
import { codeOf } from "../../base/errors.js";

/** Serialization failure and deadlock: the server has rolled the transaction back, and it may succeed when repeated. */
const AGAIN = ["40001", "40P01"];
const MOST_TRIES = 12;
const BACKOFF: BackoffLimits = { firstMs: 10, lastMs: 1_000 };

/** The dependencies of a retry. */
export interface RetryParts {
  /** From 0 to less than 1. */
  readonly random: () => number;
  readonly wait: (milliseconds: number) => Promise<void>;
}

/**
 * Runs a whole transaction, and repeats it if the server reports a conflict with another one, at the commit too.
 * Between attempts it waits for a random time, so that conflicting transactions do not meet again. The action must be
 * safe to repeat.
 */
export async function retried<T>(action: () => Promise<T>, { random, wait }: RetryParts): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await action();
    } catch (error) {
      if (tries >= MOST_TRIES || !AGAIN.includes(codeOf(error) ?? "")) throw error;
      await wait(backoffMs(tries, BACKOFF, random));
    }
  }
}
