import { describe, expect, it } from "vitest";
import { type Cloud, cloudRoute } from "../../src/agent/cloud.js";
import { DeliveryError } from "../../src/base/errors.js";
import { parseSettings } from "../../src/config/parse-settings.js";
import type { OnMqttEvent } from "../../src/transports/mqtt/mqtt-session.js";
import { someReport } from "../report/builders.js";
import { fakeClock, fakeLog } from "./fake-clock.js";

const MQTT = {
  transport: "mqtt",
  mqtt: { endpoint: "broker.example", port: 8883, cert: "/c", key: "/k", ca: null, clientId: null },
};

/** A connection that notes what goes over it. */
function connection(name: string, calls: string[]) {
  const receivers = new Map<string, (topic: string, payload: string) => void>();
  const cloud: Cloud = {
    async publish(topic) {
      calls.push(`${name} publish ${topic}`);
    },
    subscribe(filter, receive) {
      calls.push(`${name} subscribe ${filter}`);
      receivers.set(filter, receive);
      return {
        async close() {
          calls.push(`${name} close ${filter}`);
        },
      };
    },
  };
  return { cloud, receivers };
}

function scene(hasNucleus = true) {
  const calls: string[] = [];
  const log = fakeLog();
  const clock = fakeClock();
  const state: { onEvent: OnMqttEvent } = { onEvent: () => {} };
  const nucleus = connection("nucleus", calls);
  const broker = connection("broker", calls);
  const acknowledged: (readonly [number, string | undefined])[] = [];
  const route = cloudRoute({
    thing: "line-4",
    nucleus: hasNucleus ? nucleus.cloud : null,
    outbox: {
      acknowledge(sequence, epoch) {
        acknowledged.push([sequence, epoch]);
        return sequence;
      },
    },
    log,
    later: clock.later,
    nowMs: clock.steadyMs,
    onConnected: () => void calls.push("connected"),
    openMqtt({ clientId }, _, onEvent) {
      state.onEvent = onEvent;
      calls.push(`open ${clientId}`);
      return { ...broker.cloud, close: async () => void calls.push("broker close") };
    },
  });
  return { route, calls, log, clock, acknowledged, nucleus, state };
}

describe("cloudRoute", () => {
  it("publishes through the nucleus, one message at a time", async () => {
    const { route, calls } = scene();
    route.follow(parseSettings({}));
    await route.transport.publish("t", "{}", someReport());

    expect([route.transport.name, route.transport.inFlight]).toEqual(["ipc", 1]);
    expect(calls).toEqual(["nucleus subscribe cmd/packdrift/v1/line-4/ack/req", "nucleus publish t"]);
  });

  it("opens a connection of its own where the settings name one, and keeps to it", async () => {
    const { route, calls } = scene();
    route.follow(parseSettings(MQTT));
    route.follow(parseSettings({}));
    await route.cloud.publish("t", "{}");

    expect([route.transport.name, route.transport.inFlight]).toEqual(["mqtt", 8]);
    expect(calls).toEqual([
      "open line-4-packdrift",
      "broker subscribe cmd/packdrift/v1/line-4/ack/req",
      "broker publish t",
    ]);
  });

  it("reports when its own connection is made, except within 30 s of the one before", async () => {
    const { route, calls, state, clock } = scene();
    route.follow(parseSettings(MQTT));
    const told: number[] = [];
    for (const waitMs of [0, 29_999, 29_999, 30_000]) {
      await clock.pass(waitMs);
      state.onEvent("mqtt.connected", {});
      told.push(calls.filter((call) => call === "connected").length);
      state.onEvent("mqtt.lost", {});
      state.onEvent("mqtt.failed", {});
    }

    expect(told).toEqual([1, 1, 1, 2]);
  });

  it("keeps to the nucleus when the settings change to MQTT later", () => {
    const { route, calls } = scene();
    route.follow(parseSettings({}));
    route.follow(parseSettings(MQTT));

    expect([route.transport.name, calls.length]).toEqual(["ipc", 1]);
  });

  it("cannot publish before there is a connection", async () => {
    const { route } = scene(false);

    await expect(route.transport.publish("t", "{}", someReport())).rejects.toThrow(DeliveryError);
  });

  it("frees what the cloud acknowledges, and counts malformed acknowledgements within a minute", async () => {
    const { route, log, clock, acknowledged, nucleus } = scene();
    route.follow(parseSettings({}));
    const topic = "cmd/packdrift/v1/line-4/ack/req";
    for (const payload of ['{"sequence":7}', "{", "[", '{"sequence":0,"epoch":"e1"}'])
      nucleus.receivers.get(topic)?.(topic, payload);

    expect(acknowledged).toEqual([
      [7, undefined],
      [0, "e1"],
    ]);
    await clock.pass(60_000);
    expect(log.lines.map(([event]) => event)).toEqual(["report.acknowledged", "ack.refused", "acks.dropped"]);
  });

  it("subscribes to acknowledgements again when asked, or under another prefix", () => {
    const { route, calls } = scene();
    route.resubscribe();
    route.follow(parseSettings({}));
    route.resubscribe();
    route.follow(parseSettings({ commandPrefix: "other" }));

    const own = "cmd/packdrift/v1/line-4/ack/req";
    expect(calls).toEqual([
      `nucleus subscribe ${own}`,
      `nucleus close ${own}`,
      `nucleus subscribe ${own}`,
      `nucleus close ${own}`,
      "nucleus subscribe other/line-4/ack/req",
    ]);
  });
});
