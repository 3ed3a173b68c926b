import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { splitAfterDrop } from "../../../src/agent/connection/split-after-drop.js";

const LONG = "x".repeat(7_001);

/** A work folder in memory, and messages whose ends are told by hand. */
function scene() {
  const files = new Map<string, string>();
  const ends: { readonly taken: () => void; readonly failed: () => void }[] = [];
  const split = splitAfterDrop({
    read: (name) => files.get(name) ?? null,
    write: (name, text) => void files.set(name, text),
  });
  const publish = split.watched(
    () => new Promise((taken, reject) => ends.push({ taken, failed: () => reject(new Error("offline")) })),
  );
  split.limit(100_000);
  return { split, ends, send: (payload: string) => publish("t", payload).catch(() => undefined) };
}

describe("splitAfterDrop", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("blames a long message that failed by the drop just before the drop was reported", async () => {
    const { split, ends, send } = scene();
    const long = send(LONG);
    ends[0]?.failed();
    await long;

    split.onLost();

    expect(split.limit(100_000)).toBe(7_000);
  });

  it("splits after a drop during a long message, though a short one was sent and taken meanwhile", async () => {
    const { split, ends, send } = scene();
    void send(LONG);
    const short = send("short");
    ends[1]?.taken();
    await short;

    split.onLost();

    expect(split.limit(100_000)).toBe(7_000);
    expect(split.problems(100_000)).toHaveLength(1);
  });

  it.each(["taken", "failed"] as const)("blames no long message that was %s before", async (end) => {
    const { split, ends, send } = scene();
    const long = send(LONG);
    ends[0]?.[end]();
    await long;
    vi.advanceTimersByTime(500);

    split.onLost();

    expect([split.limit(100_000), split.problems(100_000)]).toEqual([100_000, []]);
  });
});
