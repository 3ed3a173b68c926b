import { laterByTimer } from "../../../src/base/clock.js";
import { silentLog } from "../../../src/base/log.js";
import { DEFAULT_ALARM_SETTINGS } from "../../../src/fleet/alarms/alarm-settings.js";
import type { ReceivedMessage } from "../../../src/fleet/arrival.js";
import type { BrokerParts } from "../../../src/fleet/feed/broker-client.js";
import { newRequestId } from "../../../src/fleet/feed/request-id.js";
import { type Fleet, startFleet } from "../../../src/fleet/feed/start-fleet.js";
import { TOPIC_PREFIXES } from "../../../src/fleet/ingest/fleet-topics.js";
import type { CatalogJob } from "../../../src/fleet/state/questions.js";
import { until } from "../../until.js";
import { assetsOf } from "./serving.js";

/** A fleet as `packdrift fleet` wires it, on SQLite, with a broker that is no more than a function. */
export interface StoredFleet extends Pick<Fleet, "url" | "stop"> {
  /** The topics of what it has sent to devices. */
  readonly sent: readonly string[];
  /** Lets time pass: answers are remembered, and requests of one address are counted. */
  pass(ms: number): void;
  /** Resolves when all of them are stored, or refused for good. */
  deliver(messages: readonly ReceivedMessage[]): Promise<void>;
}

/** Starts it with an empty store, at a time that passes only when the test says so. */
export async function storedFleet(startMs: number, jobs: readonly CatalogJob[] = []): Promise<StoredFleet> {
  const sent: string[] = [];
  let nowMs = startMs;
  let broker: BrokerParts | null = null;
  const fleet = await startFleet(
    {
      broker: { host: "127.0.0.1", port: 1, tls: null },
      ...{ clientId: "fleet", group: null, prefixes: TOPIC_PREFIXES, requestsPerSecond: 10_000 },
      ...{ store: ":memory:", worker: null, keys: null, things: null },
      ...{ alarms: DEFAULT_ALARM_SETTINGS, heartbeatHours: 24, keepDays: 400, keepHeartbeatDays: 30 },
      serving: { host: "127.0.0.1", port: 0, tokensFile: null, trusted: null, tls: null, hostNames: [] },
    },
    {
      ...{ version: "0.0.0-test", log: silentLog, later: laterByTimer, random: Math.random, newId: newRequestId },
      now: () => nowMs,
      jobs: () => jobs,
      assets: assetsOf(),
      async connect(parts) {
        broker = parts;
        queueMicrotask(() => {
          parts.onConnected();
          parts.onSubscribed(true);
        });
        return {
          ...{ isConnected: true, isSubscribed: true, renew() {}, close: async () => {} },
          publish: async (topic) => void sent.push(topic),
        };
      },
    },
  );
  return {
    url: fleet.url,
    sent,
    stop: () => fleet.stop(),
    pass(ms) {
      nowMs += ms;
    },
    async deliver(messages) {
      let left = messages.length;
      for (const message of messages) {
        broker?.onMessage({ ...message, isHeld: () => true, acknowledge: () => left-- });
      }
      await until(() => left === 0);
    },
  };
}
