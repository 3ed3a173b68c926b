import { messageOf } from "../../base/errors.js";
import type { Log } from "../../base/log.js";
import { StoreError } from "./migrate.js";

/** What the threads of a store report besides their answers. */
export interface StoreEvents {
  /** Whether the folder of keys can be read, see keysIn: why it cannot; null when it can again. */
  onListing(problem: string | null): void;
  /** A thread has ended by itself. */
  onDeath(error: StoreError): void;
}

/**
 * Logs that the folder of keys cannot be read, and that it can again, once, whichever thread finds it first. `died` resolves when a
 * thread has ended by itself: the store then does nothing any more.
 */
export function storeEvents(keys: string | null, log: Log): StoreEvents & { readonly died: Promise<StoreError> } {
  let isUnreadable = false;
  let die: (error: StoreError) => void = () => {};
  const died = new Promise<StoreError>((resolve) => {
    die = resolve;
  });
  return {
    died,
    onDeath: die,
    onListing(problem) {
      if ((problem !== null) === isUnreadable) return;
      isUnreadable = problem !== null;
      if (problem === null) log.info("keys.read-again", { folder: keys });
      else log.warn("keys.not-read", { folder: keys, message: problem });
    },
  };
}

/** The error of a thread that has ended. Always a StoreError, whatever ended it: nothing that was sent to it is at fault. */
export function endedThread(cause: Error): StoreError {
  return cause instanceof StoreError
    ? cause
    : new StoreError(`A thread of the store has ended: ${messageOf(cause)}`, { cause });
}
