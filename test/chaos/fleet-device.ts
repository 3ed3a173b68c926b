import type { Finding } from "../../src/drift/finding.js";
import { parseAcknowledgements } from "../../src/outbox/acknowledgement.js";
import { encodeReport } from "../../src/report/encode.js";
import { heartbeat } from "../../src/report/make-report.js";
import type { CompleteReport, Gap, Report } from "../../src/report/report.js";
import { someReport } from "../report/builders.js";
import { seal } from "./ledger.js";

/** A message of a device, before the broker has it. */
export interface DeviceMessage {
  readonly topic: string;
  readonly payload: string;
}

/** A report that its device made, and what became of it there. */
export interface Made {
  readonly epoch: string;
  readonly sequence: number;
  readonly drift: Report["drift"];
  readonly messages: readonly DeviceMessage[];
  /** What it names as lost. */
  readonly gaps: readonly Gap[];
  /** The device lost it before it was acknowledged, and says so in a later report. */
  isLost: boolean;
}

/** A device that makes reports, and sends them until they are acknowledged. */
export interface FleetDevice {
  readonly thing: string;
  /** Everything that it ever made, in order. */
  readonly made: readonly Made[];
  /** What it sends again. */
  readonly outbox: ReadonlySet<Made>;
  make(): void;
  /** Handles an acknowledgement; returns what was wrong with it, if anything. */
  acknowledge(payload: string): string | null;
  /** By epoch, the highest sequence acknowledged. */
  readonly acknowledged: ReadonlyMap<string, number>;
}

const COMPLETE = 0.3;
const LOSES = 0.03;
const NEW_EPOCH = 0.01;
const LONG = 0.2;
/** Small, so that a report with many findings travels in parts. */
const MESSAGE_BYTES = 3_000;

/** Makes a device as the component does it: numbered, chained, with lost reports named, in parts where long. */
export function fleetDevice(thing: string, random: () => number): FleetDevice {
  const made: Made[] = [];
  const outbox = new Set<Made>();
  const acknowledged = new Map<string, number>();
  let epochs = 0;
  let epoch = `e1-${thing}`;
  let sequence = 0;
  let previous: string | undefined;
  let bootMs = 1_000;
  let gaps: Gap[] = [];
  let named: readonly Gap[] = [];
  let last: CompleteReport = someReport({ thing });
  epochs += 1;

  function number<T extends Report>(report: T): T {
    sequence += 1;
    named = gaps;
    bootMs += 1_000;
    const numbered = {
      ...report,
      thing,
      epoch,
      sequence,
      id: `${epoch}.${sequence}`,
      checkedAt: new Date(Date.parse("2026-11-23T18:00:00Z") + bootMs).toISOString(),
      clock: { boot: "boot-1", ms: bootMs },
      ...(previous === undefined ? {} : { previous }),
      ...(gaps.length === 0 ? {} : { gaps }),
    };
    gaps = [];
    previous = seal(numbered);
    return numbered;
  }

  function complete(): CompleteReport {
    const drifts = random() < 0.5;
    const count = random() < LONG ? 8 : 1;
    const finding = (at: number): Finding => ({
      rule: "compiler.trt-ver",
      path: `Configuration.Greengrass.CompilerOptions.trt-ver-${at}`,
      expected: "7.1.3",
      actual: "8.2.1",
      outcome: "DRIFT",
      severity: "BLOCKING",
      because: `TensorRT differs, ${"as seen on this device, ".repeat(20)}${at}`,
      evidence: [],
      remedy: ["Install TensorRT 7.1.3"],
      fingerprint: `f${at}`,
    });
    const findings = drifts ? Array.from({ length: count }, (_, at) => finding(at)) : [];
    const drift = drifts ? "DRIFTED" : "IN_SYNC";
    const runnable = drifts ? "WILL_NOT_RUN" : "RUNNABLE";
    const { gaps: _gaps, previous: _previous, ...rest } = last;
    const counts = { ...rest.counts, drift: findings.length, blocking: findings.length };
    last = { ...rest, kind: "COMPLETE", trigger: "FACT_CHANGE", drift, runnable, counts, findings };
    return last;
  }

  /** Loses reports that nobody has acknowledged, as a full outbox does, and names them. */
  function lose(): void {
    // Where an epoch begins is settled by its first report only after an hour: too long here.
    if (!acknowledged.has(epoch)) return;
    const oldest = [...outbox].filter((each) => each.epoch === epoch).slice(0, 1 + Math.floor(random() * 3));
    for (const each of oldest) {
      outbox.delete(each);
      each.isLost = true;
      gaps.push(...each.gaps, { fromSequence: each.sequence, toSequence: each.sequence, count: 1 });
    }
  }

  return {
    thing,
    made,
    outbox,
    acknowledged,
    make() {
      if (made.length > 0 && random() < NEW_EPOCH && gaps.length === 0) {
        epochs += 1;
        epoch = `e${epochs}-${thing}`;
        sequence = 0;
      }
      if (random() < LOSES) lose();
      const isComplete = sequence === 0 || random() < COMPLETE;
      const report: Report = number(isComplete ? complete() : ({ ...heartbeat(last), clock: undefined } as never));
      const leaf = report.kind === "COMPLETE" ? "report" : "heartbeat";
      const messages = encodeReport(report, MESSAGE_BYTES).map((payload) => ({
        topic: `dt/packdrift/v1/${thing}/${leaf}`,
        payload,
      }));
      const entry: Made = { epoch, sequence, drift: report.drift, messages, gaps: named, isLost: false };
      made.push(entry);
      outbox.add(entry);
    },
    acknowledge(payload) {
      for (const { epoch: of, sequence: upTo } of parseAcknowledgements(payload)) {
        if (of === null) return "an acknowledgement names no epoch";
        const highest = made.reduce((most, each) => (each.epoch === of ? Math.max(most, each.sequence) : most), 0);
        if (upTo > highest) return `${thing} ${of} is acknowledged up to ${upTo}, made up to ${highest}`;
        acknowledged.set(of, Math.max(upTo, acknowledged.get(of) ?? 0));
        for (const each of outbox) if (each.epoch === of && each.sequence <= upTo) outbox.delete(each);
      }
      return null;
    },
  };
}
