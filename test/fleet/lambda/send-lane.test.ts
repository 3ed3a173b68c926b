import { describe, expect, it } from "vitest";
import { ExpectedError } from "../../../src/base/errors.js";
import { sendLane } from "../../../src/fleet/lambda/send-lane.js";

/** A lane of so many messages, and which of them it knows as sent. */
function scene(number: number) {
  const sent: string[] = [];
  let next = 0;
  const lane = {
    next() {
      if (next === number) return null;
      next += 1;
      const topic = `t/${next}`;
      return { topic, payload: "{}", onSent: () => void sent.push(topic), onFailed: () => {} };
    },
  };
  return { lane, sent, taken: () => next };
}

describe("sendLane", () => {
  it("sends all, sixteen at once at most", async () => {
    const { lane, sent } = scene(100);
    let [now, most] = [0, 0];
    const publish = async () => {
      now += 1;
      most = Math.max(most, now);
      await Promise.resolve();
      now -= 1;
    };

    expect(await sendLane(lane, publish, () => true)).toEqual({ sent: 100, failed: 0, why: null });
    expect([sent.length, most]).toEqual([100, 16]);
  });

  it("continues after a message that cannot be sent, and does not record it as sent", async () => {
    const { lane, sent } = scene(3);
    const publish = async (topic: string) => {
      if (topic === "t/2") throw new ExpectedError("HTTP 400");
    };

    expect(await sendLane(lane, publish, () => true)).toEqual({ sent: 2, failed: 1, why: "HTTP 400" });
    expect(sent.sort()).toEqual(["t/1", "t/3"]);
  });

  it("stops soon when nothing can be sent", async () => {
    const { lane, taken } = scene(1_000);
    const outcome = await sendLane(
      lane,
      () => Promise.reject(new ExpectedError("HTTP 503")),
      () => true,
    );

    expect([outcome.sent, outcome.why]).toEqual([0, "HTTP 503"]);
    expect(taken()).toBeLessThanOrEqual(32);
  });

  it("starts no message when the time is over", async () => {
    const { lane, taken } = scene(5);

    expect(
      await sendLane(
        lane,
        async () => {},
        () => false,
      ),
    ).toEqual({ sent: 0, failed: 0, why: null });
    expect(taken()).toBe(0);
  });

  it("throws on a bug", async () => {
    await expect(
      sendLane(
        scene(1).lane,
        () => Promise.reject(new TypeError("x")),
        () => true,
      ),
    ).rejects.toThrow("x");
  });
});
