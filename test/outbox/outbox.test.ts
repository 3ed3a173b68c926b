import { describe, expect, it } from "vitest";
import { openOutbox, type Store } from "../../src/outbox/outbox.js";
import { heartbeat } from "../../src/report/report.js";
import { someReport, unnumbered } from "../report/builders.js";

/** A store in memory that can be made to fail. */
function someStore(files: Record<string, string> = {}) {
  const store = {
    files,
    failing: false,
    list: () => Object.keys(files).sort(),
    read: (name: string) => (store.check(), files[name] ?? null),
    write: (name: string, text: string) => {
      store.check();
      files[name] = text;
    },
    remove: (name: string) => {
      store.check();
      delete files[name];
    },
    check() {
      if (store.failing) throw new Error("EROFS: read-only file system");
    },
  };
  return store satisfies Store & Record<string, unknown>;
}

let epochs = 0;
function someOutbox(store: Store, maxBytes = 1_000_000, problems: string[] = []) {
  return openOutbox({ store, maxBytes: () => maxBytes, newEpoch: () => `e${++epochs}`, onProblem: (what) => problems.push(what) });
}

const report = unnumbered(someReport());

describe("outbox", () => {
  it("numbers reports without a gap and gives them in their order", () => {
    const outbox = someOutbox(someStore());

    const made = [outbox.add(report), outbox.add(report), outbox.add(report)];

    expect(made.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    const given: number[] = [];
    for (let first = outbox.first(); first !== null; first = outbox.first()) {
      given.push(first.sequence);
      outbox.delivered(first.id);
    }
    expect(given).toEqual([1, 2, 3]);
  });

  it("goes on with the same epoch and the next sequence after a restart, waiting reports included", () => {
    const store = someStore();
    const before = someOutbox(store);
    const first = before.add(report);
    const second = before.add(report);
    before.delivered(first.id);

    const after = someOutbox(store);

    expect(after.first()).toEqual(second);
    expect(after.add(report)).toMatchObject({ epoch: first.epoch, sequence: 3 });
  });

  it("gives no sequence twice when the last report was delivered just before the end", () => {
    const store = someStore();
    const before = someOutbox(store);
    before.delivered(before.add(report).id);

    expect(someOutbox(store).add(report).sequence).toBe(2);
  });

  it("begins a new epoch behind all that waits when its state is damaged", () => {
    const store = someStore();
    const kept = someOutbox(store).add(report);
    store.files["state.json"] = "{";

    const after = someOutbox(store);
    const next = after.add(report);

    expect(after.first()).toEqual(kept);
    expect(next.epoch).not.toBe(kept.epoch);
    expect(next.sequence).toBe(2);
  });

  it("sets a damaged report aside, says so and delivers the rest", () => {
    const store = someStore();
    const before = someOutbox(store);
    before.add(report);
    const second = before.add(report);
    const name = store.list().find((file) => file.startsWith("report-")) ?? "";
    store.files[name] = "torn";
    const problems: string[] = [];

    const after = someOutbox(store, 1_000_000, problems);

    expect(after.first()).toEqual(second);
    expect(store.files[`damaged-${name}`]).toBe("torn");
    expect(problems).toEqual([`Cannot read the waiting report "${name}": it is damaged, so it is set aside`]);
  });

  it("goes on in memory in an epoch of its own while the store fails, and says so", () => {
    const store = someStore();
    const outbox = someOutbox(store);
    const onDisk = outbox.add(report);
    store.failing = true;

    const inMemory = outbox.add(report);

    expect(inMemory.epoch).not.toBe(onDisk.epoch);
    expect(outbox.place).toEqual({ kind: "memory", problem: "EROFS: read-only file system" });
    store.failing = false;
    expect(someOutbox(store).add(report)).toMatchObject({ epoch: onDisk.epoch, sequence: 2 });
  });

  it("writes what it kept in memory as soon as the store has healed", () => {
    const store = someStore();
    const outbox = someOutbox(store);
    store.failing = true;
    const first = outbox.add(report);
    store.failing = false;
    const second = outbox.add(report);

    const after = someOutbox(store);

    expect(outbox.place.kind).toBe("disk");
    expect(after.first()).toEqual(first);
    after.delivered(first.id);
    expect(after.first()).toEqual(second);
    expect(after.add(report)).toMatchObject({ epoch: first.epoch, sequence: 3 });
  });

  it("throws heartbeats away before complete reports when full, and names the gap in the next report", () => {
    const beat = heartbeat(report);
    const size = (value: unknown) => JSON.stringify(value).length;
    const outbox = someOutbox(someStore(), 2 * size(report) + size(beat));
    outbox.add(report);
    outbox.add(beat);
    outbox.add(beat);

    const next = outbox.add(report);

    expect(next.gaps).toEqual([{ fromSequence: 2, toSequence: 3, count: 2 }]);
    const first = outbox.first();
    expect(first?.sequence).toBe(1);
    outbox.delivered(first?.id ?? "");
    expect(outbox.add(beat).gaps).toBeUndefined();
  });

  it("never throws the newest complete report of a job away, and tells that it is over its limit", () => {
    const problems: string[] = [];
    const outbox = someOutbox(someStore(), 100, problems);

    outbox.add(report);
    outbox.add(unnumbered(someReport({ job: { ...someReport().job, name: "another" } })));

    expect(outbox.waiting).toBe(2);
    expect(problems[0]).toMatch(/holds \d+ bytes, more than 100/);
  });

  it("names a report that can never be delivered as a gap in the next one", () => {
    const outbox = someOutbox(someStore());
    outbox.discard(outbox.add(report).id);

    expect(outbox.add(report).gaps).toEqual([{ fromSequence: 1, toSequence: 1, count: 1 }]);
  });
});
