import { known } from "../../src/device/facts.js";
import { summarize } from "../../src/device/summary.js";
import type { ReceivedMessage } from "../../src/fleet/arrival.js";
import { floorPlan } from "../../src/lab/fleet/floor-plan.js";
import { type PreparedReports, preparedReports } from "../../src/lab/fleet/prepared-reports.js";
import { recordedMachines } from "../../src/lab/fleet/recorded-machines.js";
import { jobsIn } from "../../src/lab/fleet/virtual-fleet.js";
import { numberAll } from "../../src/outbox/numbering.js";
import { sha256 } from "../../src/platform/seals.js";
import type { UnnumberedReport } from "../../src/report/report.js";
import type { Kind } from "./day.js";

/** Makes what a million devices send: real reports, numbered, sealed and in their chains. */
export interface FleetReports {
  /** The number of kinds of devices, assigned in turn. */
  readonly kinds: number;
  readonly isJetson: (thing: number) => boolean;
  /** What the devices of one kind report, for `returnsAfterOutage`. */
  readonly sample: PreparedReports;
  /** The first message of a device and its facts, from which the store is filled. */
  first(thing: number, atMs: number): readonly ReceivedMessage[];
  /** The next message of a device, which follows on its first. */
  next(thing: number, kind: Kind, atMs: number): ReceivedMessage;
}

/** How many devices of the floor plan are examined: every kind is there. */
const KINDS = 20;
const EPOCH = "01kb7r5y00";
const SEALS = { digest: sha256, sign: () => null };
const ENCODER = new TextEncoder();
const TOPICS = "dt/packdrift/v1";

/** The name of a device: in the order of their numbers, so that a large store is filled fast. */
export function thingName(thing: number): string {
  return `line-${pad(Math.floor(thing / 1_000), 4)}-box-${pad(thing, 7)}`;
}

/** Examines one device of each kind, as the component does. */
export async function fleetReports(answers: readonly unknown[]): Promise<FleetReports> {
  const machines = recordedMachines();
  const plan = floorPlan(KINDS, machines, jobsIn(answers));
  const prepared = await preparedReports(plan, machines, answers);
  // Behind those of the plan stand those of its Xaviers with another JetPack.
  const jetsons = plan.devices.flatMap(({ facts }, kind) => (known(facts.jetson)?.family === "xavier" ? [kind] : []));
  const changed = new Map(jetsons.map((kind, at) => [kind, prepared[KINDS + at]?.complete]));
  const chains = new Map<number, { readonly sequence: number; readonly digest: string }>();
  const firstSeals: string[] = [];

  function make(thing: number, body: UnnumberedReport, atMs: number): ReceivedMessage {
    const before = chains.get(thing) ?? { sequence: 0, digest: null };
    const name = thingName(thing);
    const report = { ...body, thing: name, checkedAt: new Date(atMs).toISOString() } as UnnumberedReport;
    const chain = { era: 1, epoch: EPOCH, gaps: [], acknowledged: before.sequence > 0, ...before };
    const [made] = numberAll([report], chain, { wallMs: atMs, boot: "load", bootMs: atMs % 1e9 }, SEALS);
    if (made === undefined) throw new Error("A report was not numbered");
    chains.set(thing, { sequence: before.sequence + 1, digest: made.mark.digest });
    return messageOf(name, body.kind === "COMPLETE" ? "report" : "heartbeat", made.body, atMs);
  }

  function bodyOf(thing: number, kind: Kind): UnnumberedReport {
    const body = prepared[thing % KINDS];
    const found =
      kind === "CHANGED" ? changed.get(thing % KINDS) : kind === "COMPLETE" ? body?.complete : body?.heartbeat;
    if (found === undefined) throw new Error(`Devices of kind ${thing % KINDS} have no ${kind} report`);
    return found;
  }

  return {
    kinds: KINDS,
    isJetson: (thing) => changed.has(thing % KINDS),
    sample: prepared[0] as PreparedReports,
    first(thing, atMs) {
      const report = make(thing, bodyOf(thing, "COMPLETE"), atMs);
      firstSeals[thing % KINDS] = chains.get(thing)?.digest ?? "";
      const facts = plan.devices[thing % KINDS]?.facts;
      if (facts === undefined) return [report];
      const name = thingName(thing);
      return [report, messageOf(name, "facts", JSON.stringify({ thing: name, facts: summarize(facts) }), atMs)];
    },
    next(thing, kind, atMs) {
      if (!chains.has(thing)) chains.set(thing, { sequence: 1, digest: firstSeals[thing % KINDS] ?? "" });
      return make(thing, bodyOf(thing, kind), atMs);
    },
  };
}

function messageOf(thing: string, level: string, text: string, atMs: number): ReceivedMessage {
  const receivedAt = new Date(atMs).toISOString();
  return { topic: `${TOPICS}/${thing}/${level}`, payload: ENCODER.encode(text), receivedAt };
}

function pad(number: number, digits: number): string {
  return String(number).padStart(digits, "0");
}
