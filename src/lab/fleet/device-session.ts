import { acknowledgements } from "../../agent/acknowledgements.js";
import { createAgent } from "../../agent/checks.js";
import { answerRequests } from "../../agent/requests/answer.js";
import { type Timers, timerSet } from "../../agent/timers.js";
import { trySending } from "../../agent/try-send.js";
import type { Instant } from "../../base/clock.js";
import { DeliveryError, ExpectedError } from "../../base/errors.js";
import { silentLog } from "../../base/log.js";
import type { Settings } from "../../config/settings.js";
import type { DeviceFacts } from "../../device/facts.js";
import { summarize } from "../../device/summary.js";
import { parseConfiguration } from "../../examiner/raw-configuration.js";
import { type Delivery, deliver } from "../../outbox/deliver.js";
import { type Outbox, openOutbox } from "../../outbox/outbox.js";
import { sha256 } from "../../platform/seals.js";
import type { Capabilities, CompleteReport, Report, Trigger } from "../../report/report.js";
import type { JobSource } from "../../sources/source.js";
import type { memoryDisk } from "./memory-store.js";
import type { Uplink, Uplinks } from "./uplinks.js";
import { virtualExaminer } from "./virtual-examiner.js";
import type { VirtualTime } from "./virtual-time.js";

/** What makes one virtual device. */
export interface DeviceSpec {
  readonly thing: string;
  /** The kind of its location: `press`. */
  readonly area: string;
  readonly facts: DeviceFacts;
  readonly jobs: readonly { readonly project: string; readonly job: string }[];
  /** The deployed version of each component. */
  readonly deployed: Readonly<Record<string, string>>;
  /** Cron, UTC. */
  readonly schedule: string;
  readonly jitterSeconds: number;
  /** Signs texts; null: this device has no key. */
  readonly sign: ((text: string) => string) | null;
}

/** What all virtual devices share. */
export interface DeviceWorld {
  readonly time: VirtualTime;
  readonly uplinks: Uplinks;
  readonly jobs: JobSource;
  /** From 0 to less than 1. */
  readonly random: () => number;
}

/** One boot of a device. */
export interface Session {
  readonly outbox: Outbox;
  readonly delivery: Delivery;
  readonly check: (trigger: Trigger) => Promise<readonly Report[]>;
  readonly onCommand: (topic: string, payload: string) => void;
  stop(): void;
}

export interface DeviceState {
  readonly spec: DeviceSpec;
  readonly world: DeviceWorld;
  disk: ReturnType<typeof memoryDisk>;
  facts: DeviceFacts;
  deployed: Readonly<Record<string, string>>;
  boots: number;
  epochs: number;
  session: Session | null;
  uplink: Uplink | null;
  last: CompleteReport | null;
  sent: number;
  /** Checks and messages in flight. */
  underWay: number;
  /** While true, the reports of checks are not sent. */
  holdsBack: boolean;
}

export const TOPICS = "dt/packdrift/v1";
const COMMANDS = "cmd/packdrift/v1";
const IN_FLIGHT = 8;
/** What a classic nucleus offers. */
const CAPABILITIES: Capabilities = {
  spool: "AVAILABLE",
  shadow: "AVAILABLE",
  componentDetails: "AVAILABLE",
  validation: "AVAILABLE",
  updates: "AVAILABLE",
};

/** Assembles the component's parts on the device's disk, as wire-session.ts does on a real one. */
export function boot(state: DeviceState): Session {
  const { spec, world, disk } = state;
  const timers = timerSet(world.time.later);
  const clock = bootClock(state);
  const outbox = outboxOf(state, clock);
  const publish = publisher(state);
  const delivery = deliver({
    outbox,
    transport: { name: "mqtt", inFlight: IN_FLIGHT, publish },
    topicOf: ({ kind }) => `${TOPICS}/${spec.thing}/${kind === "COMPLETE" ? "report" : "heartbeat"}`,
    maxMessageBytes: () => settings?.maxMessageBytes ?? 7_000,
    later: timers.after,
    nowMs: () => clock().bootMs,
    random: world.random,
    onEvent: () => {},
  });
  let settings: Settings | null = null;
  const agent = agentOf(state, { outbox, delivery, timers }, (found) => {
    settings = found;
  });
  const check = (trigger: Trigger) => countInFlight(state, () => agent.check(trigger));
  const requests = answerRequests({
    thing: spec.thing,
    log: silentLog,
    store: disk.files,
    cloud: { publish },
    work: {
      check: () => check("COMMAND"),
      facts: async () => summarize(state.facts),
      async flush() {
        await delivery.flush("atOnce");
        return outbox.waiting;
      },
      async doctor() {
        throw new ExpectedError("a virtual device has nothing that the doctor could try");
      },
    },
    settings: () => settings,
    trySend: trySending(silentLog),
    later: timers.after,
    nowMs: () => world.time.now(),
    random: world.random,
  });
  const ack = acknowledgedBy(spec.thing, outbox, timers);
  return {
    outbox,
    delivery,
    check,
    onCommand(topic, payload) {
      if (topic === `${COMMANDS}/${spec.thing}/ack/req`) ack(topic, payload);
      else requests.receive(topic, payload, COMMANDS);
    },
    stop() {
      agent.stop();
      requests.stop();
      void delivery.stop();
      timers.cancelAll();
      outbox.close();
    },
  };
}

function outboxOf(state: DeviceState, now: () => Instant): Outbox {
  const { spec, world, disk } = state;
  return openOutbox({
    store: disk.segments,
    maxBytes: () => 2 ** 20,
    newEpoch: () => `${Math.floor(world.time.now()).toString(36)}${(state.epochs++).toString(36)}${hashOf(spec.thing)}`,
    now,
    digest: sha256,
    // A disk in memory is never damaged.
    checksum: () => 0,
    sign: (text) => spec.sign?.(text) ?? null,
    onProblem(problem) {
      throw new Error(`The outbox of ${spec.thing} has a problem: ${problem}`);
    },
  });
}

function agentOf(
  state: DeviceState,
  { outbox, delivery, timers }: { readonly outbox: Outbox; readonly delivery: Delivery; readonly timers: Timers },
  onSettings: (settings: Settings) => void,
) {
  const { spec, world } = state;
  const examine = virtualExaminer({
    jobs: world.jobs,
    now: () => world.time.now(),
    facts: () => state.facts,
    deployed: () => state.deployed,
    files: state.disk.files,
    parseSettings: parseConfiguration,
  });
  let lastGood: unknown = null;
  const agent = createAgent({
    thing: spec.thing,
    version: PACKDRIFT_VERSION,
    nodeVersion: process.version,
    log: silentLog,
    readConfiguration: async () => configurationOf(spec),
    desired: () => ({}),
    lastGood: {
      load: () => lastGood,
      save(raw) {
        lastGood = raw;
      },
    },
    ipcProblems: () => [],
    capabilities: async () => CAPABILITIES,
    examine,
    outbox,
    workFolderProblem: () => null,
    untrustedFile: () => null,
    now: () => new Date(world.time.now()),
    later: timers.after,
    onResult: ({ settings }) => onSettings(settings),
    onSchedule: () => void countInFlight(state, () => agent.check("SCHEDULE")),
    onChecked(_, reports) {
      for (const report of reports) if (report.kind === "COMPLETE") state.last = report;
    },
    delivery: { flush: (atOnce) => (state.holdsBack ? Promise.resolve() : delivery.flush(atOnce)) },
  });
  return agent;
}

/** As a real device over MQTT is configured; nothing opens the files that are named. */
function configurationOf({ jobs, schedule, jitterSeconds }: DeviceSpec): unknown {
  const files = { cert: "/greengrass/v2/thingCert.crt", key: "/greengrass/v2/privKey.key" };
  return {
    jobs: [...jobs],
    source: { type: "archive", endpoint: "http://127.0.0.1:8080" },
    schedule,
    jitterSeconds,
    transport: "mqtt",
    mqtt: { endpoint: "broker.example", ...files },
    echoSeconds: 0,
  };
}

/** Publishes over the current uplink, and counts the messages in flight. */
function publisher(state: DeviceState) {
  return (topic: string, payload: string): Promise<void> =>
    countInFlight(state, async () => {
      if (state.uplink === null) throw new DeliveryError(`Cannot publish to "${topic}": no connection`, true);
      await state.uplink.publish(topic, payload);
      state.sent += 1;
    });
}

/** Counts a call as in flight until it has settled. */
export async function countInFlight<T>(state: DeviceState, call: () => Promise<T>): Promise<T> {
  state.underWay += 1;
  try {
    return await call();
  } finally {
    state.underWay -= 1;
  }
}

/** Passes messages from the acknowledgement topic to the outbox. */
function acknowledgedBy(thing: string, outbox: Outbox, timers: Timers): (topic: string, payload: string) => void {
  let receive = (_topic: string, _payload: string) => {};
  acknowledgements(outbox, silentLog, timers.after).follow(
    {
      subscribe(_filter, take) {
        receive = take;
        return { close: async () => {} };
      },
    },
    `${COMMANDS}/${thing}/ack/req`,
  );
  return (topic, payload) => receive(topic, payload);
}

/** A clock that counts from this boot. */
function bootClock(state: DeviceState): () => Instant {
  const { time } = state.world;
  const startedMs = time.now();
  state.boots += 1;
  const boot = hashOf(`${state.spec.thing} ${state.boots}`);
  return () => ({ wallMs: time.now(), boot, bootMs: time.now() - startedMs });
}

function hashOf(text: string): string {
  return sha256(text)
    .replace(/[^a-z0-9]/gi, "")
    .toLowerCase()
    .slice(0, 8);
}
