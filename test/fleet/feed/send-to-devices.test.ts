import { describe, expect, it } from "vitest";
import { type Lane, type Outgoing, sendToDevices } from "../../../src/fleet/feed/send-to-devices.js";
import { fakeClock, fakeLog } from "../../agent/fake-clock.js";

function lane(name: string, count: number, perSecond: number | null = null): Lane & { readonly events: string[] } {
  let left = count;
  const events: string[] = [];
  return {
    perSecond,
    events,
    next(): Outgoing | null {
      if (left === 0) return null;
      const topic = `${name}${count - --left}`;
      return {
        topic,
        payload: "",
        onSent: () => void events.push(`${topic} sent`),
        onFailed: () => void events.push(`${topic} failed`),
      };
    },
  };
}

function scene(lanes: readonly Lane[], perSecond: number | null = null) {
  const clock = fakeClock();
  const log = fakeLog();
  const sent: string[] = [];
  let isConnected = true;
  let publish = async (topic: string): Promise<void> => void sent.push(topic);
  const sender = sendToDevices({
    publish: (topic) => publish(topic),
    isConnected: () => isConnected,
    lanes,
    perSecond,
    log,
    nowMs: clock.steadyMs,
    later: clock.later,
  });
  return {
    clock,
    log,
    sent,
    sender,
    connect: (state: boolean) => {
      isConnected = state;
    },
    publishBy: (next: typeof publish) => {
      publish = next;
    },
  };
}

describe("sendToDevices", () => {
  it("sends the lanes in their order", async () => {
    const { clock, sender, sent } = scene([lane("a", 2), lane("b", 2)]);
    sender.wake();
    await clock.pass(0);

    expect(sent).toEqual(["a1", "a2", "b1", "b2"]);
  });

  it("keeps a lane's rate without holding up the others, and the rate of all", async () => {
    const slow = scene([lane("a", 100, 10), lane("b", 3)]);
    slow.sender.wake();
    await slow.clock.pass(1_000);
    expect(slow.sent.slice(0, 4)).toEqual(["a1", "b1", "b2", "b3"]);
    expect(slow.sent.filter((each) => each.startsWith("a"))).toHaveLength(11);

    const all = scene([lane("a", 100), lane("b", 100)], 50);
    all.sender.wake();
    await all.clock.pass(1_000);
    expect([all.sent.length >= 50, all.sent.length <= 56]).toEqual([true, true]);
  });

  it("stops once the broker has acknowledged what was sent, or after 2 s", async () => {
    const a = lane("a", 2);
    const { clock, sender, publishBy } = scene([a]);
    const answers: (() => void)[] = [];
    publishBy(() => new Promise((resolve) => answers.push(resolve)));
    sender.wake();
    let ends = 0;
    void sender.stop().then(() => ends++);
    answers[0]?.();
    await clock.pass(1_000);
    expect([ends, a.events]).toEqual([0, ["a1 sent"]]);
    answers[1]?.();
    await clock.pass(0);
    expect([ends, a.events, clock.waits]).toEqual([1, ["a1 sent", "a2 sent"], []]);

    const silent = scene([lane("b", 1)]);
    silent.publishBy(() => new Promise(() => {}));
    silent.sender.wake();
    void silent.sender.stop().then(() => ends++);
    await silent.clock.pass(1_999);
    expect(ends).toBe(1);
    await silent.clock.pass(1);
    expect(ends).toBe(2);
  });

  it("sends nothing while there is no connection, and continues when it is woken", async () => {
    const { clock, sender, sent, connect } = scene([lane("a", 1)]);
    connect(false);
    sender.wake();
    await clock.pass(10_000);
    expect(sent).toEqual([]);

    connect(true);
    sender.wake();
    await clock.pass(0);

    expect(sent).toEqual(["a1"]);
  });

  it("has at most 500 messages under way", async () => {
    const { clock, sender, sent, publishBy } = scene([lane("a", 1_000)]);
    publishBy((topic) => {
      sent.push(topic);
      return new Promise(() => {});
    });
    sender.wake();
    await clock.pass(0);

    expect(sent).toHaveLength(500);
  });

  it("tells a lane what the broker accepted and what it did not, and waits a second after a failure", async () => {
    const failing = lane("a", 2);
    const { clock, log, sender, publishBy } = scene([failing], 10);
    publishBy((topic) => (topic === "a1" ? Promise.reject(new Error("refused")) : Promise.resolve()));
    sender.wake();
    await clock.pass(0);
    expect(failing.events).toEqual(["a1 failed"]);

    await clock.pass(1_100);

    expect(failing.events).toEqual(["a1 failed", "a2 sent"]);
    expect(log.lines).toEqual([["send.failed", { topic: "a1", message: "refused" }]]);
  });

  it("sends nothing more once it is stopped", async () => {
    const { clock, sender, sent } = scene([lane("a", 10, 10)]);
    sender.wake();
    await clock.pass(150);
    sender.stop();
    await clock.pass(10_000);

    expect(sent).toEqual(["a1", "a2"]);
  });
});
