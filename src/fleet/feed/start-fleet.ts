import type { Later } from "../../base/clock.js";
import { messageOf } from "../../base/errors.js";
import type { Log } from "../../base/log.js";
import type { AlarmSettings } from "../alarms/alarm-settings.js";
import { repeat } from "../alarms/repeat.js";
import { openSqlite } from "../store/open-sqlite.js";
import { storeExpectedThings } from "./expected-things.js";
import { type Feed, type FeedSettings, startFeed } from "./start-feed.js";

/** How a fleet is received, stored and shown. */
export interface FleetSettings extends FeedSettings {
  /** A file, or `postgres://…`. */
  readonly store: string;
  /** The names of the things that are expected to report; null: unchanged. */
  readonly things: readonly string[] | null;
  /** A folder with one public key for each thing. */
  readonly keys: string | null;
  readonly alarms: AlarmSettings;
  readonly heartbeatHours: number;
  readonly keepDays: number;
  readonly keepHeartbeatDays: number;
}

/** What a fleet needs of its surroundings. */
export interface FleetParts {
  readonly log: Log;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly later: Later;
  /** From 0 to less than 1. */
  readonly random: () => number;
  /** An id that no request has had; later ones sort behind. */
  readonly newId: () => string;
}

/** A fleet that is received, stored and shown. */
export interface Fleet {
  readonly feed: Feed;
  stop(): Promise<void>;
}

const PRUNE_MS = 600_000;
const PRUNE_AGAIN_MS = 50;

/** Opens the store, and starts what receives into it and shows it. What is opened is closed again when something fails. */
export async function startFleet(settings: FleetSettings, parts: FleetParts): Promise<Fleet> {
  const { log, now, later } = parts;
  const closing: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const close of closing.splice(0).reverse()) await close();
  };
  try {
    const store = await openSqlite(settings.store, {
      prefixes: settings.prefixes,
      keys: settings.keys,
      heartbeatHours: settings.heartbeatHours,
      reportDays: settings.keepDays,
      heartbeatDays: settings.keepHeartbeatDays,
    });
    closing.push(() => store.close());
    if (settings.things !== null) await storeExpectedThings(store, settings.things);
    const feed = await startFeed({
      ...parts,
      settings,
      database: store,
      intake: store,
      thingsOf: async ({ thing }) => (thing === undefined ? [] : [thing]),
      onStored: () => {},
    });
    closing.push(() => feed.stop());
    const pruning = repeat(
      PRUNE_MS,
      later,
      (error) => log.warn("store.not-pruned", { message: messageOf(error) }),
      async () => {
        while ((await store.prune(new Date(now()).toISOString())) > 0) {
          await new Promise<void>((resolve) => later(PRUNE_AGAIN_MS, resolve));
        }
      },
    );
    closing.push(() => pruning.stop());
    return { feed, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
