import { messageOf } from "../../base/errors.js";
import { parseAcknowledgements } from "../../outbox/acknowledgement.js";
import { sha256 } from "../../platform/seals.js";
import { encodeReport } from "../../report/encode.js";
import { type ClientPort, connectBroker } from "../mqtt-port.js";
import { floorPlan } from "./floor-plan.js";
import { LightDevice, type Unacknowledged } from "./light-device.js";
import { type PreparedReports, preparedReports } from "./prepared-reports.js";
import { recordedMachines } from "./recorded-machines.js";
import { jobsIn } from "./virtual-fleet.js";

/** A load of reports on a broker. */
interface LoadOptions {
  readonly brokerUrl: string;
  readonly things: number;
  readonly reportsPerSecond: number;
  /** Saved answers of DescribeModelPackagingJob: what the devices are to run. */
  readonly answers: readonly unknown[];
  /** Things are `<prefix>-000001` and so on. Default: virtual. */
  readonly prefix?: string;
  /** Connections to the broker, which the things share. Default: 4. */
  readonly connections?: number;
  /** The share of heartbeats, from 0 to 1. Default: 0.36. */
  readonly heartbeats?: number;
  /** Unacknowledged reports are sent again after this time. Default: 15 minutes, as devices do. */
  readonly resendMs?: number;
  /** Called when a message cannot be published; its report is sent again later. */
  readonly onProblem?: (message: string) => void;
}

/** The progress of one thing. */
interface LoadedThing {
  readonly thing: string;
  readonly epoch: string;
  /** The last sequence that it made. */
  readonly made: number;
  readonly acknowledged: number;
}

/** A load that runs. */
export interface ReportLoad {
  counts(): {
    readonly made: number;
    /** Messages that the broker has acknowledged. */
    readonly messages: number;
    readonly acknowledged: number;
    readonly resent: number;
  };
  /** Milliseconds from a report to its acknowledgement by the fleet, of those acknowledged since the last call. */
  takeLatencies(): readonly number[];
  things(): readonly LoadedThing[];
  /** Makes no more reports; what is unacknowledged is still sent again. */
  pause(): void;
  /** Resolves once everything that was made is acknowledged; after `limitMs` with what is not. */
  acknowledged(limitMs: number): Promise<readonly LoadedThing[]>;
  stop(): Promise<void>;
}

const TICK_MS = 20;
/** While the receiver does not keep up, fewer reports are made. */
const MOST_IN_FLIGHT = 4_000;
const MOST_UNACKNOWLEDGED = 50;
const MESSAGE_BYTES = 7_000;
const TOPICS = "dt/packdrift/v1";
const HEARTBEATS = 0.36;
const RESEND_MS = 15 * 60_000;

/** The state of a load. */
interface Load {
  readonly options: LoadOptions;
  readonly devices: readonly LightDevice[];
  readonly byThing: ReadonlyMap<string, LightDevice>;
  readonly bodies: readonly PreparedReports[];
  readonly ports: readonly ClientPort[];
  next: number;
  inFlight: number;
  made: number;
  messages: number;
  acknowledged: number;
  resent: number;
  latencies: number[];
  paused: boolean;
}

/** Publishes real reports of many things at a given rate, each sealed and in its chain, and keeps them until they are acknowledged. */
export async function startLoad(options: LoadOptions): Promise<ReportLoad> {
  const load = await prepare(options);
  await Promise.all(load.ports.slice(0, 1).map((port) => receiveAcknowledgements(load, port)));
  const startedMs = performance.now();
  let due = 0;
  const ticking = setInterval(() => {
    const now = performance.now();
    const target = Math.floor(((now - startedMs) / 1_000) * options.reportsPerSecond);
    for (; due < target; due += 1) if (!load.paused && load.inFlight < MOST_IN_FLIGHT) makeNext(load);
  }, TICK_MS);
  const resendMs = options.resendMs ?? RESEND_MS;
  const resending = setInterval(() => resend(load, resendMs), Math.min(1_000, resendMs));
  const things = () =>
    load.devices.map(({ thing, epoch, made, acknowledged }) => ({ thing, epoch, made, acknowledged }));
  return {
    counts() {
      const { made, messages, acknowledged, resent } = load;
      return { made, messages, acknowledged, resent };
    },
    takeLatencies: () => load.latencies.splice(0),
    things,
    pause() {
      load.paused = true;
    },
    async acknowledged(limitMs) {
      const untilMs = performance.now() + limitMs;
      const open = () => things().filter((each) => each.acknowledged < each.made);
      while (load.acknowledged < load.made && performance.now() < untilMs) {
        await new Promise((resolve) => setTimeout(resolve, TICK_MS));
      }
      return open();
    },
    async stop() {
      clearInterval(ticking);
      clearInterval(resending);
      await Promise.all(load.ports.map((port) => port.disconnect()));
    },
  };
}

async function prepare(options: LoadOptions): Promise<Load> {
  const { things, answers, brokerUrl, prefix = "virtual", connections = 4 } = options;
  const machines = recordedMachines();
  const plan = floorPlan(20, machines, jobsIn(answers));
  const bodies = await preparedReports(plan, machines, answers);
  const ports = await Promise.all(Array.from({ length: connections }, () => connectBroker(brokerUrl)));
  const epoch = Date.now().toString(36);
  const devices = Array.from(
    { length: things },
    (_, at) => new LightDevice(`${prefix}-${String(at + 1).padStart(6, "0")}`, `${epoch}${at.toString(36)}`),
  );
  return {
    options,
    devices,
    byThing: new Map(devices.map((device) => [device.thing, device])),
    bodies,
    ports,
    next: 0,
    inFlight: 0,
    made: 0,
    messages: 0,
    acknowledged: 0,
    resent: 0,
    latencies: [],
    paused: false,
  };
}

/** The next thing in turn makes a report: the first one is complete, later ones are heartbeats at the given ratio. */
function makeNext(load: Load): void {
  const at = load.next % load.devices.length;
  load.next += 1;
  const device = load.devices[at];
  const body = load.bodies[at % load.bodies.length];
  if (device === undefined || body === undefined || device.unacknowledged.length >= MOST_UNACKNOWLEDGED) return;
  const { heartbeats = HEARTBEATS } = load.options;
  // Spread over the things without a random number: the fraction of multiples of the golden ratio.
  const isHeartbeat = device.made > 0 && (load.next * 0.618_033_988_749_895) % 1 < heartbeats;
  const nowMs = Date.now();
  const instant = { wallMs: nowMs, boot: "load", bootMs: performance.now() };
  const made = device.make(isHeartbeat ? body.heartbeat : body.complete, instant, SEALS);
  load.made += 1;
  publish(load, at, made);
}

const SEALS = { digest: sha256, sign: () => null };

function publish(load: Load, at: number, { report }: Unacknowledged): void {
  const port = load.ports[at % load.ports.length];
  const topic = `${TOPICS}/${report.thing}/${report.kind === "COMPLETE" ? "report" : "heartbeat"}`;
  for (const message of encodeReport(report, MESSAGE_BYTES)) {
    load.inFlight += 1;
    void port
      ?.publish(topic, message, { qos: 1 })
      .then(
        () => {
          load.messages += 1;
        },
        (error: unknown) => load.options.onProblem?.(messageOf(error)),
      )
      .finally(() => {
        load.inFlight -= 1;
      });
  }
}

function resend(load: Load, resendMs: number): void {
  const nowMs = Date.now();
  for (const [at, { unacknowledged }] of load.devices.entries()) {
    for (const each of unacknowledged) {
      if (nowMs - each.sentMs < resendMs || load.inFlight >= MOST_IN_FLIGHT) break;
      each.sentMs = nowMs;
      load.resent += 1;
      publish(load, at, each);
    }
  }
}

async function receiveAcknowledgements(load: Load, port: ClientPort): Promise<void> {
  await port.subscribe("cmd/packdrift/v1/+/ack/req", 1, ({ topic, payload }) => {
    const device = load.byThing.get(topic.split("/")[3] ?? "");
    if (device === undefined) return;
    const nowMs = Date.now();
    for (const acknowledgement of parseAcknowledgements(payload.toString("utf8"))) {
      for (const { madeMs } of device.acknowledge(acknowledgement)) {
        load.acknowledged += 1;
        load.latencies.push(nowMs - madeMs);
      }
    }
  });
}
