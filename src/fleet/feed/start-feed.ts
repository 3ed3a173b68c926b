import { type Later, monotonicMs } from "../../base/clock.js";
import { InvalidInputError } from "../../base/errors.js";
import type { Log } from "../../base/log.js";
import type { ReceiverStatus } from "../alarms/fleet-metrics.js";
import type { DeviceAcknowledgement, Intake } from "../arrival.js";
import type { TopicPrefixes } from "../ingest/fleet-topics.js";
import type { DeviceFilter } from "../state/views.js";
import type { Database } from "../store/database.js";
import type { Peers } from "../store/peers.js";
import { acknowledgeDevices } from "./acknowledge-devices.js";
import { askFacts } from "./ask-facts.js";
import type { BrokerAddress } from "./broker-address.js";
import { type BrokerClient, connectToBroker } from "./broker-client.js";
import { isAws } from "./broker-session.js";
import { type Collector, collector } from "./collector.js";
import { subscriptionFilters } from "./device-topics.js";
import { makeRequest, type NewRequest } from "./make-request.js";
import { type ReceiverState, receiverState } from "./receiver-state.js";
import { type SoughtDuty, seekDeviceDuty } from "./seek-device-duty.js";
import { sendToDevices } from "./send-to-devices.js";

/** The broker, and how fast to talk to devices. */
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
  /** The other receivers and page servers on the store. */
  readonly peers: Peers;
  /** The names of the things that a filter selects. */
  readonly thingsOf: (filter: DeviceFilter) => Promise<readonly string[]>;
  readonly log: Log;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly later: Later;
  /** From 0 to less than 1. */
  readonly random: () => number;
  /** An id that no request has had before; later ones sort after earlier ones. */
  readonly newId: () => string;
  /** Called when something was stored or could not be, or when a request's counts may have changed. */
  readonly onStored: () => void;
  /** Replaces the client, for a broker that speaks an older MQTT. Default: connectToBroker. */
  readonly connect?: typeof connectToBroker;
  /** How much memory may wait for the store; see CollectorParts. */
  readonly mostWaitingBytes?: number;
}

/** The receiver, and what it sends to devices. */
export interface Feed {
  status(): ReceiverStatus;
  ask(request: NewRequest): Promise<{ readonly id: string; readonly things: number }>;
  /** Acknowledges to devices what a person gave up. */
  acknowledge(acknowledgements: readonly DeviceAcknowledgement[]): void;
  stop(): Promise<void>;
}

/** How many messages the broker sends before it waits: more than a batch, so that the next one fills meanwhile. */
export const RECEIVE_MAXIMUM = 1_000;
const NOTHING_WAITS = { waiting: 0, oldestAt: null, deferred: 0, isStuck: false };
const FACTS_PER_SECOND = 20;
/**
 * IoT Core carries 100 messages a second on one connection, in both directions together: half of them are for reports.
 */
const AWS_PER_SECOND = 50;

/**
 * Starts to receive, store, acknowledge and request. Throws if a PEM file cannot be used; everything that fails later
 * is retried.
 */
export async function startFeed(parts: FeedParts): Promise<Feed> {
  const { settings, database, intake, peers, log, later, now, newId } = parts;
  const { broker, prefixes, requestsPerSecond } = settings;
  const state = receiverState(now());
  if (broker === null) return withoutBroker(parts);
  let client: BrokerClient | null = null;
  let duty: SoughtDuty | null = null;
  const isConnected = () => client?.isConnected === true;
  const wake = () => sender.wake();
  const shared = { database, prefixes, log, later, now, newId, wake };
  const acknowledgements = acknowledgeDevices({ ...shared, intake });
  const facts = askFacts({ ...shared, perSecond: FACTS_PER_SECOND });
  const requests = { perSecond: requestsPerSecond, next: () => duty?.next() ?? null };
  const sender = sendToDevices({
    publish: (topic, payload) => client?.publish(topic, payload) ?? Promise.reject(new Error("not connected")),
    isConnected,
    lanes: [acknowledgements, requests, facts],
    perSecond: isAws(broker.host) ? AWS_PER_SECOND : null,
    log,
    nowMs: () => performance.now(),
    later,
  });
  const messages = collector({
    intake,
    log,
    later,
    random: parts.random,
    redeliver: () => client?.renew(),
    onStuck: parts.onStored,
    ...(parts.mostWaitingBytes === undefined ? {} : { mostWaitingBytes: parts.mostWaitingBytes }),
    onStored(stored) {
      acknowledgements.add(stored.acknowledge);
      facts.add(stored.askFacts);
      parts.onStored();
    },
  });
  client = await connectTo(broker, parts, { messages, state, wake });
  duty = seekDeviceDuty(
    peers,
    { ...shared, intake, acknowledgements, facts, steadyMs: monotonicMs, onChanged: parts.onStored },
    isConnected,
  );
  const unsubscribe = peers.subscribe((what) => what === "asked" && duty?.requestMade());
  return {
    status: () => state.status(now(), messages),
    ask: asking(parts, () => duty?.requestMade()),
    acknowledge: (given) => acknowledgements.add(given),
    async stop() {
      unsubscribe();
      await messages.stop();
      await sender.stop();
      await duty?.stop();
      await client?.close();
      await Promise.all([acknowledgements.stop(), facts.stop()]);
    },
  };
}

/** The handlers of a connection's events. */
interface Listening {
  readonly messages: Collector;
  readonly state: ReceiverState;
  readonly wake: () => void;
}

/** Connects to the broker and collects what it sends. */
function connectTo(address: BrokerAddress, parts: FeedParts, { messages, state, wake }: Listening) {
  const { settings, log, now, later, random, connect = connectToBroker } = parts;
  return connect({
    address,
    clientId: settings.clientId,
    filters: subscriptionFilters(settings.prefixes, settings.group),
    receiveMaximum: RECEIVE_MAXIMUM,
    log,
    now,
    later,
    random,
    onMessage: (message) => messages.take(message),
    onConnected: wake,
    onSubscribed: (resumed) => state.connected(now(), resumed),
    onLost() {
      messages.lost();
      state.lost(now());
    },
  });
}

/** Stores people's requests; the process with the duty sends them. */
function asking(parts: FeedParts, onMade: () => void): Feed["ask"] {
  return async (request) => {
    const made = await makeRequest(request, { ...parts, perSecond: parts.settings.requestsPerSecond });
    onMade();
    parts.peers.announce("asked");
    parts.onStored();
    return made;
  };
}

/**
 * A feed without a broker: receives and sends nothing. On a shared store a request can still be made: a receiver with a
 * connection sends it.
 */
function withoutBroker(parts: FeedParts): Feed {
  const { peers, now } = parts;
  const state = receiverState(now());
  const ask = asking(parts, () => {});
  return {
    status: () => ({ ...state.status(now(), NOTHING_WAITS), connected: null }),
    async ask(request) {
      if (peers.isAlone) throw new InvalidInputError("Cannot ask devices: the fleet was started without --broker");
      return ask(request);
    },
    // The receiver with the duty finds it.
    acknowledge: () => {},
    stop: () => Promise.resolve(),
  };
}
