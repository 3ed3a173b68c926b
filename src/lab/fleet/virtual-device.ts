import type { DeviceFacts } from "../../device/facts.js";
import type { CompleteReport, Report, Trigger } from "../../report/report.js";
import {
  boot,
  countInFlight,
  type DeviceSpec,
  type DeviceState,
  type DeviceWorld,
  type Session,
  TOPICS,
} from "./device-session.js";
import { memoryDisk } from "./memory-store.js";

export type { DeviceSpec, DeviceWorld } from "./device-session.js";

/**
 * A device without hardware: the component's own agent, examination, outbox and delivery, on a machine that is only facts, a disk
 * in memory and a clock that can run fast. Calls resolve when the device has done it; what it sends may still be in flight.
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
  /** Reports that were sent but not acknowledged; 0 for a device that has never received an acknowledgement. */
  readonly unacknowledged: number;
  /** Reports that wait to be sent. */
  readonly waiting: number;
  /** Switches it on, which makes a report about every job. */
  start(): Promise<void>;
  /** Ends in order; `lost`: as by a power cut. */
  stop(how: "in order" | "lost"): Promise<void>;
  /** Loses the network, while checks continue. */
  unplug(): Promise<void>;
  /** Connects again; reports that waited are sent as after any outage. */
  plug(): Promise<void>;
  check(trigger: Trigger): Promise<readonly Report[]>;
  /** Replaces the device's facts, and checks. */
  change(facts: DeviceFacts): Promise<void>;
  /** Deploys another version of a component, and checks. */
  deploy(component: string, version: string): Promise<void>;
  /** Restarts it with an empty disk: its next reports are of a new epoch. */
  loseState(): Promise<void>;
  /** Makes a report that is never sent and that the device drops as acknowledged: a gap that no report names. */
  skip(): Promise<Report | null>;
  /** Makes a report that the device discards before it is sent: its next report names the gap. */
  discard(): Promise<Report | null>;
}

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
    start: () => countInFlight(state, () => start(state)),
    stop: (how) => countInFlight(state, () => stop(state, how)),
    unplug: () => countInFlight(state, () => unplug(state, "lost")),
    plug: () => countInFlight(state, () => plug(state)),
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
      await countInFlight(state, async () => {
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

/** Makes one report, of the newest content, that is never sent; `then` decides what happens to it. */
async function makeUnsent(
  state: DeviceState,
  then: (session: Session, report: Report) => void,
): Promise<Report | null> {
  const { session } = state;
  if (session === null) return null;
  state.holdsBack = true;
  try {
    const reports = await session.check("COMMAND");
    // The outbox accepts an acknowledgement only of a report that was read.
    for (const report of reports) {
      session.outbox.read(report.id);
      then(session, report);
    }
    return reports[0] ?? null;
  } finally {
    state.holdsBack = false;
  }
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
