import { describe, expect, it } from "vitest";
import type { SegmentStore } from "../../src/outbox/segment-store.js";
import { heartbeat } from "../../src/report/make-report.js";
import type { Report } from "../../src/report/report.js";
import { seeded } from "../chaos/seeded.js";
import { runs } from "../long-runs.js";
import { someReport, unnumbered } from "../report/builders.js";
import { firstOf, memoryStore, readOnly, someOutbox } from "./builders.js";

/** A life among failing disks and kills, and what came of every report that was made. */
function live(seed: number, failing: number, steps: number) {
  const random = seeded(seed);
  const files: Record<string, Buffer> = {};
  let fails = 0;
  const store = () => {
    const real = memoryStore(files);
    real.failing = (call) => (call !== "list" && random() < fails ? readOnly() : null);
    return {
      ...real,
      append(name: string, at: number, bytes: Buffer, durable: boolean) {
        // What fails may leave any part of what was to be written.
        if (random() < fails) {
          const before = files[name] ?? Buffer.alloc(0);
          if (before.length === at) files[name] = Buffer.concat([before, bytes.subarray(0, random() * bytes.length)]);
          throw readOnly();
        }
        real.append(name, at, bytes, durable);
      },
    } satisfies SegmentStore;
  };
  const open = () => someOutbox(store(), { maxBytes: () => 131_072 });
  let outbox = open();
  const made = new Map<string, string>();
  const arrived = new Map<string, Report>();
  const twice: string[] = [];
  const inMemory = new Set<string>();
  const excused = new Set<string>();
  const jobs = ["a", "b", "c"].map((name) =>
    unnumbered(someReport({ job: { ...someReport().job, name }, matches: [] })),
  );

  function add() {
    const reports = Array.from({ length: 1 + Math.floor(random() * 3) }, () => {
      const report = jobs[Math.floor(random() * 3)] as (typeof jobs)[0];
      return random() < 0.5 ? heartbeat(report) : report;
    });
    for (const each of outbox.addAll(reports)) {
      if (made.has(each.id)) twice.push(each.id);
      made.set(each.id, JSON.stringify(each));
      if (outbox.storage.kind === "memory") inMemory.add(each.id);
    }
  }
  function deliver(): boolean {
    let report: Report | null = null;
    try {
      report = firstOf(outbox);
    } catch {
      // It cannot be read just now.
    }
    if (report === null) return false;
    arrived.set(report.id, report);
    outbox.delivered(report.id);
    return true;
  }
  for (let step = 0; step < steps; step++) {
    fails = random() < 0.5 ? failing : 0;
    const what = random();
    if (what < 0.5) add();
    else if (what < 0.8) deliver();
    else if (what < 0.85) outbox.discard(outbox.unsent()[0]?.id ?? "");
    else if (what < 0.9) outbox.collapse();
    else if (what < 0.95) outbox.recover();
    else {
      // Killed: what was in memory alone is lost, as its reports have said.
      outbox.close();
      for (const id of inMemory) excused.add(id);
      inMemory.clear();
      outbox = open();
    }
    if (outbox.storage.kind === "disk") inMemory.clear();
  }
  fails = 0;
  outbox.recover();
  add();
  while (deliver());
  // What is still to be told is told by the next reports.
  for (let n = 0; n < 30; n++) {
    add();
    while (deliver());
  }
  const named = [...arrived.values()].flatMap(({ epoch, gaps = [] }) =>
    gaps.map((gap) => ({ ...gap, epoch: gap.epoch ?? epoch })),
  );
  const isNamed = (id: string) => {
    const [epoch = "", sequence] = id.split(".");
    const at = Number(sequence);
    return named.some((gap) => gap.epoch === epoch && gap.fromSequence <= at && at <= gap.toSequence);
  };
  const lost = [...made.keys()].filter((id) => !arrived.has(id) && !isNamed(id) && !excused.has(id));
  return { made, twice, arrived, lost };
}

describe("an outbox on a disk that fails at any call, and leaves any part of a write", () => {
  it.each([0, 0.1, 0.3, 0.8])(
    "gives no id twice and loses nothing unnamed that is not in memory, failing %f",
    (failing) => {
      for (let seed = 1; seed <= runs(50); seed++) {
        const { made, twice, arrived, lost } = live(seed, failing, 120);

        expect(twice).toEqual([]);
        expect(lost).toEqual([]);
        // A report of which the write failed, and all of which is left, may come under the id that it did not get.
        if (failing === 0) expect([...arrived.keys()].filter((id) => !made.has(id))).toEqual([]);
      }
    },
  );
});
