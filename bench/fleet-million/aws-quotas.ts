import { RECEIVE_MAXIMUM } from "../../src/fleet/feed/start-feed.js";
import { DAY_SECONDS } from "./day.js";
import { shownNumber } from "./numbers.js";

/** What a fleet needs of AWS. */
export interface FleetLoad {
  readonly things: number;
  /** The devices' setting echoSeconds; 0: none. */
  readonly echoSeconds: number;
  /** Reports and heartbeats in the busiest second after the outage. */
  readonly returnPerSecond: number;
  /** How many reports are sent after the outage. */
  readonly returnReports: number;
  /** Bytes of an average message. */
  readonly messageBytes: number;
  /** Messages a second that were measured, and with what: `4 receivers on postgres`. */
  readonly storedPerSecond: number;
  readonly storedBy: string;
}

/** A quota, and what the fleet needs of it. */
interface Quota {
  readonly what: string;
  readonly quota: string;
  readonly needs: string;
  readonly isMet: boolean;
  readonly follows: string;
  readonly source: string;
}

/** Devices subscribe to requests, to requests of all, and to their echo. */
const SUBSCRIPTIONS = 3;
const GENERAL = "AWS General Reference, AWS IoT Core endpoints and quotas";
const CONNECTIONS = 500_000;
export const CONNECTS_PER_SECOND = 500;
const PUBLISHES_PER_SECOND = 20_000;
const SUBSCRIPTIONS_OF_ACCOUNT = 500_000;
const SUBSCRIBES_PER_SECOND = 500;
/** Published and received together; what is above is discarded. */
export const CONNECTION_PER_SECOND = 100;
const CONNECTION_BYTES = 512 * 1_024;
const SHADOW_PER_SECOND = 4_000;
const SHADOW_PUBLISHES = 4;
const RULES_PER_SECOND = 20_000;
const API_PER_SECOND = 5;
const LIST_THINGS_PER_SECOND = 10;
const THINGS_PER_PAGE = 250;
const JOBS = 200;
const SQS_IN_FLIGHT = 120_000;
const LAMBDA_BATCHES = 1_000;
const LAMBDA_FIRST = 5;
const BATCH = 500;

/** Compares the fleet's load with AWS's default quotas in a large Region. All is computed; nothing was run on AWS. */
export function quotasFor(load: FleetLoad): readonly Quota[] {
  return [...connectionQuotas(load), ...publishQuotas(load), ...apiQuotas(load), ...queueQuotas(load)];
}

function connectionQuotas({ things }: FleetLoad): readonly Quota[] {
  return [
    quota("connections of an account", CONNECTIONS, things, "one for each device's nucleus: have it raised", GENERAL),
    {
      what: "connects a second",
      quota: shownNumber(CONNECTS_PER_SECOND),
      needs: `${shownNumber(things)} after an outage`,
      isMet: true,
      follows: `all are back after ${minutes(things / CONNECTS_PER_SECOND)}, so at most ${CONNECTS_PER_SECOND} a second send`,
      source: GENERAL,
    },
    quota(
      "subscriptions of an account",
      SUBSCRIPTIONS_OF_ACCOUNT,
      SUBSCRIPTIONS * things,
      `${SUBSCRIPTIONS} for each device: have it raised`,
      GENERAL,
    ),
    {
      what: "subscriptions a second",
      quota: shownNumber(SUBSCRIBES_PER_SECOND),
      needs: `${shownNumber(SUBSCRIPTIONS * things)} once sessions have expired (1 hour)`,
      isMet: SUBSCRIPTIONS * things < SUBSCRIBES_PER_SECOND * 3_600,
      follows: `${minutes((SUBSCRIPTIONS * things) / SUBSCRIBES_PER_SECOND)} until all can be asked and acknowledged: have it raised`,
      source: GENERAL,
    },
  ];
}

function publishQuotas({ things, echoSeconds, returnPerSecond, messageBytes }: FleetLoad): readonly Quota[] {
  const echoes = echoSeconds === 0 ? 0 : things / echoSeconds;
  const heartbeats = things / DAY_SECONDS;
  const connections = Math.ceil((2 * returnPerSecond) / CONNECTION_PER_SECOND);
  return [
    quota(
      "inbound publishes a second, on a day without trouble",
      PUBLISHES_PER_SECOND,
      echoes + 2 * heartbeats,
      `${shownNumber(heartbeats)} heartbeats, as many acknowledgements, ${shownNumber(echoes)} echoes (every ${echoSeconds} s)`,
      GENERAL,
    ),
    quota(
      "inbound publishes a second, when all return",
      PUBLISHES_PER_SECOND,
      echoes + 2 * returnPerSecond,
      "reports, acknowledgements and echoes in the busiest second",
      GENERAL,
    ),
    {
      what: "publishes a second of one connection, received ones included",
      quota: `${CONNECTION_PER_SECOND}, ${CONNECTION_BYTES / 1_024} KiB`,
      needs: `${shownNumber(2 * returnPerSecond)}, ${shownNumber((returnPerSecond * messageBytes) / 1_024)} KiB`,
      isMet: connections <= 1,
      follows: `${shownNumber(connections)} receivers in a group, each with a report and an acknowledgement for every two; or the queue`,
      source: GENERAL,
    },
    {
      what: "messages that a connection holds unacknowledged",
      quota: "100",
      needs: `up to ${shownNumber(RECEIVE_MAXIMUM)}, where the broker sends as many`,
      isMet: true,
      follows: "batches of 100 at most: slower than measured, and faster than the connection's messages a second allow",
      source: GENERAL,
    },
    quota(
      "shadow updates a second",
      SHADOW_PER_SECOND,
      returnPerSecond,
      `each counts as up to ${SHADOW_PUBLISHES} publishes; only with the setting shadow`,
      `${GENERAL} (large Regions; about 400 elsewhere)`,
    ),
    quota("rules evaluated a second", RULES_PER_SECOND, returnPerSecond, "one rule for each message", GENERAL),
  ];
}

function apiQuotas({ things }: FleetLoad): readonly Quota[] {
  const pages = things / THINGS_PER_PAGE;
  return [
    {
      what: "calls of the job API a second, whole account",
      quota: shownNumber(API_PER_SECOND),
      needs: `${shownNumber(things)} if every device asks, ${JOBS} through an archive`,
      isMet: true,
      follows: `${hours(things / API_PER_SECOND)}, or ${JOBS / API_PER_SECOND} s through an archive`,
      source: "Amazon Lookout for Vision quotas (the service has ended: a budget for its successors)",
    },
    {
      what: "ListThings a second, for --things",
      quota: shownNumber(LIST_THINGS_PER_SECOND),
      needs: `${shownNumber(pages)} pages`,
      isMet: true,
      follows: minutes(pages / LIST_THINGS_PER_SECOND),
      source: GENERAL,
    },
  ];
}

function queueQuotas({ returnReports, storedPerSecond, storedBy }: FleetLoad): readonly Quota[] {
  const inFlight = LAMBDA_FIRST * BATCH;
  return [
    {
      what: "SQS: messages received and not deleted",
      quota: shownNumber(SQS_IN_FLIGHT),
      needs: `${shownNumber(inFlight)} with ${LAMBDA_FIRST} batches of ${BATCH}`,
      isMet: inFlight <= SQS_IN_FLIGHT,
      follows: `how many wait (${shownNumber(returnReports)} after the outage) has no limit`,
      source: "Amazon SQS Developer Guide, quotas related to queues",
    },
    {
      what: "Lambda: batches at once for a queue",
      quota: `${LAMBDA_FIRST}, then up to ${shownNumber(LAMBDA_BATCHES)}`,
      needs: `as many as the database serves: ${shownNumber(storedPerSecond)} messages a second were measured with ${storedBy}`,
      isMet: true,
      follows: "set the maximum concurrency to the database's connections",
      source: "AWS Lambda Developer Guide, scaling of SQS event source mappings",
    },
  ];
}

function quota(what: string, most: number, needs: number, follows: string, source: string): Quota {
  return { what, quota: shownNumber(most), needs: shownNumber(needs), isMet: needs <= most, follows, source };
}

function minutes(seconds: number): string {
  return seconds < 120 ? `${shownNumber(seconds)} s` : `${shownNumber(seconds / 60)} min`;
}

function hours(seconds: number): string {
  return seconds < 7_200 ? minutes(seconds) : `${shownNumber(seconds / 3_600)} h`;
}
