import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Ingested, Intake } from "../../../src/fleet/arrival.js";
import { startFeed } from "../../../src/fleet/feed/start-feed.js";
import { TOPIC_PREFIXES } from "../../../src/fleet/ingest/fleet-topics.js";
import { alone } from "../../../src/fleet/store/peers.js";
import { connectBroker, type MqttPort } from "../../../src/lab/mqtt-port.js";
import { fakeLog } from "../../agent/fake-clock.js";
import { makeCertificates } from "../../chaos/certificates.js";
import { type Mosquitto, mosquitto } from "../../chaos/mosquitto.js";
import { lacks } from "../../needed.js";
import { until } from "../../until.js";
import { memoryDatabase } from "./memory-database.js";

const NOTHING: Ingested = {
  acknowledge: [],
  askFacts: [],
  counts: { reports: 0, heartbeats: 0, parts: 0, duplicates: 0, conflicts: 0, refused: 0 },
};
const MESSAGES = 6_000;
const PADDING = "x".repeat(2_000);
/** What a store takes for a batch, so that more waits. */
const SLOW_MS = 50;
const MOST_WAITING_BYTES = 4 * 1_024 * 1_024;

describe.skipIf(lacks("mosquitto", "openssl"))("startFeed", () => {
  let folder = "";
  let broker: Mosquitto;
  let device: MqttPort;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "packdrift-feed-"));
    makeCertificates(folder);
    broker = await mosquitto(folder);
    await broker.start();
    device = await connectBroker(`mqtt://127.0.0.1:${broker.plainPort}`, { reconnectMs: 20 });
  });
  afterAll(async () => {
    await device.close();
    await broker.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  it("stays within its memory and stores everything, when mosquitto sends more than the receive maximum", async () => {
    const stored = new Set<string>();
    let taken = 0;
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const intake: Intake = {
      async ingest(batch) {
        await gate;
        await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
        taken += batch.length;
        for (const { payload } of batch) stored.add(Buffer.from(payload).toString().slice(0, 8));
        return NOTHING;
      },
      settle: async () => [],
      acknowledged: async () => {},
      toAcknowledge: async () => [],
      giveUp: async () => null,
      prune: async () => 0,
      unpack: String,
    };
    const log = fakeLog();
    const feed = await startFeed({
      settings: {
        broker: { host: "127.0.0.1", port: broker.plainPort, tls: null },
        clientId: "fleet",
        group: null,
        prefixes: TOPIC_PREFIXES,
        requestsPerSecond: 50,
      },
      database: memoryDatabase(),
      intake,
      peers: alone(),
      thingsOf: async () => [],
      log,
      now: Date.now,
      later(milliseconds, action) {
        const timer = setTimeout(action, milliseconds);
        return () => clearTimeout(timer);
      },
      random: Math.random,
      newId: () => "id",
      onStored: () => {},
      mostWaitingBytes: MOST_WAITING_BYTES,
    });
    await until(() => feed.status().connected === true);
    for (let at = 0; at < MESSAGES; at += 200) {
      const some = Array.from({ length: 200 }, (_, i) => String(at + i).padStart(8, "0"));
      await Promise.all(some.map((id) => device.publish("dt/packdrift/v1/a/report", `${id}${PADDING}`, { qos: 1 })));
    }
    await until(() => feed.status().queued >= 1_000);
    let most = 0;
    const watching = setInterval(() => {
      most = Math.max(most, feed.status().queued);
    }, 1);
    open();
    await until(() => stored.size === MESSAGES);
    clearInterval(watching);

    expect(most).toBeLessThanOrEqual(MOST_WAITING_BYTES / PADDING.length);
    expect(feed.status().deferred).toBeGreaterThan(0);
    // What was left to the broker came again, and nothing else.
    expect(taken).toBe(MESSAGES);
    expect(log.of("messages.requested-again").length).toBeGreaterThan(0);
    expect(log.of("broker.lost")).toEqual([]);
    await feed.stop();
  });
});
