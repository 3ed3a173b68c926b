import { withTimeLimit } from "../../base/time-limit.js";
import { StoreError } from "../store/migrate.js";
import type { FleetStore } from "../store/open-sqlite.js";
import { type AddressSource, withAddress } from "./with-address.js";

/** The dependencies of opening the store. */
interface ReopeningParts {
  readonly address: AddressSource;
  /** Throws StoreError. */
  readonly open: (address: string) => Promise<FleetStore>;
  /** How long work may take, in ms. */
  readonly leftMs: () => number;
}

/** The operations of the function on a store. */
type StoreMethods = Pick<
  FleetStore,
  "all" | "scans" | "write" | "ingest" | "settle" | "acknowledged" | "toAcknowledge"
>;

/** A store that stays open from one call of the function to the next. Each method runs like `use`. */
export interface ReopenedStore extends StoreMethods {
  /** Runs work on the store, and once more with a new connection if the known one fails. Throws StoreError. */
  use<T>(work: (store: FleetStore) => Promise<T>): Promise<T>;
}

/**
 * Opens the store when it is first used. A connection that was left open may be gone when the function thaws, and a
 * rotated password is refused: both are tried once more, with the address read again after a refusal. A store that
 * opens after the time limit is closed.
 */
export function reopenedStore({ address, open, leftMs }: ReopeningParts): ReopenedStore {
  let opened: FleetStore | null = null;

  async function once<T>(work: (store: FleetStore) => Promise<T>): Promise<T> {
    const limitMs = leftMs();
    if (limitMs <= 0) throw new StoreError("No time is left for the database");
    const late = new StoreError(`No answer from the database within ${limitMs} ms`);
    let isLate = false;
    const done = async () => {
      if (opened !== null) return work(opened);
      const store = await withAddress(address, open);
      if (isLate) {
        await store.close();
        throw late;
      }
      opened = store;
      return work(store);
    };
    return withTimeLimit(done(), limitMs, () => {
      isLate = true;
      return late;
    });
  }

  async function use<T>(work: (store: FleetStore) => Promise<T>): Promise<T> {
    const wasOpen = opened !== null;
    try {
      return await once(work);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      // Not awaited, since it may wait for an answer that never comes.
      void opened?.close().catch(() => undefined);
      opened = null;
      if (!wasOpen) throw error;
      return await once(work);
    }
  }

  return {
    use,
    all: (sql, parameters) => use((store) => store.all(sql, parameters)),
    scans: { all: (sql, parameters) => use((store) => store.scans.all(sql, parameters)) },
    write: (statements) => use((store) => store.write(statements)),
    ingest: (messages) => use((store) => store.ingest(messages)),
    settle: (at) => use((store) => store.settle(at)),
    acknowledged: (sent) => use((store) => store.acknowledged(sent)),
    toAcknowledge: (most, heardBefore) => use((store) => store.toAcknowledge(most, heardBefore)),
  };
}
