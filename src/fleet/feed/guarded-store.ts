import { codeOf, ExpectedError, isLanguageError, messageOf } from "../../base/errors.js";
import { StoreError } from "../store/migrate.js";
import type { FleetStore } from "../store/open-sqlite.js";

/** PostgreSQL: data exception, integrity constraint violation, syntax error or wrong type; SQLite: the same kinds. */
const OF_THE_STATEMENT = /^(2[23]|42)...$/;
const SQLITE_OF_THE_STATEMENT = /^(constraint failed|datatype mismatch|string or blob too big|SQL logic error)/;

/**
 * Makes StoreError of everything by which an engine says that it cannot work now: unreachable, full, damaged. What a statement or a
 * value causes stays what it is, since trying again would not help.
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
  return !OF_THE_STATEMENT.test(codeOf(error) ?? "") && !SQLITE_OF_THE_STATEMENT.test(messageOf(error));
}
