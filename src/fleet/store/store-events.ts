import { messageOf } from "../../base/errors.js";
import type { Log } from "../../base/log.js";
import { StoreError } from "./migrate.js";

/** What the threads of a store report in addition to their answers. */
export interface StoreEvents {
  /** Why the folder of keys or a key in it cannot be read, see keysIn; null when all can be read again. */
  onListing(problem: string | null): void;
  /** Called when a thread has ended by itself. */
  onDeath(error: StoreError): void;
}

/**
 * Logs once that the folder of keys or a key in it cannot be read, and once that all can, whichever thread notices first. `died`
 * resolves when a thread has ended by itself: then the store does nothing any more.
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

/**
 * The error of a thread that has ended. Always a StoreError, whatever the cause: nothing that was sent to the thread is
 * at fault.
 */
export function endedThread(cause: Error): StoreError {
  return cause instanceof StoreError
    ? cause
    : new StoreError(`A thread of the store has ended: ${messageOf(cause)}`, { cause });
}
