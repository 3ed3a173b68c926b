import { describe, expect, it } from "vitest";
import { cloudSubscriptions } from "../../src/agent/subscriptions.js";
import { someResult } from "./builders.js";
import { fakeClock, fakeLog } from "./fake-clock.js";

/** A broker whose subscriptions are opened, and whose messages are sent, by hand. */
function scene() {
  const clock = fakeClock();
  const log = fakeLog();
  const open = new Map<
    string,
    { readonly receive: (topic: string, payload: string) => void; readonly opened: () => void }
  >();
  const state = { received: [] as string[], resumed: [] as string[], echoes: true, lost: 0, back: 0, closed: 0 };
  const deliver = (topic: string, payload: string) => {
    for (const [filter, { receive }] of open)
      if (filter === topic.replace(/\/[^/]+\/req$/, "/+/req")) receive(topic, payload);
  };
  const subscriptions = cloudSubscriptions({
    thing: "line-4",
    log,
    cloud: {
      async publish(topic, payload) {
        if (state.echoes) deliver(topic, payload);
      },
      subscribe(filter, receive, opened = () => undefined) {
        const entry = { receive, opened };
        open.set(filter, entry);
        return {
          async close() {
            state.closed += 1;
            if (open.get(filter) === entry) open.delete(filter);
          },
        };
      },
    },
    requests: {
      receive: (topic, payload, prefix) => state.received.push(`${topic} ${payload} ${prefix}`),
      resume: (prefix) => state.resumed.push(prefix),
      stop: () => undefined,
    },
    onNotReceiving: () => {
      state.lost += 1;
    },
    onBack: () => {
      state.back += 1;
    },
    later: clock.later,
  });
  return { clock, log, state, open, deliver, subscriptions };
}

describe("cloudSubscriptions", () => {
  it("passes requests to this thing and to all on, and resumes what earlier sessions left open", () => {
    const { state, open, deliver, subscriptions } = scene();
    subscriptions.checked(someResult(), []);
    deliver("cmd/packdrift/v1/line-4/check/req", "a");
    deliver("cmd/packdrift/v1/all/check/req", "b");

    expect(state.received).toEqual([
      "cmd/packdrift/v1/line-4/check/req a cmd/packdrift/v1",
      "cmd/packdrift/v1/all/check/req b cmd/packdrift/v1",
    ]);
    expect(state.resumed).toEqual(["cmd/packdrift/v1"]);
    expect([...open.keys()]).toContain("dt/packdrift/v1/line-4/echo");
  });

  it("logs once that all subscriptions are open", () => {
    const { log, open, subscriptions } = scene();
    subscriptions.checked(someResult({ echoSeconds: 0 }), []);
    const [first, second] = [...open.values()];
    first?.opened();
    first?.opened();
    expect(log.of("subscriptions.open")).toEqual([]);
    second?.opened();
    second?.opened();

    expect(log.of("subscriptions.open")).toEqual([
      { filters: ["cmd/packdrift/v1/line-4/+/req", "cmd/packdrift/v1/all/+/req"] },
    ]);
  });

  it("subscribes again only where topics change", () => {
    const { state, open, subscriptions } = scene();
    subscriptions.checked(someResult(), []);
    subscriptions.checked(someResult({ jitterSeconds: 7 }), []);
    expect(state.closed).toBe(0);

    subscriptions.checked(someResult({ commandPrefix: "other/cmd" }), []);

    expect([state.closed, [...open.keys()].filter((filter) => filter.startsWith("cmd/"))]).toEqual([3, []]);
    expect(state.resumed).toEqual(["cmd/packdrift/v1", "other/cmd"]);
  });

  it("subscribes again, with the others, when its echo does not return, and says when it does", async () => {
    const { clock, log, state, subscriptions } = scene();
    subscriptions.checked(someResult({ echoSeconds: 60 }), []);
    state.echoes = false;
    await clock.pass(90_000);
    expect([state.lost, state.closed, log.of("subscriptions.deaf")]).toEqual([
      1,
      3,
      [{ reaction: "subscribing again" }],
    ]);

    state.echoes = true;
    await clock.pass(60_000);
    expect(state.back).toBe(1);
    subscriptions.stop();
    expect(clock.waits).toEqual([]);
  });
});
