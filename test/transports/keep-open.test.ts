import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type StreamEvents, subscribed } from "../../src/transports/keep-open.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A stream whose attempts are granted, refused, never answered or ended in turn; granted when nothing is left. */
function scene(attempts: readonly ("granted" | "refused" | "pending" | "ended")[] = []) {
  const left = [...attempts];
  const log: string[] = [];
  const made: StreamEvents<string>[] = [];
  let over = false;
  const kept = {
    what: "subscribe",
    make(events: StreamEvents<string>) {
      made.push(events);
      const at = made.length;
      return {
        async activate() {
          const attempt = left.shift() ?? "granted";
          if (attempt === "ended") events.onEnded();
          if (attempt === "refused" || attempt === "ended") throw new Error("refused");
          if (attempt === "pending") await new Promise(() => {});
        },
        close: async () => void log.push(`close ${at}`),
      };
    },
    take(message: string) {
      log.push(message);
      if (message === "bad") throw new Error("listener failed");
    },
  };
  const connection = {
    limited: <T>(call: Promise<T>) => call,
    isOver: () => over,
    onTrouble: (what: string, error: unknown) => void log.push(`trouble: ${what}: ${(error as Error).message}`),
    random: () => 1,
  };
  const subscription = subscribed(kept, connection, () => void log.push("opened"));
  const endConnection = () => {
    over = true;
  };
  return { log, made, subscription, endConnection };
}
const settle = () => vi.advanceTimersByTimeAsync(0);

describe("subscribed", () => {
  it("passes messages on, and reports a listener that throws", async () => {
    const { log, made } = scene();
    await settle();
    made[0]?.onMessage("one");
    made[0]?.onMessage("bad");
    await settle();

    expect(log).toEqual(["opened", "one", "bad", "trouble: subscribe: listener failed"]);
  });

  it("retries what is refused with growing waits, closes each refused stream and reports the trouble once", async () => {
    const { log, made } = scene(["refused", "refused", "refused"]);
    await settle();
    await vi.advanceTimersByTimeAsync(1_000);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(made).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(3_999);
    expect(made).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(1);

    expect(log).toEqual(["close 1", "trouble: subscribe: refused", "close 2", "close 3", "opened"]);
  });

  it("retries at least every 15 s for five minutes, then at least every 5 min", async () => {
    const { made } = scene(Array(40).fill("refused"));
    const counts: number[] = [];
    for (const milliseconds of [300_000, 15_000, 299_999, 1]) {
      await vi.advanceTimersByTimeAsync(milliseconds);
      counts.push(made.length);
    }

    expect(counts).toEqual([24, 25, 25, 26]);
  });

  it("keeps its long waits when a stream ends that is not granted yet", async () => {
    const { made } = scene([...Array<"refused">(25).fill("refused"), "pending"]);
    await vi.advanceTimersByTimeAsync(615_000);
    const counts = [made.length];
    made.at(-1)?.onEnded();
    for (const milliseconds of [299_999, 1]) {
      await vi.advanceTimersByTimeAsync(milliseconds);
      counts.push(made.length);
    }

    expect(counts).toEqual([26, 26, 27]);
  });

  it("opens one stream again when one ends before it is granted, and is refused for it", async () => {
    const { log, made } = scene(["ended"]);
    await vi.advanceTimersByTimeAsync(600_000);

    expect(made).toHaveLength(2);
    expect(log).toEqual(["close 1", "trouble: subscribe: refused", "opened"]);
  });

  it("opens again when the stream ends, and accepts nothing more from the one that ended", async () => {
    const { log, made } = scene();
    await settle();
    made[0]?.onEnded();
    await vi.advanceTimersByTimeAsync(1_000);
    made[0]?.onMessage("late");
    made[1]?.onMessage("new");
    await settle();

    expect(log).toEqual(["opened", "opened", "new"]);
  });

  it("does not try again what was refused once the connection is over", async () => {
    const { log, endConnection } = scene(["refused"]);
    await settle();
    endConnection();
    await vi.advanceTimersByTimeAsync(600_000);

    expect(log).toEqual(["close 1", "trouble: subscribe: refused"]);
  });

  it("tries nothing more once it is closed or the connection is over", async () => {
    const closed = scene();
    await settle();
    await closed.subscription.close();
    closed.made[0]?.onEnded();
    const over = scene();
    await settle();
    over.endConnection();
    over.made[0]?.onEnded();
    await vi.advanceTimersByTimeAsync(600_000);

    expect([closed.log, closed.made.length, over.made.length]).toEqual([["opened", "close 1"], 1, 1]);
  });
});
