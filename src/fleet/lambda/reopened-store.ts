import { codeOf } from "../../base/errors.js";
import { withTimeLimit } from "../../base/time-limit.js";
import { StoreError } from "../store/migrate.js";
import type { FleetStore } from "../store/open-sqlite.js";

/** What opening the store needs. */
export interface ReopeningParts {
  /** The database's address; `again`: the known one was refused. */
  readonly address: (again: boolean) => Promise<string>;
  /** Throws StoreError. */
  readonly open: (address: string) => Promise<FleetStore>;
  /** How long work may take, in ms. */
  readonly leftMs: () => number;
}

/** A store that stays open from one call of the function to the next. */
export interface ReopenedStore {
  /** Does work with it; once again with a new connection when the known one fails. Throws StoreError. */
  use<T>(work: (store: FleetStore) => Promise<T>): Promise<T>;
}

/** Password or role refused, as after a rotation: PostgreSQL's class "invalid authorization specification". */
const REFUSED = /^28...$/;

/**
 * Opens the store when it is first used. A connection that was left open may be gone once the function thaws, and a rotated password
 * is refused: both are tried once more, the address read anew after a refusal.
 */
export function reopenedStore({ address, open, leftMs }: ReopeningParts): ReopenedStore {
  let opened: FleetStore | null = null;

  async function once<T>(again: boolean, work: (store: FleetStore) => Promise<T>): Promise<T> {
    const limitMs = leftMs();
    if (limitMs <= 0) throw new StoreError("No time is left for the database");
    const done = async () => {
      opened ??= await open(await address(again));
      return work(opened);
    };
    return withTimeLimit(done(), limitMs, () => new StoreError(`No answer of the database within ${limitMs} ms`));
  }

  return {
    async use(work) {
      const wasOpen = opened !== null;
      try {
        return await once(false, work);
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        // Not awaited: it may wait for an answer that never comes.
        void opened?.close().catch(() => undefined);
        opened = null;
        const refused = isRefused(error);
        if (!wasOpen && !refused) throw error;
        return await once(refused, work);
      }
    },
  };
}

function isRefused(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) if (REFUSED.test(codeOf(each) ?? "")) return true;
  return false;
}
