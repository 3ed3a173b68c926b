import type { Later } from "../../base/clock.js";
import { ExpectedError, InvalidInputError } from "../../base/errors.js";
import type { Log } from "../../base/log.js";
import type { ReceiverStatus } from "../alarms/fleet-metrics.js";
import { type Outage, repeat } from "../alarms/repeat.js";
import type { Acknowledgement, Ingested, Intake } from "../arrival.js";
import type { TopicPrefixes } from "../ingest/fleet-topics.js";
import type { DeviceFilter } from "../state/views.js";
import type { Database } from "../store/database.js";
import { acknowledgeDevices } from "./acknowledge-devices.js";
import { askFacts } from "./ask-facts.js";
import type { BrokerAddress } from "./broker-address.js";
import { type BrokerClient, connectToBroker, isAws } from "./broker-client.js";
import { collector } from "./collector.js";
import { subscriptionFilters } from "./device-topics.js";
import { receiverState } from "./receiver-state.js";
import { type NewRequest, sendRequests } from "./send-requests.js";
import { sendToDevices } from "./send-to-devices.js";

/** Which broker, and how fast to talk to devices. */
export interface FeedSettings {
  /** Null: nothing is received or sent. */
  readonly broker: BrokerAddress | null;
  readonly clientId: string;
  readonly group: string | null;
  readonly prefixes: TopicPrefixes;
  readonly requestsPerSecond: number;
}

/** The dependencies of a feed. */
export interface FeedParts {
  readonly settings: FeedSettings;
  readonly database: Database;
  readonly intake: Intake;
  /** The names of the things that a filter selects. */
  readonly thingsOf: (filter: DeviceFilter) => Promise<readonly string[]>;
  readonly log: Log;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly later: Later;
  /** From 0 to less than 1. */
  readonly random: () => number;
  /** An id that no request has had; later ones sort behind. */
  readonly newId: () => string;
  /** Called when something is stored, or a request's counts may have changed. */
  readonly onStored: (stored: Ingested | null) => void;
  /** Another client, for a broker that speaks an older MQTT. Default: connectToBroker. */
  readonly connect?: typeof connectToBroker;
}

/** The receiver, and what it sends to devices. */
export interface Feed {
  status(): ReceiverStatus;
  /** Whether the store could not take the last batch. */
  isStuck(): boolean;
  ask(request: NewRequest): Promise<{ readonly id: string; readonly things: number }>;
  /** Tells devices what a person has made true. */
  acknowledge(acknowledgements: readonly Acknowledgement[]): void;
  stop(): Promise<void>;
}

/** How many messages the broker sends before it waits: more than a batch, so that the next one fills meanwhile. */
const RECEIVE_MAXIMUM = 1_000;
const FACTS_PER_SECOND = 20;
const RESUME_FACTS_MS = 3_600_000;
const SETTLE_MS = 30_000;
/** Under the 100 messages a second that IoT Core takes from one connection. */
const AWS_PER_SECOND = 90;

/** Receives, stores, acknowledges and asks. Throws when a PEM file cannot be used; everything later is tried again. */
export async function startFeed(parts: FeedParts): Promise<Feed> {
  const { settings, database, log, later, now, newId } = parts;
  const { broker, prefixes } = settings;
  const [startedAtMs, startedMs] = [now(), performance.now()];
  const state = receiverState(startedAtMs);
  if (broker === null) return withoutBroker(() => state.status(now(), 0, null));
  let client: BrokerClient | null = null;
  const wake = () => sender.wake();
  const shared = { database, prefixes, log, later, now, newId, wake };
  const acknowledgements = acknowledgeDevices({ ...shared, intake: parts.intake });
  const facts = askFacts({ ...shared, perSecond: FACTS_PER_SECOND });
  const requests = sendRequests({
    ...shared,
    perSecond: settings.requestsPerSecond,
    thingsOf: parts.thingsOf,
    onChanged: () => parts.onStored(null),
  });
  const sender = sendToDevices({
    publish: (topic, payload) => client?.publish(topic, payload) ?? Promise.reject(new Error("not connected")),
    isConnected: () => client?.isConnected === true,
    lanes: [acknowledgements, requests, facts],
    perSecond: isAws(broker.host) ? AWS_PER_SECOND : null,
    log,
    nowMs: () => performance.now(),
    later,
  });
  const messages = collector({
    intake: parts.intake,
    log,
    later,
    random: parts.random,
    onStored(stored) {
      acknowledgements.add(stored.acknowledge);
      facts.add(stored.askFacts);
      parts.onStored(stored);
    },
  });
  client = await (parts.connect ?? connectToBroker)({
    address: broker,
    clientId: settings.clientId,
    filters: subscriptionFilters(prefixes, settings.group),
    receiveMaximum: RECEIVE_MAXIMUM,
    log,
    now,
    later,
    random: parts.random,
    onMessage: (message) => messages.take(message),
    onConnected: wake,
    onSubscribed: (resumed) => state.connected(now(), resumed),
    onLost: () => state.lost(now()),
  });
  requests.resume();
  let hasResumed = false;
  const again = [
    repeat(SETTLE_MS, later, outage(log, "acknowledgements"), async () => {
      // Not the wall clock: set forward, it would acknowledge what a device is still about to send.
      const steadyMs = startedAtMs + performance.now() - startedMs;
      acknowledgements.add(await parts.intake.settle(new Date(steadyMs).toISOString()));
      if (!hasResumed) await acknowledgements.resume();
      hasResumed = true;
    }),
    repeat(RESUME_FACTS_MS, later, outage(log, "facts"), () => facts.resume()),
  ];
  return {
    status: () => state.status(now(), messages.waiting, messages.oldestAt),
    isStuck: () => messages.isStuck,
    ask: (request) => requests.ask(request),
    acknowledge: (given) => acknowledgements.add(given),
    async stop() {
      await Promise.all(again.map((each) => each.stop()));
      await messages.stop();
      await sender.stop();
      await client?.close();
      await Promise.all([acknowledgements.stop(), requests.stop(), facts.stop()]);
    },
  };
}

function withoutBroker(status: Feed["status"]): Feed {
  return {
    status: () => ({ ...status(), connected: null }),
    isStuck: () => false,
    ask: () => Promise.reject(new InvalidInputError("Cannot ask devices: the fleet was started without --broker")),
    acknowledge: () => {},
    stop: () => Promise.resolve(),
  };
}

/** Trouble of the store is tried again; anything else is a fault of ours. */
function outage(log: Log, what: string): Outage {
  return {
    began(error) {
      if (!(error instanceof ExpectedError)) throw error;
      log.warn("store.not-read", { what, message: error.message });
    },
    ended: () => log.info("store.recovered"),
  };
}
