import { describe, expect, it } from "vitest";
import { paced } from "../../../src/agent/requests/paced.js";
import { fakeClock } from "../fake-clock.js";

function scene() {
  const clock = fakeClock();
  const starts: number[] = [];
  const ends: ((error?: Error) => void)[] = [];
  const call = paced(
    () => {
      starts.push(clock.steadyMs());
      return new Promise<number>((resolve, reject) => {
        const result = starts.length;
        ends.push((error) => (error === undefined ? resolve(result) : reject(error)));
      });
    },
    3_000,
    clock.later,
  );
  return { clock, starts, ends, call };
}

describe("paced", () => {
  it("starts the next call when the last has ended and 3 s have passed since it started", async () => {
    const { clock, starts, ends, call } = scene();
    void call();
    const [second, third] = [call(), call()];
    ends[0]?.();
    await clock.pass(3_000);
    expect([starts, second]).toEqual([[0, 3_000], third]);

    void call();
    await clock.pass(10_000);
    expect(starts).toHaveLength(2);
    ends[1]?.();
    await clock.pass(0);

    expect([starts, await second]).toEqual([[0, 3_000, 13_000], 2]);
  });

  it("starts at once after a pause, also when the last call failed", async () => {
    const { clock, starts, ends, call } = scene();
    const failing = call();
    ends[0]?.(new Error("no"));
    await expect(failing).rejects.toThrow("no");
    await clock.pass(5_000);

    void call();

    expect(starts).toEqual([0, 5_000]);
  });
});
