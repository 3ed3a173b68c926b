import { describe, expect, it } from "vitest";
import { pacedRead } from "../../../src/agent/shadow/paced-read.js";
import { ExpectedError } from "../../../src/base/errors.js";
import { fakeClock } from "../fake-clock.js";

/** Reads that end when told. */
function scene() {
  const clock = fakeClock();
  const failures: string[] = [];
  const underWay: { succeed(): void; fail(): void }[] = [];
  const paced = pacedRead({
    read: () =>
      new Promise((resolve, reject) => {
        underWay.push({ succeed: resolve, fail: () => reject(new ExpectedError("offline")) });
      }),
    gapMs: 10_000,
    later: clock.later,
    nowMs: clock.steadyMs,
    random: () => 0.5,
    onFailure: (message) => failures.push(message),
  });
  return { ...paced, clock, failures, underWay };
}

describe("pacedRead", () => {
  it("does not retry a read that was under way when it was stopped", async () => {
    const { readSoon, stop, clock, failures, underWay } = scene();
    readSoon();
    stop();
    underWay[0]?.fail();
    await clock.pass(0);

    expect([clock.waits, failures]).toEqual([[], []]);
  });

  it("reads no more once it is stopped, not even for a call that waits for its turn", async () => {
    const { readSoon, stop, clock, underWay } = scene();
    readSoon();
    readSoon();
    await clock.pass(10_000);
    stop();
    underWay[0]?.succeed();
    await clock.pass(60_000);
    readSoon();
    await clock.pass(60_000);

    expect(underWay).toHaveLength(1);
  });
});
