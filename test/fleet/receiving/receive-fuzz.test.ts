import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createReceiver } from "../../../src/fleet/receiving/receive.js";
import type { Received } from "../../../src/fleet/receiving/received.js";
import { encodeReport } from "../../../src/report/encode.js";
import { bytesInMemory } from "../../../src/report/parts.js";
import type { CompleteReport, Gap } from "../../../src/report/report.js";
import { startCpuTime } from "../../cpu-time.js";
import { heapBytes } from "../../heap-bytes.js";
import { runs } from "../../long-runs.js";
import { sha256 } from "../../outbox/builders.js";
import { someFinding, someReport } from "../../report/builders.js";

const RUNS = Number(process.env.FUZZ_RUNS ?? runs(500));
const MOST_BYTES = 60_000;
const MOST = Number.MAX_SAFE_INTEGER;

/** Mostly small and close together, now and then beyond all measure. */
const sequences = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: 1, max: 12 }) },
  { weight: 1, arbitrary: fc.constantFrom(1_000, 10 ** 9, MOST - 1, MOST) },
);
const gaps = fc
  .tuple(sequences, sequences, fc.nat(), fc.option(fc.constantFrom("e1", "e2", "e3"), { nil: undefined }))
  .map(([one, other, share, epoch]): Gap => {
    const [fromSequence, toSequence] = one < other ? [one, other] : [other, one];
    const count = 1 + (share % Math.min(2 ** 31, toSequence - fromSequence + 1));
    return { fromSequence, toSequence, count, ...(epoch === undefined ? {} : { epoch }) };
  });
const reports = fc
  .record({
    thing: fc.constantFrom("a", "b"),
    epoch: fc.constantFrom("e1", "e2", "e3"),
    sequence: sequences,
    hour: fc.integer({ min: 10, max: 20 }),
    findings: fc.constantFrom(0, 0, 0, 30),
    gaps: fc.oneof(fc.constant([]), fc.array(gaps, { maxLength: 3 })),
    isChanged: fc.nat(9).map((nat) => nat === 0),
  })
  .map(({ epoch, sequence, hour, findings, isChanged, ...rest }): CompleteReport => {
    const checkedAt = `2026-11-23T${hour}:00:00.000Z`;
    const place = { id: `${epoch}.${sequence}`, epoch, sequence, checkedAt };
    const drift = isChanged ? ("IN_SYNC" as const) : ("DRIFTED" as const);
    return someReport({ ...rest, ...place, drift, findings: Array(findings).fill(someFinding()) });
  });
interface Coming {
  readonly at: number;
  readonly message: string | null;
}

/** The messages of reports, some lost, some twice and all a little out of order; null: wait no longer. */
const messages = fc
  .array(fc.tuple(reports, fc.array(fc.nat(8), { minLength: 8, maxLength: 8 }), fc.nat(30)), { maxLength: 60 })
  .map((made) =>
    made
      .flatMap(([report, delays, what], at): Coming[] => {
        if (what === 0) return [{ at, message: null }];
        const parts = encodeReport(report, 5_000);
        return parts.flatMap((message, part) => {
          const delay = delays[part % delays.length] ?? 0;
          const first = { at: at + delay, message };
          return what === 1 && part === 0 ? [] : what < 6 ? [first, { at: at + 2 * delay, message }] : [first];
        });
      })
      .sort((a, b) => a.at - b.at)
      .map(({ message }) => message),
  );

/** Keeps the promises of a receiver, or throws. */
function promises(to: ReturnType<typeof createReceiver>) {
  const given = new Map<string, { last: number; ids: Set<string>; ends: number }>();
  const early = new Map<string, number>();
  const reached = new Map<string, number>();
  const of = (thing: string, epoch: string) => {
    const key = `${thing} ${epoch}`;
    const known = given.get(key) ?? { last: 0, ids: new Set<string>(), ends: 0 };
    given.set(key, known);
    return known;
  };
  return {
    early,
    keep(received: readonly Received[]) {
      for (const each of received) {
        if (each.kind === "refused") throw new Error(each.why);
        if (each.kind === "early") {
          early.set(`${each.report.thing} ${each.report.id}`, bytesInMemory(JSON.stringify(each.report)));
        }
        if (each.kind === "gap") {
          const epoch = of(each.thing, each.epoch);
          if (each.fromSequence > each.toSequence || each.fromSequence <= epoch.last) throw new Error("a gap behind");
          epoch.last = each.toSequence;
        }
        if (each.kind !== "report") continue;
        const { thing, epoch: name, id, sequence } = each.report;
        const epoch = of(thing, name);
        if (epoch.ids.has(id)) throw new Error(`${id} was given twice`);
        epoch.ids.add(id);
        early.delete(`${thing} ${id}`);
        if (each.late) continue;
        if (sequence <= epoch.last) throw new Error(`${id} was given out of order`);
        if (epoch.last > 0 && sequence !== epoch.last + 1) throw new Error(`${id} was given before its turn`);
        epoch.last = sequence;
      }
      for (const thing of ["a", "b"]) {
        const { before = [], ...newest } = to.contiguous(thing) ?? { epoch: "", sequence: 0 };
        for (const { epoch, sequence } of [newest, ...before]) {
          const key = `${thing} ${epoch}`;
          if (sequence < (reached.get(key) ?? 0)) throw new Error(`${key} went back to ${sequence}`);
          reached.set(key, sequence);
          const { last } = of(thing, epoch);
          if (last > 0 && last !== sequence) throw new Error(`${key} says ${sequence} and has given ${last}`);
        }
      }
      const bytes = [...early.values()].reduce((sum, each) => sum + each, 0);
      if (bytes > MOST_BYTES) throw new Error(`${bytes} bytes wait, more than ${MOST_BYTES}`);
    },
  };
}

describe("createReceiver, whatever comes", () => {
  it("returns each report once and in order, never goes back, and holds back no more than its limit", () => {
    fc.assert(
      fc.property(messages, fc.boolean(), fc.integer({ min: 1, max: 12 }), (coming, fromStart, mostHeld) => {
        const to = createReceiver({ digest: sha256, fromStart, mostHeld, mostBytes: MOST_BYTES });
        const { early, keep } = promises(to);
        const cpuMs = startCpuTime();

        for (const message of coming) keep(message === null ? to.release() : to.receive(message));
        keep(to.release());

        expect(early).toEqual(new Map());
        expect(cpuMs()).toBeLessThan(2_000);
      }),
      { numRuns: RUNS },
    );
  });

  it("refuses what is not a report, and continues", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.uint8Array()), fc.string(), (message, from) => {
        const to = createReceiver({ digest: sha256 });
        expect(to.receive(message, from).map(({ kind }) => kind)).toEqual(["refused"]);
        expect(to.receive(JSON.stringify(someReport())).map(({ kind }) => kind)).toEqual(["report"]);
      }),
      { numRuns: RUNS },
    );
  });

  it("stays within its limits of memory and time in a flood", () => {
    const to = createReceiver({ digest: sha256, mostBytes: 2 ** 20, mostThings: 50, mostHeld: 1_000 });
    const because = "x".repeat(100_000);
    const before = heapBytes();
    for (let at = 0; at < 600; at++) {
      const place = { id: `e.${2 * at + 1}`, epoch: "e", sequence: 2 * at + 1, thing: `t${at % 100}` };
      const report = someReport({ ...place, findings: [someFinding({ because })], gaps: [widest(at)] });
      to.receive(JSON.stringify(report));
      to.receive(JSON.stringify({ ...report, part: { index: 1 + (at % 9), of: 10 } }));
    }
    expect(heapBytes() - before).toBeLessThan(20 * 2 ** 20);
  });
});

const widest = (at: number): Gap => ({ fromSequence: 1 + at, toSequence: MOST - at, count: 1 + at });
