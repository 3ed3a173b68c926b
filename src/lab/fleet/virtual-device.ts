import { acknowledgements } from "../../agent/acknowledgements.js";
import { createAgent } from "../../agent/checks.js";
import { answerRequests } from "../../agent/requests/answer.js";
import { type Timers, timerSet } from "../../agent/timers.js";
import { trySending } from "../../agent/try-send.js";
import type { Instant } from "../../base/clock.js";
import { DeliveryError } from "../../base/errors.js";
import type { Log } from "../../base/log.js";
import type { Settings } from "../../config/settings.js";
import type { DeviceFacts } from "../../device/facts.js";
import { summarize } from "../../device/summary.js";
import { parseConfiguration } from "../../examiner/raw-configuration.js";
import { type Delivery, deliver } from "../../outbox/deliver.js";
import { type Outbox, openOutbox } from "../../outbox/outbox.js";
import { sha256 } from "../../platform/seals.js";
import type { Capabilities, CompleteReport, Report, Trigger } from "../../report/report.js";
import type { JobSource } from "../../sources/source.js";
import { memoryDisk } from "./memory-store.js";
import type { Uplink, Uplinks } from "./uplinks.js";
import { virtualExaminer } from "./virtual-examiner.js";
import type { VirtualTime } from "./virtual-time.js";

/** What makes one virtual device. */
export interface DeviceSpec {
  readonly thing: string;
  /** What kind of place it stands in: `press`. */
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

/**
 * A device without hardware: the component's own agent, examination, outbox and delivery, on a machine that is only facts, a disk
 * in memory and a clock that can run fast. Calls resolve when the device has done it; what it sends may still be under way.
 */
export interface VirtualDevice {
  readonly thing: string;
  readonly area: string;
  readonly facts: DeviceFacts;
  readonly signs: boolean;
  /** The last complete report that it made. */
  readonly last: CompleteReport | null;
  readonly isOn: boolean;
  readonly isConnected: boolean;
  /** Whether nothing is being checked or sent. */
  readonly isIdle: boolean;
  /** How many messages the broker has acknowledged. */
  readonly sent: number;
  /** Reports that were sent but not acknowledged; 0 for a device that nobody has ever acknowledged anything to. */
  readonly unacknowledged: number;
  /** Reports that wait to be sent. */
  readonly waiting: number;
  /** Switches it on, which makes a report about every job. */
  start(): Promise<void>;
  /** Ends in order; `lost`: as by a power cut. */
  stop(how: "in order" | "lost"): Promise<void>;
  /** Loses the network, while checks go on. */
  unplug(): Promise<void>;
  /** Connects again; reports that waited are sent as after any outage. */
  plug(): Promise<void>;
  check(trigger: Trigger): Promise<readonly Report[]>;
  /** Puts other facts in place of the device's, and checks. */
  change(facts: DeviceFacts): Promise<void>;
  /** Deploys another version of a component, and checks. */
  deploy(component: string, version: string): Promise<void>;
  /** Restarts it with an empty disk: its next reports are of a new epoch. */
  loseState(): Promise<void>;
  /** Makes a report that is never sent and that the device drops as acknowledged: a gap that nobody names. */
  skip(): Promise<Report | null>;
  /** Makes a report that the device discards before it is sent: its next report names the gap. */
  discard(): Promise<Report | null>;
}

/** One boot of a device. */
interface Session {
  readonly outbox: Outbox;
  readonly delivery: Delivery;
  readonly check: (trigger: Trigger) => Promise<readonly Report[]>;
  readonly onCommand: (topic: string, payload: string) => void;
  stop(): void;
}

interface DeviceState {
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
  /** Checks and messages under way. */
  underWay: number;
  /** While true, nothing that is checked is sent. */
  holdsBack: boolean;
}

const TOPICS = "dt/packdrift/v1";
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

/** A device that is switched off. */
export function virtualDevice(spec: DeviceSpec, world: DeviceWorld): VirtualDevice {
  const state: DeviceState = {
    spec,
    world,
    disk: memoryDisk(),
    facts: spec.facts,
    deployed: spec.deployed,
    boots: 0,
    epochs: 0,
    session: null,
    uplink: null,
    last: null,
    sent: 0,
    underWay: 0,
    holdsBack: false,
  };
  const check = async (trigger: Trigger) => (await state.session?.check(trigger)) ?? [];
  return {
    thing: spec.thing,
    area: spec.area,
    get facts() {
      return state.facts;
    },
    signs: spec.sign !== null,
    get last() {
      return state.last;
    },
    get isOn() {
      return state.session !== null;
    },
    get isConnected() {
      return state.uplink !== null;
    },
    get isIdle() {
      return state.underWay === 0;
    },
    get sent() {
      return state.sent;
    },
    get unacknowledged() {
      const { outbox } = state.session ?? {};
      return outbox === undefined || outbox.ack === "none" ? 0 : outbox.unacknowledged;
    },
    get waiting() {
      return state.session?.outbox.waiting ?? 0;
    },
    start: () => counted(state, () => start(state)),
    stop: (how) => counted(state, () => stop(state, how)),
    unplug: () => counted(state, () => unplug(state, "lost")),
    plug: () => counted(state, () => plug(state)),
    check,
    async change(facts) {
      state.facts = facts;
      await check("FACT_CHANGE");
    },
    async deploy(component, version) {
      state.deployed = { ...state.deployed, [component]: version };
      await check("DEPLOYMENT");
    },
    async loseState() {
      await counted(state, async () => {
        await stop(state, "lost");
        state.disk = memoryDisk();
        await start(state);
      });
    },
    skip: () => makeUnsent(state, ({ outbox }, { sequence }) => void outbox.acknowledge(sequence)),
    discard: () => makeUnsent(state, ({ outbox }, { id }) => outbox.discard(id)),
  };
}

async function start(state: DeviceState): Promise<void> {
  if (state.session !== null) return;
  state.session = boot(state);
  await plug(state);
  await state.session.check("START");
}

async function stop(state: DeviceState, how: "in order" | "lost"): Promise<void> {
  state.session?.stop();
  state.session = null;
  await unplug(state, how);
}

async function unplug(state: DeviceState, how: "in order" | "lost"): Promise<void> {
  const { uplink } = state;
  state.uplink = null;
  await uplink?.end(how);
}

async function plug(state: DeviceState): Promise<void> {
  const { spec, world } = state;
  if (state.uplink !== null) return;
  state.uplink = await world.uplinks.connect(spec.thing, statusOf(spec.thing), (topic, payload) =>
    state.session?.onCommand(topic, payload),
  );
}

/** Makes one report, of the newest content, that is never sent; `then` says what becomes of it. */
async function makeUnsent(
  state: DeviceState,
  then: (session: Session, report: Report) => void,
): Promise<Report | null> {
  const { session } = state;
  if (session === null) return null;
  state.holdsBack = true;
  try {
    const reports = await session.check("COMMAND");
    // Once it was handed over, the outbox believes an acknowledgement.
    for (const report of reports) {
      session.outbox.read(report.id);
      then(session, report);
    }
    return reports[0] ?? null;
  } finally {
    state.holdsBack = false;
  }
}

/** Assembles the component's parts on the device's disk, as wire-session.ts does on a real one. */
function boot(state: DeviceState): Session {
  const { spec, world, disk } = state;
  const timers = timerSet(world.time.later);
  const clock = bootClock(state);
  const outbox = openOutbox({
    store: disk.segments,
    maxBytes: () => 2 ** 20,
    newEpoch: () => `${Math.floor(world.time.now()).toString(36)}${(state.epochs++).toString(36)}${hashOf(spec.thing)}`,
    now: clock,
    digest: sha256,
    // Memory does not rot.
    checksum: () => 0,
    sign: (text) => spec.sign?.(text) ?? null,
    onProblem(problem) {
      throw new Error(`The outbox of ${spec.thing} has a problem: ${problem}`);
    },
  });
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
  const check = (trigger: Trigger) => counted(state, () => agent.check(trigger));
  const requests = answerRequests({
    thing: spec.thing,
    log: QUIET,
    store: disk.files,
    cloud: { publish },
    work: {
      check: () => check("COMMAND"),
      facts: async () => summarize(state.facts),
      async flush() {
        await delivery.flush("atOnce");
        return outbox.waiting;
      },
    },
    settings: () => settings,
    trySend: trySending(QUIET),
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
    log: QUIET,
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
    now: () => new Date(world.time.now()),
    later: timers.after,
    onResult: ({ settings }) => onSettings(settings),
    onSchedule: () => void counted(state, () => agent.check("SCHEDULE")),
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

/** Publishes over the uplink of the moment, and counts what is under way. */
function publisher(state: DeviceState) {
  return (topic: string, payload: string): Promise<void> =>
    counted(state, async () => {
      if (state.uplink === null) throw new DeliveryError(`Cannot publish to "${topic}": no connection`, true);
      await state.uplink.publish(topic, payload);
      state.sent += 1;
    });
}

async function counted<T>(state: DeviceState, call: () => Promise<T>): Promise<T> {
  state.underWay += 1;
  try {
    return await call();
  } finally {
    state.underWay -= 1;
  }
}

/** What takes messages from the acknowledgement topic. */
function acknowledgedBy(thing: string, outbox: Outbox, timers: Timers): (topic: string, payload: string) => void {
  let receive = (_topic: string, _payload: string) => {};
  acknowledgements(outbox, QUIET, timers.after).follow(
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

function statusOf(thing: string) {
  const status = (online: boolean, why?: string) =>
    JSON.stringify({ schema: "packdrift.status/1", thing, online, ...(why === undefined ? {} : { why }) });
  return {
    topic: `${TOPICS}/${thing}/status`,
    online: status(true),
    lost: status(false, "connection lost"),
    stopped: status(false, "stopped"),
  };
}

/** A virtual device has no console. */
const QUIET: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
