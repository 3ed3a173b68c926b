import { chownSync, copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type BrokerParts,
  connectToBroker,
  type UnacknowledgedMessage,
} from "../../../src/fleet/feed/broker-client.js";
import { connectBroker, type MqttPort } from "../../../src/lab/mqtt-port.js";
import { fakeLog } from "../../agent/fake-clock.js";
import { makeCertificates } from "../../chaos/certificates.js";
import { type Mosquitto, mosquitto } from "../../chaos/mosquitto.js";
import { lacks } from "../../needed.js";
import { until } from "../../until.js";

const TOPIC = "dt/packdrift/v1/line-4/report";

describe.skipIf(lacks("mosquitto", "openssl"))("connectToBroker", () => {
  let folder = "";
  let files = { ca: "", cert: "", key: "" };
  let broker: Mosquitto;
  let device: MqttPort;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "packdrift-feed-"));
    files = makeCertificates(folder);
    broker = await mosquitto(folder);
    await broker.start();
    device = await connectBroker(`mqtt://127.0.0.1:${broker.plainPort}`, { reconnectMs: 20 });
  });
  afterAll(async () => {
    await device.close();
    await broker.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  let clients = 0;
  async function connected(overrides: Partial<BrokerParts> = {}) {
    const received: UnacknowledgedMessage[] = [];
    const log = fakeLog();
    const client = await connectToBroker({
      address: { host: "127.0.0.1", port: broker.plainPort, tls: null },
      clientId: `fleet-${++clients}`,
      filters: ["dt/packdrift/v1/+/report"],
      receiveMaximum: 10,
      log,
      now: Date.now,
      later: (milliseconds, action) => {
        const timer = setTimeout(action, milliseconds);
        return () => clearTimeout(timer);
      },
      random: Math.random,
      onMessage: (message) => received.push(message),
      onConnected: () => {},
      onSubscribed: () => {},
      onLost: () => {},
      ...overrides,
    });
    await until(() => client.isSubscribed);
    const texts = () => received.map(({ payload }) => Buffer.from(payload).toString());
    return { client, log, received, texts };
  }
  const send = (text: string, qos: 0 | 1 = 1) => device.publish(TOPIC, text, { qos });

  it("receives with the topic and the time, and publishes", async () => {
    const { client, received } = await connected({ now: () => Date.parse("2026-11-23T18:00:00Z") });
    const heard: string[] = [];
    await device.subscribe("cmd/#", 1, ({ topic, payload }) => heard.push(`${topic} ${payload}`));
    await send("one");
    await until(() => received.length === 1);
    await client.publish("cmd/packdrift/v1/line-4/ack/req", "{}");
    await until(() => heard.length === 1);

    expect(received[0]).toMatchObject({ topic: TOPIC, receivedAt: "2026-11-23T18:00:00.000Z" });
    expect(received[0]?.isHeld()).toBe(true);
    expect(heard).toEqual(["cmd/packdrift/v1/line-4/ack/req {}"]);
    await client.close();
  });

  it("receives again what it has not acknowledged, from a broker that kept its session, also in a new process", async () => {
    const first = await connected();
    for (const text of ["a", "b", "c"]) await send(text);
    await until(() => first.received.length === 3);
    first.received[1]?.acknowledge();
    await send("d");
    await until(() => first.received.length === 4);
    await first.client.close();
    expect(first.received[0]?.isHeld()).toBe(false);
    await send("e");

    const second = await connected({ clientId: `fleet-${clients}` });
    await until(() => second.received.length === 4);

    expect(second.texts().sort()).toEqual(["a", "c", "d", "e"]);
    for (const { acknowledge } of second.received) acknowledge();
    await second.client.close();
  });

  it("receives no more than it can hold until it acknowledges", async () => {
    const { client, received, texts } = await connected({ receiveMaximum: 3 });
    for (let at = 1; at <= 5; at++) await send(String(at));
    await until(() => received.length === 3);
    await send("unheld", 0);
    await until(() => received.length === 4);
    expect(texts()).toEqual(["1", "2", "3", "unheld"]);
    expect(received.map(({ isHeld }) => isHeld())).toEqual([true, true, true, false]);

    received[0]?.acknowledge();
    received[1]?.acknowledge();
    await until(() => received.length === 6);

    expect(texts().slice(4)).toEqual(["4", "5"]);
    await client.close();
  });

  it("receives again over a new connection what it has not acknowledged, and reports no loss", async () => {
    const { client, log, received, texts } = await connected();
    for (const text of ["a", "b", "c"]) await send(text);
    await until(() => received.length === 3);
    received[1]?.acknowledge();
    // After it on the same connection: once this has arrived, so has the acknowledgement.
    await client.publish("cmd/packdrift/v1/line-4/ack/req", "{}");
    client.renew();
    client.renew();
    await until(() => received.length === 5);

    expect(received[0]?.isHeld()).toBe(false);
    expect(texts()).toEqual(["a", "b", "c", "a", "c"]);
    expect(received.slice(3).map(({ isHeld }) => isHeld())).toEqual([true, true]);
    expect(log.of("broker.connected").map(({ session }) => session)).toEqual([false, true]);
    expect(log.of("broker.lost")).toEqual([]);
    await until(() => client.isSubscribed);
    await client.close();
    client.renew();
  });

  it("acknowledges on each connection what arrived on it, so that the broker continues", async () => {
    const { client, received } = await connected({ receiveMaximum: 3 });
    for (let round = 1; round <= 20; round++) {
      const before = received.length;
      for (const text of ["a", "b", "c"]) await send(`${round} ${text}`);
      await until(() => received.length === before + 3);
      client.renew();
      await until(() => received.length === before + 6);
      for (const { acknowledge } of received.slice(-3)) acknowledge();
    }
    await client.close();
  });

  it("connects over mutual TLS, and not with a stranger's certificate", async () => {
    const address = { host: "localhost", port: broker.tlsPort, tls: files };
    const { client, received } = await connected({ address });
    await send("over TLS");
    await until(() => received.length === 1);
    await client.close();

    const log = fakeLog();
    const stranger = await connectToBroker({
      address: { ...address, tls: { ...files, cert: join(folder, "intruder.pem"), key: join(folder, "intruder.key") } },
      clientId: "stranger",
      filters: ["#"],
      receiveMaximum: 1,
      log,
      now: Date.now,
      later: () => () => {},
      random: Math.random,
      onMessage: () => {},
      onConnected: () => {},
      onSubscribed: () => {},
      onLost: () => {},
    });
    await until(() => log.of("broker.failed").length > 0);
    expect(stranger.isConnected).toBe(false);
    await stranger.close();
  });

  it("refuses a key that others may read, and a file that is not there", async () => {
    const address = { host: "localhost", port: broker.tlsPort, tls: { ...files, key: join(folder, "missing.key") } };

    await expect(connected({ address })).rejects.toThrow("ENOENT");
    await expect(connected({ address: { ...address, tls: { ...files, key: "/etc/passwd" } } })).rejects.toThrow(
      "may be read by others",
    );
  });

  it.skipIf(process.geteuid?.() !== 0)("refuses another user's key", async () => {
    const key = join(folder, "foreign.key");
    copyFileSync(files.key, key);
    chownSync(key, 65_534, 65_534);
    const address = { host: "localhost", port: broker.tlsPort, tls: { ...files, key } };

    await expect(connected({ address })).rejects.toThrow("belongs to user 65534");
  });

  it("reconnects after the broker was killed, and subscribes again", async () => {
    const { client, log, received } = await connected();
    await send("before");
    await until(() => received.length === 1);
    await broker.kill();
    await until(() => !client.isConnected);
    expect(received[0]?.isHeld()).toBe(false);
    // Belongs to a session that is gone.
    received[0]?.acknowledge();

    await broker.start();
    await until(() => client.isSubscribed && device.online);
    await send("after");
    await until(() => received.length === 2);

    expect(log.of("broker.lost")).toHaveLength(1);
    await client.close();
  });

  it("names the likely reason when connections are lost again and again", async () => {
    const { client, log } = await connected({ clientId: "same" });
    const other = await connected({ clientId: "same" });
    await until(() => log.of("broker.lost").some(({ message }) => String(message).includes("--client-id")));

    expect(log.of("broker.lost").length).toBeGreaterThanOrEqual(3);
    await client.close();
    await other.client.close();
  });
});
