import { codeOf, ExpectedError, isLanguageError, messageOf } from "../../base/errors.js";
import { StoreError } from "../store/migrate.js";
import type { FleetStore } from "../store/open-sqlite.js";

/** PostgreSQL: data exception, integrity constraint violation, limit exceeded as by an entry of an index that is too long. */
const OF_A_VALUE = /^(2[23]|54)...$/;
/** SQLite: the same kinds, as `UNIQUE constraint failed: thing.thing`. */
const SQLITE_OF_A_VALUE =
  /^(([A-Z]+ )*constraint failed|cannot store |datatype mismatch|string or blob too big|malformed JSON)/;

/**
 * Turns every error that means that the engine cannot work now into a StoreError: unreachable, full, damaged, without a
 * table or the permission to use it. The text of statements is fixed, so a message is never the cause of these. Errors
 * that a value causes stay as they are, since retrying would not help.
 */
export function guardedStore(store: FleetStore): FleetStore {
  return {
    peers: store.peers,
    died: store.died,
    all: guarded(store.all.bind(store)),
    scans: { all: guarded(store.scans.all.bind(store.scans)) },
    write: guarded(store.write.bind(store)),
    ingest: guarded(store.ingest.bind(store)),
    settle: guarded(store.settle.bind(store)),
    acknowledged: guarded(store.acknowledged.bind(store)),
    toAcknowledge: guarded(store.toAcknowledge.bind(store)),
    giveUp: guarded(store.giveUp.bind(store)),
    prune: guarded(store.prune.bind(store)),
    unpack: (packed) => store.unpack(packed),
    close: () => store.close(),
  };
}

function guarded<A extends readonly unknown[], T>(call: (...args: A) => Promise<T>): (...args: A) => Promise<T> {
  return async (...args) => {
    try {
      return await call(...args);
    } catch (error) {
      throw isTrouble(error) ? new StoreError(messageOf(error), { cause: error }) : error;
    }
  };
}

/** Whether an error means that the engine cannot work now. */
export function isTrouble(error: unknown): boolean {
  if (error instanceof ExpectedError || isLanguageError(error)) return false;
  return !OF_A_VALUE.test(codeOf(error) ?? "") && !SQLITE_OF_A_VALUE.test(messageOf(error));
}
