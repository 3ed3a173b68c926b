import { DeliveryError } from "../../src/base/errors.js";
import { memoryDisk } from "../../src/lab/fleet/memory-store.js";
import { virtualTime } from "../../src/lab/fleet/virtual-time.js";
import { deliver } from "../../src/outbox/deliver.js";
import { openOutbox } from "../../src/outbox/outbox.js";
import { sha256 } from "../../src/platform/seals.js";
import type { UnnumberedReport } from "../../src/report/report.js";
import { OUTAGE_SECONDS, type Return } from "./day.js";

/** A fleet that is cut off for an hour. */
interface CutOffParts {
  readonly devices: number;
  /** Every device makes a heartbeat during the outage; one in this many also makes a complete report. */
  readonly everyChanged: number;
  readonly complete: UnnumberedReport;
  readonly heartbeat: UnnumberedReport;
  readonly random: () => number;
}

const STARTED_MS = Date.UTC(2026, 10, 30);
const IN_FLIGHT = 8;
/** By then the last wait is over: the longest retry and the longest spread. */
const BACK_WITHIN_MS = 900_000;

/**
 * When devices send after an outage: the component's own outbox and delivery, on a clock that jumps. The connection itself is
 * taken to be back for all at once.
 */
export async function returnsAfterOutage(parts: CutOffParts): Promise<readonly Return[]> {
  const { devices, everyChanged, random } = parts;
  const time = virtualTime(STARTED_MS, () => 0);
  const backMs = STARTED_MS + OUTAGE_SECONDS * 1_000;
  const returns: Return[] = [];
  const noteSent = (kind: "COMPLETE" | "HEARTBEAT") => returns.push({ afterMs: time.now() - backMs, kind });
  for (let at = 0; at < devices; at += 1) {
    const { outbox, delivery } = cutOffDevice(`box-${at}`, {
      time,
      random,
      isBack: () => time.now() >= backMs,
      noteSent,
    });
    const make = (report: UnnumberedReport) =>
      time.later(random() * OUTAGE_SECONDS * 1_000, () => {
        outbox.add({ ...report, thing: `box-${at}` } as UnnumberedReport);
        void delivery.flush();
      });
    make(parts.heartbeat);
    if (at % everyChanged === 0) make(parts.complete);
  }
  await time.jumpTo(backMs + BACK_WITHIN_MS, () => Promise.resolve());
  time.stop();
  return returns.sort((a, b) => a.afterMs - b.afterMs);
}

interface World {
  readonly time: ReturnType<typeof virtualTime>;
  readonly random: () => number;
  readonly isBack: () => boolean;
  readonly noteSent: (kind: "COMPLETE" | "HEARTBEAT") => void;
}

function cutOffDevice(thing: string, { time, random, isBack, noteSent }: World) {
  const bootMs = () => time.now() - STARTED_MS;
  const outbox = openOutbox({
    store: memoryDisk().segments,
    maxBytes: () => 2 ** 20,
    newEpoch: () => "e1",
    now: () => ({ wallMs: time.now(), boot: thing, bootMs: bootMs() }),
    digest: sha256,
    checksum: () => 0,
    sign: () => null,
    onProblem(problem) {
      throw new Error(`The outbox of ${thing} has a problem: ${problem}`);
    },
  });
  const delivery = deliver({
    outbox,
    transport: {
      name: "mqtt",
      inFlight: IN_FLIGHT,
      async publish(topic) {
        if (!isBack()) throw new DeliveryError(`Cannot publish to "${topic}": no connection`, true);
        noteSent(topic === "report" ? "COMPLETE" : "HEARTBEAT");
      },
    },
    topicOf: ({ kind }) => (kind === "COMPLETE" ? "report" : "heartbeat"),
    maxMessageBytes: () => 100_000,
    later: time.later,
    nowMs: bootMs,
    random,
    onEvent: () => {},
  });
  return { outbox, delivery };
}
