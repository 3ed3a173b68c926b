import { describe, expect, it } from "vitest";
import { heartbeat } from "../../src/report/make-report.js";
import type { Report } from "../../src/report/report.js";
import { sealedText } from "../../src/report/seal.js";
import { someReport, unnumbered } from "../report/builders.js";
import { firstOf, memoryStore, readOnly, sha256, someOutbox } from "./builders.js";

const report = unnumbered(someReport());
const beat = heartbeat(report);
const about = (name: string) => unnumbered(someReport({ job: { ...someReport().job, name } }));
const HOUR_MS = 3_600_000;

/** Everything that waits, in its order. */
function rest(outbox: ReturnType<typeof someOutbox>): readonly Report[] {
  return outbox.unsent().map(({ id }) => outbox.read(id) as Report);
}
const sequences = (reports: readonly Report[]) => reports.map(({ sequence }) => sequence);
const segments = (store: ReturnType<typeof memoryStore>) => Object.keys(store.files).sort();
const newest = (store: ReturnType<typeof memoryStore>) => segments(store).pop() ?? "";
const onDisk = (store: ReturnType<typeof memoryStore>) =>
  Object.values(store.files).reduce((sum, file) => sum + file.length, 0);

describe("outbox", () => {
  it("numbers reports without a gap and returns them in their order", () => {
    const outbox = someOutbox();

    const made = [outbox.add(report), outbox.add(report), outbox.add(report)];

    expect(sequences(made)).toEqual([1, 2, 3]);
    expect(rest(outbox)).toEqual(made);
    const given: number[] = [];
    for (let first = firstOf(outbox); first !== null; first = firstOf(outbox)) {
      given.push(first.sequence);
      outbox.delivered(first.id);
    }
    expect(given).toEqual([1, 2, 3]);
  });

  it("has a report durably on the disk before it counts as made", () => {
    const store = memoryStore();
    const made = someOutbox(store).add(report);

    expect(store.calls).toEqual(["list", "append durable"]);
    expect(rest(someOutbox(store))).toEqual([made]);
  });

  it("continues with the same epoch and the next sequence after a restart, waiting reports included", () => {
    const store = memoryStore();
    const before = someOutbox(store);
    const first = before.add(report);
    const second = before.add(report);
    before.delivered(first.id);

    const after = someOutbox(store);

    expect(rest(after)).toEqual([second]);
    expect(after.add(report)).toMatchObject({ epoch: first.epoch, sequence: 3 });
  });

  it("assigns no id twice when the first write that fails is the mark of a delivery", () => {
    const store = memoryStore();
    const before = someOutbox(store);
    const first = before.add(report);
    store.failing = () => readOnly();
    before.delivered(first.id);
    const inMemory = before.add(report);
    store.failing = null;

    const after = someOutbox(store).add(report);

    expect(inMemory.epoch).not.toBe(first.epoch);
    expect(new Set([first.id, inMemory.id, after.id]).size).toBe(3);
  });

  it("assigns no sequence twice when the last report was acknowledged just before the end", () => {
    const store = memoryStore();
    const before = someOutbox(store);
    before.acknowledge(before.add(report).sequence);

    expect(someOutbox(store).add(report).sequence).toBe(2);
  });

  it("seals each report with the digest of the one before, over restarts", () => {
    const store = memoryStore();
    const before = someOutbox(store);
    const made = [before.add(report), before.add(beat)];
    made.push(someOutbox(store).add(report));

    expect(made.map(({ previous }) => previous)).toEqual([
      undefined,
      ...made.slice(0, 2).map((each) => sha256(sealedText(each))),
    ]);
  });

  it("signs over the seal when it has a key", () => {
    const made = someOutbox(memoryStore(), { sign: (text) => `signed ${text}` }).add(report);

    expect(made.signature).toBe(`signed packdrift.report/1 ${sha256(sealedText(made))}`);
  });

  it("reports the boot's clock besides the wall clock", () => {
    const outbox = someOutbox(memoryStore(), { now: () => ({ wallMs: 0, boot: "b7", bootMs: 12.6 }) });

    expect(outbox.add(report).clock).toEqual({ boot: "b7", ms: 13 });
  });
});

describe("several reports at a time", () => {
  const three = [about("one"), about("two"), about("three")];

  it("reach the disk together, in their order, each sealed with the digest of the one before", () => {
    const store = memoryStore();
    const outbox = someOutbox(store);

    const made = outbox.addAll(three);

    expect(store.calls.filter((call) => call === "append durable")).toHaveLength(1);
    expect([sequences(made), made.map(({ job }) => job.name)]).toEqual([
      [1, 2, 3],
      ["one", "two", "three"],
    ]);
    expect(made.map(({ previous }) => previous)).toEqual([
      undefined,
      ...made.slice(0, 2).map((each) => sha256(sealedText(each))),
    ]);
    expect([rest(outbox), rest(someOutbox(store))]).toEqual([made, made]);
    expect(someOutbox(store).add(report).previous).toBe(sha256(sealedText(made[2] as Report)));
  });

  it("are no problem when there are none", () => {
    const store = memoryStore();

    expect(someOutbox(store).addAll([])).toEqual([]);
    expect(store.calls).toEqual(["list"]);
  });

  it("name what was dropped once, in the first of them", () => {
    const outbox = someOutbox();
    outbox.discard(outbox.add(report).id);

    const made = outbox.addAll(three);

    expect(made.map(({ gaps }) => gaps)).toEqual([
      [{ fromSequence: 1, toSequence: 1, count: 1 }],
      undefined,
      undefined,
    ]);
  });

  it("are all kept in memory, in a separate epoch, while the disk fails, and are written when it works again", () => {
    const store = memoryStore();
    const outbox = someOutbox(store);
    const before = outbox.add(report);
    store.failing = (call) => (call === "append durable" ? readOnly() : null);

    const made = outbox.addAll(three);

    expect(sequences(made)).toEqual([1, 2, 3]);
    expect(new Set(made.map(({ epoch }) => epoch)).size).toBe(1);
    expect(made[0]?.epoch).not.toBe(before.epoch);
    store.failing = null;
    const after = outbox.addAll([report, report]);
    expect(rest(someOutbox(store))).toEqual([before, ...made, ...after]);
  });

  it("supersede what is older of each of their jobs when there is no room, and nothing else", () => {
    const problems: string[] = [];
    const onProblem = (what: string) => void problems.push(what);
    const outbox = someOutbox(memoryStore(), { maxBytes: () => 65_536, onProblem });
    const other = outbox.add(about("other"));
    const jobs = Array.from({ length: 16 }, (_, at) => about(`job-${at}`));
    const old = outbox.addAll(jobs);

    const made = outbox.addAll(jobs);

    const left = outbox.unsent().map(({ id }) => id);
    expect(left).toContain(other.id);
    expect(left).not.toContain(old[0]?.id);
    expect(left.slice(-16)).toEqual(made.map(({ id }) => id));
    expect(problems).toEqual([]);
  });

  it.each([1, 2, 3])("keep those that were written whole when a write is torn within report %i", (torn) => {
    const store = memoryStore();
    const made = someOutbox(store).addAll(three);
    const file = store.files[newest(store)] ?? Buffer.alloc(0);
    const lines = file.toString().split("\n");
    // The header, the reports before, and half of the one that is torn.
    const kept = lines.slice(0, torn).join("\n").length + 1 + (lines[torn]?.length ?? 0) / 2;
    store.files[newest(store)] = file.subarray(0, kept);

    expect(rest(someOutbox(store))).toEqual(made.slice(0, torn - 1));
  });
});

describe("a damaged outbox", () => {
  it("cuts off a record that was torn while it was written, and uses its sequence again in the same epoch", () => {
    const store = memoryStore();
    const before = someOutbox(store);
    const first = before.add(report);
    const whole = store.files[newest(store)] ?? Buffer.alloc(0);
    before.add(beat);
    const name = newest(store);
    const all = store.files[name] ?? Buffer.alloc(0);
    for (let length = whole.length; length < all.length; length++) {
      const torn = memoryStore({ [name]: all.subarray(0, length) });
      const problems: string[] = [];
      const after = someOutbox(torn, { onProblem: (what) => problems.push(what) });

      expect([rest(after), problems]).toEqual([[first], []]);
      expect(after.add(report)).toMatchObject({ epoch: first.epoch, sequence: 2 });
      expect(sequences(rest(someOutbox(torn)))).toEqual([1, 2]);
    }
  });

  it("skips a record with a flipped bit, says so, names what was lost and begins a new epoch", () => {
    const store = memoryStore();
    const before = someOutbox(store);
    const made = [before.add(report), before.add(about("two")), before.add(report)];
    const bytes = store.files[newest(store)] ?? Buffer.alloc(0);
    const at = bytes.indexOf('"two"');
    bytes[at] = (bytes[at] as number) ^ 1;
    const problems: string[] = [];

    const after = someOutbox(store, { onProblem: (what) => problems.push(what) });
    const next = after.add(report);

    expect(problems).toEqual([`Cannot read 1 of the 4 records of "segment-000000000001.log": damaged`]);
    expect(next.epoch).not.toBe(made[0]?.epoch);
    expect(next.sequence).toBe(1);
    expect(next.gaps).toEqual([{ epoch: made[0]?.epoch, fromSequence: 2, toSequence: 2, count: 1 }]);
    expect(rest(after)).toEqual([made[0], made[2], next]);
  });

  it("never reads a foreign file, and leaves it as it is", () => {
    const files = { "notes.txt": Buffer.from("mine"), "segment-1.log": Buffer.from("not ours either") };
    const store = memoryStore({ ...files });

    expect(someOutbox(store).add(report).sequence).toBe(1);
    expect(store.files).toMatchObject(files);
  });

  it("sets a segment aside that holds nothing but rubbish, says so and continues in a new epoch", () => {
    const store = memoryStore({ "segment-000000000007.log": Buffer.from("rubbish\nof several lines\n") });
    const problems: string[] = [];
    const outbox = someOutbox(store, { onProblem: (what) => problems.push(what) });

    expect(outbox.add(report).sequence).toBe(1);
    expect(problems).toEqual([
      'Cannot read "segment-000000000007.log": it holds no readable record; it is set aside as "damaged.log"',
    ]);
    expect(segments(store)).toEqual(["damaged.log", "segment-000000000008.log"]);
  });

  it("survives any change of any bytes without a throw and without a report that was never made", () => {
    const store = memoryStore();
    const before = someOutbox(store);
    const made = [before.add(report), before.add(beat), before.add(about("x"))].map((each) => JSON.stringify(each));
    const name = newest(store);
    const bytes = store.files[name] ?? Buffer.alloc(0);
    let seed = 1;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return Math.floor((seed / 2 ** 31) * below);
    };
    for (let round = 0; round < 400; round++) {
      const spoilt = Buffer.from(bytes);
      for (let n = random(4); n >= 0; n--) spoilt[random(spoilt.length)] = random(256);
      const after = someOutbox(memoryStore({ [name]: spoilt.subarray(0, spoilt.length - random(3) * random(200)) }));

      expect(made).toEqual(expect.arrayContaining(rest(after).map((each) => JSON.stringify(each))));
      expect(after.add(report).sequence).toBeGreaterThan(0);
    }
  });

  it("names as a gap a report whose bytes are gone while it waits", () => {
    const store = memoryStore();
    const problems: string[] = [];
    const outbox = someOutbox(store, { onProblem: (what) => problems.push(what) });
    const { id } = outbox.add(report);
    for (const name of segments(store)) delete store.files[name];

    expect(firstOf(outbox)).toBeNull();
    expect(problems).toEqual([
      `Cannot read the waiting report ${id}: it is damaged or gone, so it is named as a gap`,
      expect.stringContaining("Another process writes to the outbox, so a new epoch begins"),
    ]);
    // By whomever it was taken: somebody else may go on in its epoch.
    expect(outbox.add(report)).toMatchObject({ gaps: [{ fromSequence: 1, toSequence: 1, count: 1 }] });
    expect(outbox.storage.kind).toBe("disk");
  });
});

describe("an outbox that has lost a part", () => {
  // Segments of 4 KB: two reports each.
  const maxBytes = () => 65_536;
  const spoilt = Buffer.from("rubbish\nof several lines\n");
  const lostOf = ({ gaps = [], epoch }: Report) =>
    gaps.map((gap) => ({ epoch: gap.epoch ?? epoch, from: gap.fromSequence, to: gap.toSequence, count: gap.count }));

  it("names what was in an old segment, continues in its epoch, and names it once", () => {
    const store = memoryStore();
    const made = someOutbox(store, { maxBytes }).addAll([about("a"), about("b"), about("c")]);
    const before = someOutbox(store, { maxBytes });
    const later = [before.add(about("d")), before.add(about("e"))];
    expect(segments(store).length).toBeGreaterThan(1);
    store.files[segments(store)[0] ?? ""] = spoilt;

    const after = someOutbox(store, { maxBytes });
    const next = after.add(report);

    const { epoch } = made[0] as Report;
    expect(rest(after)).toEqual([...later, next]);
    expect([next.epoch, next.sequence]).toEqual([epoch, 6]);
    expect(lostOf(next)).toEqual([{ epoch, from: 1, to: 3, count: 3 }]);
    expect(after.damage).toBeNull();
    const again = someOutbox(store, { maxBytes });
    expect(again.add(report)).toMatchObject({ epoch, sequence: 7 });
    expect(segments(store)).toContain("damaged.log");
    expect(rest(again)[3]?.gaps).toBeUndefined();
  });

  it("says when the newest cannot be read, and never assigns a sequence of its epoch again", () => {
    const store = memoryStore();
    const before = someOutbox(store, { maxBytes });
    const made = Array.from({ length: 6 }, (_, at) => before.add(about(`job-${at}`)));
    const lost = newest(store);
    store.files[lost] = spoilt;

    const after = someOutbox(store, { maxBytes });

    const { epoch } = made[0] as Report;
    const left = rest(after);
    expect(left.length).toBeLessThan(6);
    expect(after.damage).toBe(
      `The outbox was damaged: reports after ${epoch}.${left.length} may be lost without being named as a gap`,
    );
    // Nothing was made meanwhile.
    const again = someOutbox(store, { maxBytes });
    expect([again.damage, rest(again)]).toEqual([null, left]);
    expect(again.add(report).epoch).not.toBe(epoch);
  });

  it("names a lost report, and the gaps that it was to name", () => {
    const store = memoryStore();
    const before = someOutbox(store);
    before.add(about("one"));
    before.discard(before.add(about("two")).id);
    const carrier = before.add(about("three"));
    const last = before.add(about("four"));
    expect(carrier.gaps).toHaveLength(1);
    const bytes = store.files[newest(store)] ?? Buffer.alloc(0);
    const at = bytes.indexOf('"three"');
    bytes[at] = (bytes[at] as number) ^ 1;

    const next = someOutbox(store).add(report);

    expect(lostOf(next)).toEqual([{ epoch: last.epoch, from: 2, to: 3, count: 2 }]);
  });

  it("keeps or names every report that was in memory, wherever the write that restores them is torn", () => {
    const store = memoryStore();
    const outbox = someOutbox(store);
    outbox.add(about("before"));
    const name = newest(store);
    const old = store.files[name] ?? Buffer.alloc(0);
    store.failing = readOnly;
    const inMemory = outbox.addAll([about("a"), about("b"), about("c")]);
    store.failing = null;
    outbox.add(about("d"));
    const whole = store.files[newest(store)] ?? Buffer.alloc(0);
    const { epoch } = inMemory[0] as Report;
    let torn = 0;
    for (let length = 1; length < whole.length; length++) {
      const after = someOutbox(memoryStore({ [name]: old, [newest(store)]: whole.subarray(0, length) }));
      const next = after.add(report);
      // Before the header is there, nobody knows of this epoch.
      if (next.epoch !== epoch) continue;
      torn += 1;
      const there = new Set(rest(after).map(({ id }) => id));
      const named = lostOf(next).flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, n) => from + n));
      const missing = inMemory.filter(({ id, sequence }) => !there.has(id) && !named.includes(sequence));
      expect(missing).toEqual([]);
    }
    expect(torn).toBeGreaterThan(1_000);
  });

  it("is moved out of what is damaged, so that the next start finds nothing to name", () => {
    const store = memoryStore();
    const before = someOutbox(store);
    const made = [before.add(about("one")), before.add(about("two")), before.add(about("three"))];
    const bytes = store.files[newest(store)] ?? Buffer.alloc(0);
    const at = bytes.indexOf('"two"');
    bytes[at] = (bytes[at] as number) ^ 1;
    const problems: string[] = [];
    const onProblem = (what: string) => void problems.push(what);
    const next = someOutbox(store, { onProblem }).add(report);
    expect([problems.length, lostOf(next).length]).toEqual([1, 1]);

    const again = someOutbox(store, { onProblem });

    expect([problems.length, again.damage]).toEqual([1, null]);
    expect(rest(again)).toEqual([made[0], made[2], next]);
    expect(again.add(report)).toMatchObject({ epoch: next.epoch, sequence: 2 });
    expect(rest(again)[3]?.gaps).toBeUndefined();
  });

  it("loses nothing to a temporary read failure", () => {
    const store = memoryStore();
    const before = someOutbox(store, { maxBytes });
    const made = Array.from({ length: 6 }, (_, at) => before.add(about(`job-${at}`)));
    const files = { ...store.files };
    store.failing = (call) => (call === "read" ? new Error("EMFILE: too many open files") : null);
    const outbox = someOutbox(store, { maxBytes });
    expect([outbox.storage.kind, store.files]).toEqual(["memory", files]);
    store.failing = null;

    expect(outbox.recover()).toBe(true);

    expect(rest(outbox)).toEqual(made);
    expect(outbox.damage).toBeNull();
  });

  it("finds a segment whatever its number is", () => {
    const store = memoryStore();
    someOutbox(store).add(report);
    const [name = ""] = segments(store);
    store.files["segment-999999999999.log"] = store.files[name] ?? Buffer.alloc(0);
    delete store.files[name];
    const before = someOutbox(store, { maxBytes: () => 65_536 });
    for (let n = 0; n < 4; n++) before.add(report);

    const after = someOutbox(store);

    expect(rest(after)).toHaveLength(5);
    expect(sequences(rest(after))).toEqual([1, 2, 3, 4, 5]);
  });
});

describe("two outboxes over one store", () => {
  const ids = (reports: readonly Report[]) => reports.map(({ id }) => id);

  it("assign no id twice, and say that there are two", () => {
    const store = memoryStore();
    const problems: string[] = [];
    const onProblem = (what: string) => void problems.push(what);
    const first = [someOutbox(store).add(report)];
    const [a, b] = [someOutbox(store, { onProblem }), someOutbox(store, { onProblem })];

    for (let n = 0; n < 5; n++) first.push(a.add(report), b.add(report));

    expect(new Set(ids(first)).size).toBe(11);
    expect(problems.join("\n")).toContain("Another process writes to the outbox, so a new epoch begins");
    const after = someOutbox(store);
    first.push(after.add(report), after.add(report));
    expect(new Set(ids(first)).size).toBe(13);
  });

  it("assign no sequence twice after a restart when one is late", () => {
    const store = memoryStore();
    const old = someOutbox(store);
    const first = old.add(report);
    const next = someOutbox(store);
    const made = [next.add(report), next.add(report)];
    old.delivered(first.id);

    expect(ids(made)).not.toContain(someOutbox(store).add(report).id);
  });

  it("do not disturb each other when one is closed", () => {
    const store = memoryStore();
    const old = someOutbox(store);
    const first = old.add(report);
    old.close();
    const next = someOutbox(store);
    const made = next.add(report);

    old.delivered(first.id);
    old.acknowledge(1);

    expect(next.add(report)).toMatchObject({ epoch: first.epoch, sequence: 3 });
    expect(rest(someOutbox(store)).map(({ id }) => id)).toContain(made.id);
  });
});

describe("an outbox whose folder cannot be used", () => {
  it("continues in another epoch when a write that failed may have told the disk of the one in memory", () => {
    const store = memoryStore();
    const outbox = someOutbox(store);
    store.failing = readOnly;
    const first = outbox.add(report);
    // Nothing can be looked at either: who knows what is left.
    const second = outbox.add(report);
    store.failing = null;

    const after = outbox.add(report);

    expect(new Set([first.id, second.id, after.id]).size).toBe(3);
    expect(second.epoch).not.toBe(first.epoch);
    expect(rest(someOutbox(store))).toEqual([first, second, after]);
  });

  it("is written on request as soon as it can be, without another report", () => {
    const store = memoryStore();
    const outbox = someOutbox(store);
    store.failing = readOnly;
    const made = outbox.add(report);
    expect([outbox.recover(), outbox.storage.kind]).toEqual([false, "memory"]);
    store.failing = null;

    expect([outbox.recover(), outbox.storage]).toEqual([true, { kind: "disk", problem: null }]);

    const after = someOutbox(store);
    expect(rest(after)).toEqual([made]);
    expect(after.add(report)).toMatchObject({ epoch: made.epoch, sequence: 2 });
  });

  it("says in each report that is kept in memory that it is", () => {
    const store = memoryStore();
    const outbox = someOutbox(store);
    const before = outbox.add(report);
    store.failing = readOnly;
    const inMemory = outbox.add(report);
    store.failing = null;

    expect([before, inMemory, outbox.add(report)].map(({ agent }) => agent.outbox)).toEqual(["disk", "memory", "disk"]);
  });

  it("drops nothing on the disk when there is no room in memory", () => {
    const store = memoryStore();
    const outbox = someOutbox(store, { maxBytes: () => 64 * 2 ** 20 });
    const onDisk = Array.from({ length: 30 }, () => outbox.add(beat).id);
    store.failing = (call) => (call.startsWith("append") ? readOnly() : null);
    const large = unnumbered(someReport({ matches: Array.from({ length: 40_000 }, () => "target.os" as const) }));

    for (let n = 0; n < 8; n++) outbox.add(large);

    expect(outbox.unsent().map(({ id }) => id)).toEqual(expect.arrayContaining(onDisk));
    expect(JSON.stringify(rest(outbox)).length).toBeLessThan(2.2 * 2 ** 20);
  });

  it("reports what was lost in any number of epochs, a few in each report, each once", () => {
    const store = memoryStore();
    const outbox = someOutbox(store, { sign: () => "s".repeat(86) });
    const lost: string[] = [];
    const told: string[] = [];
    const listen = (made: Report) => {
      expect(made.gaps?.length ?? 0).toBeLessThanOrEqual(4);
      for (const gap of made.gaps ?? []) told.push(gap.epoch ?? made.epoch);
    };
    for (let n = 0; n < 12; n++) {
      store.failing = readOnly;
      const made = outbox.add(about(`job-${n}`));
      listen(made);
      lost.push(made.epoch);
      // A report that tells of something is thrown away only here, where it does not.
      if (made.gaps === undefined) outbox.discard(made.id);
      else lost.pop();
      store.failing = null;
      outbox.recover();
    }
    for (let n = 0; n < 6; n++) {
      const made = outbox.add(heartbeat(about(`a job of a long name, ${n}`)));
      listen(made);
      expect(Buffer.byteLength(JSON.stringify(made))).toBeLessThan(1_024);
    }

    expect(told.sort()).toEqual([...new Set(lost)].sort());
  });

  it("continues in memory in a separate epoch, and says so", () => {
    const store = memoryStore();
    const problems: string[] = [];
    const outbox = someOutbox(store, { onProblem: (what) => problems.push(what) });
    const kept = outbox.add(report);
    store.failing = (call) => (call.startsWith("append") ? readOnly() : null);

    const inMemory = outbox.add(report);

    expect(inMemory.epoch).not.toBe(kept.epoch);
    expect(outbox.storage).toEqual({ kind: "memory", problem: "EROFS: read-only file system" });
    expect(problems).toEqual(["Cannot use the outbox folder: EROFS: read-only file system"]);
    expect(rest(outbox)).toEqual([kept, inMemory]);
    store.failing = null;
    expect(someOutbox(store).add(report)).toMatchObject({ epoch: kept.epoch, sequence: 2 });
  });

  it("writes what it kept in memory as soon as the store works again", () => {
    const store = memoryStore();
    const outbox = someOutbox(store);
    const made = [outbox.add(report)];
    store.failing = (call) => (/read|list/.test(call) ? null : readOnly());
    made.push(outbox.add(about("a")), outbox.add(about("b")));
    store.failing = null;
    made.push(outbox.add(about("c")));

    const after = someOutbox(store);

    expect(outbox.storage).toEqual({ kind: "disk", problem: null });
    expect(rest(after)).toEqual(made);
    expect(after.add(report)).toMatchObject({ epoch: made[3]?.epoch, sequence: 4 });
  });

  it("assigns no sequence twice that was delivered from memory before the store worked again", () => {
    const store = memoryStore();
    const outbox = someOutbox(store);
    store.failing = readOnly;
    outbox.delivered(outbox.add(report).id);
    store.failing = null;
    const second = outbox.add(report);

    expect(second.sequence).toBe(2);
    expect(someOutbox(store).add(report)).toMatchObject({ epoch: second.epoch, sequence: 3 });
  });

  it("picks up what it could not see at the start once it can", () => {
    const store = memoryStore();
    const before = someOutbox(store);
    const old = before.add(report);
    store.failing = () => new Error("EACCES: permission denied");
    const outbox = someOutbox(store);
    const inMemory = outbox.add(report);
    expect(outbox.storage).toEqual({ kind: "memory", problem: "EACCES: permission denied" });
    store.failing = null;

    const next = outbox.add(report);

    expect(rest(outbox)).toEqual([old, inMemory, next]);
    expect(rest(someOutbox(store))).toEqual([old, inMemory, next]);
  });

  it("delivers what waits on a disk that has become read-only", () => {
    const store = memoryStore();
    const kept = someOutbox(store).add(report);
    store.files[newest(store)] = Buffer.concat([store.files[newest(store)] ?? Buffer.alloc(0), Buffer.from("torn")]);
    store.failing = (call) => (call.startsWith("read") || call === "list" ? null : readOnly());

    const outbox = someOutbox(store);

    expect(firstOf(outbox)).toEqual(kept);
    outbox.delivered(kept.id);
    expect(firstOf(outbox)).toBeNull();
  });

  it("keeps no more than 2 MB in memory, and names what it dropped", () => {
    const store = memoryStore();
    store.failing = readOnly;
    const outbox = someOutbox(store, { maxBytes: () => 64 * 2 ** 20 });
    const large = unnumbered(someReport({ matches: Array.from({ length: 40_000 }, () => "target.os" as const) }));

    for (let n = 0; n < 8; n++) outbox.add(large);

    const held = rest(outbox);
    expect(JSON.stringify(held).length).toBeLessThanOrEqual(2 * 2 ** 20);
    const lost = held.flatMap(({ gaps = [] }) => gaps).reduce((sum, { count }) => sum + count, 0);
    const pending = outbox.add(beat).gaps?.reduce((sum, { count }) => sum + count, 0) ?? 0;
    expect(lost + pending + held.length).toBeGreaterThanOrEqual(8);
  });
});

describe("a full outbox", () => {
  // The least that the setting allows.
  const maxBytes = () => 65_536;

  it("drops superseded heartbeats before complete reports, and names them in the next report", () => {
    const outbox = someOutbox(memoryStore(), { maxBytes });
    for (let n = 0; n < 200; n++) outbox.add(n % 4 === 0 ? about(`job-${n % 20}`) : beat);

    const waiting = outbox.unsent();
    const told = rest(outbox).flatMap(({ gaps = [] }) => gaps);

    expect(waiting.filter(({ kind }) => kind === "HEARTBEAT").length).toBeLessThanOrEqual(30);
    expect(new Set(waiting.filter(({ kind }) => kind === "COMPLETE").map(({ job }) => job)).size).toBe(5);
    const held = new Set(waiting.map(({ sequence }) => sequence));
    const named = (sequence: number) => told.some((gap) => gap.fromSequence <= sequence && sequence <= gap.toSequence);
    const last = outbox.add(report);
    const nameless = Array.from({ length: 200 }, (_, at) => at + 1).filter(
      (sequence) => !held.has(sequence) && !named(sequence) && !namedBy(last, sequence),
    );
    expect(nameless).toEqual([]);
  });

  it("never takes more room on the disk than its limit, whatever comes and goes", () => {
    const store = memoryStore();
    const outbox = someOutbox(store, { maxBytes });
    let most = 0;
    for (let n = 0; n < 600; n++) {
      outbox.add(n % 3 === 0 ? about(`job-${n % 7}`) : heartbeat(about(`job-${n % 5}`)));
      const some = outbox.unsent();
      if (n % 2 === 0) outbox.delivered(some[some.length >> 1]?.id ?? "");
      most = Math.max(most, onDisk(store));
    }
    expect(most).toBeLessThanOrEqual(65_536);
    expect(rest(someOutbox(store, { maxBytes }))).toEqual(rest(outbox));
  });

  it("moves what is needed out of the oldest segment, and finds it in its order after a restart", () => {
    const store = memoryStore();
    const outbox = someOutbox(store, { maxBytes });
    const stays = outbox.add(about("stays"));
    for (let n = 0; n < 300; n++) outbox.discard(outbox.add(report).id);
    const last = outbox.add(report);

    expect(segments(store)).not.toContain("segment-000000000001.log");
    expect(rest(someOutbox(store, { maxBytes }))).toEqual([stays, last]);
  });

  it("never drops the newest complete report of a job, and reports that it is over its limit", () => {
    const problems: string[] = [];
    const outbox = someOutbox(memoryStore(), { maxBytes: () => 4_000, onProblem: (what) => problems.push(what) });

    outbox.add(report);
    outbox.add(about("another"));

    expect(outbox.waiting).toBe(2);
    expect(problems[0]).toMatch(/holds \d+ bytes, more than \d+, and all of it is needed/);
  });

  it("distinguishes jobs that were not found, by their components", () => {
    const outbox = someOutbox(memoryStore(), { maxBytes: () => 4_000 });
    const unfound = (name: string) => {
      const { job, component } = someReport();
      return unnumbered(someReport({ job: { ...job, name: null }, component: { ...component, name } }));
    };

    const made = [outbox.add(unfound("com.example.A")), outbox.add(unfound("com.example.B"))];

    expect(rest(outbox)).toEqual(made);
  });

  it("names again the gaps that a dropped report was to name", () => {
    const outbox = someOutbox();
    outbox.discard(outbox.add(report).id);
    outbox.discard(outbox.add(report).id);

    expect(outbox.add(report).gaps).toEqual([{ fromSequence: 1, toSequence: 2, count: 2 }]);
  });
});

function namedBy({ gaps = [] }: Report, sequence: number): boolean {
  return gaps.some((gap) => gap.fromSequence <= sequence && sequence <= gap.toSequence);
}

describe("an acknowledgement", () => {
  it("frees nothing that was never passed to the transport, not even after a restart", () => {
    const store = memoryStore();
    const outbox = someOutbox(store);
    const made = outbox.addAll([about("a"), about("b"), about("c"), report, about("e")]);
    // A blocking finding goes first, and a receiver that is new takes it for the beginning.
    outbox.delivered(outbox.read(made[3]?.id ?? "")?.id ?? "");

    expect(outbox.acknowledge(4)).toBe(1);

    expect(sequences(rest(outbox))).toEqual([1, 2, 3, 5]);
    expect(sequences(rest(someOutbox(store)))).toEqual([1, 2, 3, 5]);
    expect(outbox.add(report).gaps).toBeUndefined();
  });

  it("that comes before the transport's confirmation frees what is being sent", () => {
    const outbox = someOutbox();
    const { id } = outbox.add(report);
    outbox.read(id);

    expect(outbox.acknowledge(1)).toBe(1);
    outbox.delivered(id);

    expect([outbox.waiting, outbox.unacknowledged]).toEqual([0, 0]);
  });

  it("keeps what the transport accepted in an earlier epoch until the cloud has it, however long that takes", () => {
    const store = memoryStore();
    let bootMs = 0;
    const now = () => ({ wallMs: 1_795_000_000_000 + bootMs, boot: "b", bootMs });
    const before = someOutbox(store, { now });
    for (const { id } of before.addAll([about("a"), about("b")])) before.delivered(id);
    before.acknowledge(1);
    store.failing = readOnly;
    before.add(about("c"));
    store.failing = null;
    before.recover();
    bootMs += 25 * HOUR_MS;

    const after = someOutbox(store, { now });

    expect([after.ack, after.unacknowledged]).toEqual(["cloud", 1]);
  });
});

describe("delivered reports", () => {
  it("that were sent before the clock was ever set are kept for a day from the next boot on", () => {
    const store = memoryStore();
    const before = someOutbox(store, { now: () => ({ wallMs: 60_000, boot: "b1", bootMs: 60_000 }) });
    before.delivered(before.add(report).id);
    let bootMs = 30_000;
    const now = () => ({ wallMs: 1_795_000_000_000, boot: "b2", bootMs });

    const after = someOutbox(store, { now });

    expect(after.unacknowledged).toBe(1);
    bootMs += 25 * HOUR_MS;
    after.add(beat);
    expect(after.unacknowledged).toBe(0);
  });

  it("stay until the cloud has them", () => {
    const store = memoryStore();
    const outbox = someOutbox(store);
    const made = [outbox.add(report), outbox.add(report), outbox.add(report)];
    for (const { id } of made) outbox.delivered(id);
    expect([outbox.waiting, outbox.unacknowledged, outbox.add(beat)]).toMatchObject([0, 3, { ack: "none" }]);

    expect(outbox.acknowledge(2)).toBe(2);

    expect([outbox.unacknowledged, outbox.ack]).toEqual([1, "cloud"]);
    const after = someOutbox(store);
    expect([after.unacknowledged, after.waiting, after.add(beat)]).toMatchObject([1, 1, { ack: "cloud" }]);
  });

  it("are forgotten after 24 h by the boot's clock where nothing is acknowledged, whatever the wall clock says", () => {
    let bootMs = 0;
    let wallMs = 1_795_000_000_000;
    const outbox = someOutbox(memoryStore(), { now: () => ({ wallMs, boot: "b", bootMs }) });
    outbox.delivered(outbox.add(report).id);
    wallMs = 0;
    bootMs += 23 * HOUR_MS;
    outbox.add(beat);
    expect(outbox.unacknowledged).toBe(1);
    bootMs += 1 * HOUR_MS;
    const next = outbox.add(beat);

    expect(outbox.unacknowledged).toBe(0);
    expect(next.gaps).toBeUndefined();
  });

  it("are sent once more when they are not acknowledged in time, in their order", () => {
    let bootMs = 0;
    const outbox = someOutbox(memoryStore(), { now: () => ({ wallMs: 0, boot: "b", bootMs }) });
    const made = [outbox.add(report), outbox.add(report), outbox.add(report)];
    outbox.delivered(made[0]?.id ?? "");
    outbox.delivered(made[1]?.id ?? "");
    bootMs = 600_000;

    expect(outbox.resend(600_001)).toBe(0);
    expect(outbox.resend(600_000)).toBe(2);
    expect(rest(outbox)).toEqual(made);
  });

  it.each([4, 1e9, -1, 1.5, Number.NaN])(
    "are not freed by the acknowledgement %d, which cannot be true",
    (sequence) => {
      const outbox = someOutbox();
      const made = [outbox.add(report), outbox.add(report), outbox.add(report)];

      expect(outbox.acknowledge(sequence)).toBe(0);
      expect(outbox.acknowledge(3, "of-another-life")).toBe(0);
      expect(rest(outbox)).toEqual(made);
    },
  );

  it("names a report that can never be delivered as a gap in the next one, and only there", () => {
    const outbox = someOutbox();
    outbox.discard(outbox.add(report).id);

    expect(outbox.add(report).gaps).toEqual([{ fromSequence: 1, toSequence: 1, count: 1 }]);
    expect(outbox.add(report).gaps).toBeUndefined();
  });

  it("collapses heartbeats that say no more than a later report", () => {
    const outbox = someOutbox();
    for (const each of [report, beat, beat, heartbeat(about("other")), beat]) outbox.add(each);

    expect(outbox.collapse()).toBe(2);
    expect(outbox.unsent().map(({ sequence }) => sequence)).toEqual([1, 4, 5]);
    expect(outbox.add(report).gaps).toEqual([{ fromSequence: 2, toSequence: 3, count: 2 }]);
  });
});
