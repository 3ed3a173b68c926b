import type { Later } from "../../base/clock.js";
import { InvalidInputError, messageOf } from "../../base/errors.js";
import type { Log } from "../../base/log.js";
import type { AlarmSettings } from "../alarms/alarm-settings.js";
import type { FleetAlarms } from "../alarms/alarms-port.js";
import { fleetAlarms } from "../alarms/fleet-alarms.js";
import { repeat } from "../alarms/repeat.js";
import { fleetQuestions } from "../state/fleet-questions.js";
import type { CatalogJob, FleetQuestions } from "../state/questions.js";
import type { DeviceFilter } from "../state/views.js";
import { openPostgres } from "../store/open-postgres.js";
import { type FleetStore, openSqlite } from "../store/open-sqlite.js";
import type { Peers } from "../store/peers.js";
import { isPostgresAddress, shownStore } from "../store/store-address.js";
import type { StoreOptions } from "../store/store-options.js";
import type { Actions, Assets, Changes } from "../web/ports.js";
import { builtAssets, type FleetServing, serveFleet } from "../web/serve-fleet.js";
import { storeExpectedThings } from "./expected-things.js";
import { guardedStore } from "./guarded-store.js";
import { type Feed, type FeedParts, type FeedSettings, startFeed } from "./start-feed.js";

/** How a fleet is received, stored and shown. */
interface FleetSettings extends FeedSettings {
  /** A file, or `postgres://…`. */
  readonly store: string;
  /** The names of the things that are expected to report; null: unchanged. */
  readonly things: readonly string[] | null;
  /** A folder with a public key for each thing. */
  readonly keys: string | null;
  readonly alarms: AlarmSettings;
  /** The file of the store's threads; null: everything runs in this thread. */
  readonly worker: URL | null;
  readonly heartbeatHours: number;
  readonly keepDays: number;
  readonly keepHeartbeatDays: number;
  /** The address to serve pages on. */
  readonly serving: FleetServing;
}

/** The dependencies of a fleet. */
interface FleetParts {
  readonly version: string;
  readonly log: Log;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly later: Later;
  /** From 0 to less than 1. */
  readonly random: () => number;
  /** An id that no request has had before; later ones sort after earlier ones. */
  readonly newId: () => string;
  /** The jobs whose description is known. */
  readonly jobs: () => readonly CatalogJob[];
  /** The files that browsers load; by default those of the build. */
  readonly assets?: Assets;
  /** Replaces the client of the broker; see FeedParts. */
  readonly connect?: NonNullable<FeedParts["connect"]>;
}

/** A fleet that is received, stored and shown. */
export interface Fleet {
  readonly questions: FleetQuestions;
  readonly actions: Actions;
  readonly alarms: FleetAlarms;
  readonly feed: Feed;
  /** Makes exactly these things the expected ones, like FleetSettings.things. */
  expect(things: readonly string[]): Promise<void>;
  /** Resolves when the store has failed. From then on nothing is received or shown: the process has to be restarted. */
  readonly died: Promise<Error>;
  /** The address of its first page. */
  readonly url: string;
  stop(): Promise<void>;
}

const PRUNE_MS = 600_000;
const PRUNE_AGAIN_MS = 50;
const PAGE = 5_000;

/**
 * Opens the store, and starts receiving into it and showing it. If something fails, everything opened so far is closed
 * again.
 */
export async function startFleet(settings: FleetSettings, parts: FleetParts): Promise<Fleet> {
  const { log, now } = parts;
  const closing: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const close of closing.splice(0).reverse()) await close();
  };
  try {
    const store = await openStore(settings, log);
    closing.push(() => store.close());
    if (settings.things !== null) await storeExpectedThings(store, settings.things);
    const { heartbeatHours } = settings;
    const { unpack, scans } = store;
    const questions = fleetQuestions(store, { jobs: parts.jobs, now, heartbeatHours, unpack, scans });
    // Read what the first page needs while everything else starts.
    const first = questions.summary();
    first.catch(() => undefined);
    const changes = changesOn(store.peers);
    closing.push(async () => changes.stop());
    const { peers } = store;
    const feed = await startFeed({
      ...parts,
      settings,
      database: store,
      intake: store,
      peers,
      thingsOf: (filter) => allThings(questions, filter),
      onStored: changes.tell,
    });
    closing.push(() => feed.stop());
    const alarms = fleetAlarms({
      ...parts,
      database: store,
      peers,
      settings: settings.alarms,
      heartbeatHours,
      receiver: feed.status,
      summary: () => questions.summary(),
      causes: async (limit) => (await questions.causes({}, { limit })).items,
    });
    closing.push(() => alarms.close());
    const actions = fleetActions(store, feed, now);
    const retention = peers.seek("retention", { isAble: () => true, begin: (isMine) => pruned(store, isMine, parts) });
    closing.push(() => retention.stop());
    const page = await openPages({ questions, actions, alarms, feed, changes }, settings, parts);
    closing.push(() => page.close());
    const { things, delivery } = await first;
    log.info("fleet.opened", { things, reports: delivery.reports + delivery.heartbeats });
    log.info("fleet.listening", { url: page.url, store: shownStore(settings.store) });
    const expect = async (expected: readonly string[]) => {
      await storeExpectedThings(store, expected);
      changes.tell();
    };
    return { questions, actions, alarms, feed, expect, died: store.died, url: page.url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The changes that are stored here, and those that other processes on the store announce. */
function changesOn(peers: Peers): Changes & { tell(): void; stop(): void } {
  const listeners = new Set<() => void>();
  const tellHere = () => {
    for (const listener of listeners) listener();
  };
  const stop = peers.subscribe(tellHere);
  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    tell() {
      tellHere();
      peers.announce("changed");
    },
    stop,
  };
}

/** Serves the pages and the API. */
function openPages(
  shown: Pick<Fleet, "questions" | "actions" | "alarms" | "feed"> & { readonly changes: Changes },
  { broker, prefixes, serving }: FleetSettings,
  { assets = builtAssets(), now, version, log }: FleetParts,
) {
  const { questions, actions, alarms, feed, changes } = shown;
  return serveFleet(
    {
      questions,
      actions,
      alarms,
      changes,
      assets,
      receivesFrom: broker === null ? null : `${broker.host}:${broker.port}`,
      receiver: feed.status,
      topicPrefix: prefixes.data,
      metrics: () => alarms.metrics(),
      isHealthy: async () => {
        await questions.delivery();
        const { connected, stuck } = feed.status();
        return connected !== false && !stuck;
      },
      now,
      version,
      onError: (error, url) => log.error("page.failed", { url, message: messageOf(error) }),
    },
    serving,
  );
}

async function openStore(settings: FleetSettings, log: Log): Promise<FleetStore> {
  const options: StoreOptions = {
    prefixes: settings.prefixes,
    keys: settings.keys,
    worker: settings.worker,
    heartbeatHours: settings.heartbeatHours,
    reportDays: settings.keepDays,
    heartbeatDays: settings.keepHeartbeatDays,
  };
  return guardedStore(
    await (isPostgresAddress(settings.store)
      ? openPostgres(settings.store, options, log)
      : openSqlite(settings.store, options, log)),
  );
}

async function allThings(questions: FleetQuestions, filter: DeviceFilter): Promise<readonly string[]> {
  const all: string[] = [];
  for (let after: string | null = ""; after !== null; ) {
    const page: Awaited<ReturnType<FleetQuestions["things"]>> = await questions.things(filter, {
      limit: PAGE,
      ...(after === "" ? {} : { after }),
    });
    all.push(...page.items);
    after = page.next;
  }
  return all;
}

/** The actions of people. */
function fleetActions(store: FleetStore, feed: Feed, now: () => number): Actions {
  return {
    ask: (command, filter, by) => feed.ask({ command, filter, by }),
    async giveUp({ thing, epoch, from, to }, by) {
      const given = await store.giveUp(thing, epoch, by, new Date(now()).toISOString(), { from, to });
      if (given === null)
        throw new InvalidInputError(
          `Cannot give up the gap in epoch ${epoch} of ${thing}: it has changed, or an earlier one comes first`,
        );
      feed.acknowledge([given]);
    },
  };
}

/** Deletes what is too old, in small steps, so that reports are stored in between. */
function pruned(store: FleetStore, isMine: () => boolean, { log, now, later }: FleetParts) {
  const outage = {
    began: (error: unknown) => log.warn("store.not-pruned", { message: messageOf(error) }),
    ended: () => log.info("store.pruned"),
  };
  return repeat(PRUNE_MS, later, outage, async () => {
    while (isMine() && (await store.prune(new Date(now()).toISOString())) > 0) {
      await new Promise<void>((resolve) => later(PRUNE_AGAIN_MS, resolve));
    }
  });
}
