import { spawn } from "node:child_process";
import { chmodSync, chownSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type IPublishPacket, type MqttClient } from "mqtt";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { publishOver } from "../../../src/agent/cloud.js";
import { DeliveryError } from "../../../src/base/errors.js";
import type { MqttTarget, MqttTimes } from "../../../src/transports/mqtt/client-config.js";
import { type Mqtt, mqttConnection } from "../../../src/transports/mqtt/mqtt-connection.js";
import { makeCertificates } from "../../chaos/certificates.js";
import { ALLOW, CONTROL, freePort, type MosquittoOptions, mosquitto } from "../../chaos/mosquitto.js";
import { heapBytes } from "../../heap-bytes.js";
import { lacks } from "../../needed.js";
import { transportSuite } from "../../outbox/transport-suite.js";
import { someReport } from "../../report/builders.js";
import { until, untilResolved } from "../../until.js";

const HURRY: Partial<MqttTimes> = {
  acknowledgeMs: 1_000,
  connectMs: 1_000,
  keepAliveSeconds: 2,
  pingMs: 500,
  firstReconnectMs: 20,
  lastReconnectMs: 100,
};
const TOPIC = "dt/packdrift/v1/line-4/report";
const STATUS = { topic: "dt/packdrift/v1/line-4/status", online: "online", lost: "lost", stopped: "stopped" };

let folder: string;
let certificates: ReturnType<typeof makeCertificates>;
beforeAll(() => {
  if (lacks("mosquitto", "openssl")) return;
  folder = mkdtempSync(join(tmpdir(), "packdrift-mqtt-"));
  certificates = makeCertificates(folder);
});
afterAll(() => {
  if (!lacks("mosquitto", "openssl")) rmSync(folder, { recursive: true, force: true });
});

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

interface Arrived {
  readonly topic: string;
  readonly payload: string;
  readonly packet: IPublishPacket;
}

/** A broker with mutual TLS, a device connected to it, and a subscriber to everything. */
async function scene({
  target = {},
  broker: kind = {},
  connects = true,
}: {
  target?: Partial<MqttTarget>;
  broker?: MosquittoOptions;
  connects?: boolean;
} = {}) {
  const broker = await mosquitto(folder, kind);
  await broker.start();
  open.push(broker.kill);
  const watcher: MqttClient = connect(`mqtt://127.0.0.1:${broker.plainPort}`, {
    protocolVersion: 5,
    reconnectPeriod: 20,
  });
  watcher.on("error", () => undefined);
  open.push(() => watcher.endAsync(true));
  const arrived: Arrived[] = [];
  watcher.on("message", (topic, payload, packet) => void arrived.push({ topic, payload: payload.toString(), packet }));
  await new Promise<void>((resolve) =>
    watcher.on("connect", () => watcher.subscribe("dt/#", { qos: 1 }, () => resolve())),
  );
  const { ca, cert, key } = certificates;
  const whole = { endpoint: "localhost", port: broker.tlsPort, clientId: "line-4-packdrift", ca, cert, key, ...target };
  const events: string[] = [];
  const mqtt = mqttConnection(
    whole,
    STATUS,
    (event, { message = "" }) => void events.push(`${event} ${message}`),
    HURRY,
  );
  open.push(mqtt.close);
  const texts = (topic: string) => arrived.filter((each) => each.topic === topic).map(({ payload }) => payload);
  // The first connection may take longer than a publish waits for one: a busy machine takes a second for TLS.
  if (connects) await untilResolved(() => mqtt.publish("dt/ready", ""));
  return {
    broker,
    watcher,
    arrived,
    mqtt,
    events,
    texts,
    publish: (text: string) => mqtt.publish(TOPIC, text),
  };
}

/** A subscription, once the broker has agreed to it. */
function opened(mqtt: Mqtt, filter: string, take: Parameters<Mqtt["subscribe"]>[1]) {
  return new Promise<ReturnType<Mqtt["subscribe"]>>((resolve) => {
    const subscription = mqtt.subscribe(filter, take, () => resolve(subscription));
  });
}

describe.skipIf(lacks("mosquitto", "openssl"))("mqttConnection as a transport", () => {
  transportSuite("mqtt", async () => {
    const { broker, watcher, mqtt, texts } = await scene();
    const closing = open.splice(0);
    return {
      topic: TOPIC,
      arrived: () => texts(TOPIC),
      transport: { name: "mqtt", inFlight: 8, publish: publishOver(mqtt) },
      breakOff: broker.kill,
      async restore() {
        const subscribed = new Promise((resolve) => watcher.once("connect", resolve));
        await broker.start();
        await subscribed;
      },
      async close() {
        for (const close of closing.reverse()) await close();
      },
    };
  });
});

describe.skipIf(lacks("mosquitto", "openssl"))("mqttConnection", () => {
  it("describes a message in MQTT's own properties", async () => {
    const { mqtt, arrived } = await scene();

    await publishOver(mqtt)(TOPIC, "{}", someReport());

    await until(() => arrived.some(({ topic }) => topic === TOPIC));
    const { packet } = arrived.find(({ topic }) => topic === TOPIC) as Arrived;
    expect({ ...packet.properties, userProperties: { ...packet.properties?.userProperties } }).toMatchObject({
      contentType: "application/json",
      payloadFormatIndicator: true,
      messageExpiryInterval: expect.any(Number),
      userProperties: { schema: "packdrift.report/1", kind: "COMPLETE", drift: "DRIFTED" },
    });
    expect([packet.qos, packet.retain]).toEqual([1, false]);
    expect(packet.properties).not.toHaveProperty("topicAlias");
  });

  it("says when it starts and when it stops", async () => {
    const { mqtt, publish, texts } = await scene();
    await publish("{}");
    await mqtt.close();

    await until(() => texts(STATUS.topic).length === 2);
    expect(texts(STATUS.topic)).toEqual(["online", "stopped"]);
  });

  it("leaves a last will for an unexpected end", async () => {
    const { broker, publish, texts } = await scene();
    await publish("{}");
    const other = connect(`mqtt://127.0.0.1:${broker.plainPort}`, {
      protocolVersion: 5,
      clientId: "line-4-packdrift",
      reconnectPeriod: 0,
    });
    other.on("error", () => undefined);
    // A broker that sees a second client of one name ends the first without its goodbye.
    await new Promise((resolve) => other.once("connect", resolve));

    await until(() => texts(STATUS.topic).includes("lost"));
    await other.endAsync(true);
  });

  it("receives what its filters match, once each, with the topic on which it came", async () => {
    const { mqtt, watcher } = await scene();
    const heard: string[] = [];
    const take = (filter: string) => (topic: string, payload: string) =>
      void heard.push(`${filter} ${topic} ${payload}`);
    await opened(mqtt, "cmd/line-4/+/req", take("requests"));
    await opened(mqtt, "cmd/line-4/ack/req", take("acks"));

    for (const topic of [
      "cmd/line-4/check/req",
      "cmd/line-4/ack/req",
      "cmd/line-5/check/req",
      "cmd/line-4/check/res",
    ]) {
      await watcher.publishAsync(topic, "{}", { qos: 1 });
    }
    await watcher.publishAsync("cmd/line-4/flush/req", "Ω", { qos: 1 });

    await until(() => heard.some((line) => line.includes("flush")));
    expect([...new Set(heard)].sort()).toEqual([
      "acks cmd/line-4/ack/req {}",
      "requests cmd/line-4/ack/req {}",
      "requests cmd/line-4/check/req {}",
      "requests cmd/line-4/flush/req Ω",
    ]);
    expect(heard.filter((line) => line.includes("check"))).toHaveLength(1);
  });

  it("receives nothing more on what it has closed, nor at the broker", async () => {
    const { broker, mqtt, watcher } = await scene({ broker: { verbose: true } });
    const heard: string[] = [];
    const { close } = await opened(mqtt, "cmd/x", (_, payload) => void heard.push(payload));
    await watcher.publishAsync("cmd/x", "one", { qos: 1 });
    await until(() => heard.length === 1);

    await close();
    await watcher.publishAsync("cmd/x", "two", { qos: 1 });

    await until(() => broker.log().includes("UNSUBSCRIBE"));
    expect(heard).toEqual(["one"]);
  });

  it("receives what it has subscribed to, also after the broker has forgotten it", async () => {
    const { broker, mqtt, watcher } = await scene();
    const heard: string[] = [];
    let times = 0;
    mqtt.subscribe(
      "cmd/x",
      (_, payload) => void heard.push(payload),
      () => {
        times += 1;
      },
    );
    await until(() => times === 1);
    await watcher.publishAsync("cmd/x", "one", { qos: 1 });
    await until(() => heard.length === 1);
    const back = new Promise((resolve) => watcher.once("connect", resolve));
    await broker.kill();
    await broker.start();
    await back;

    await until(() => times === 2);
    await watcher.publishAsync("cmd/x", "two", { qos: 1 });
    await until(() => heard.length === 2);
    expect(heard).toEqual(["one", "two"]);
  });

  it("subscribes as soon as the broker is there, however long that takes", async () => {
    const { broker, mqtt, watcher, publish, events } = await scene();
    await broker.kill();
    // A publish before the client knows waits for an acknowledgement instead.
    await until(() => events.some((line) => line.startsWith("mqtt.lost")));
    const open = opened(mqtt, "cmd/x", () => {});
    await expect(publish("{}")).rejects.toThrow("no connection");

    const back = new Promise((resolve) => watcher.once("connect", resolve));
    await broker.start();
    await back;

    await open;
  });

  it("subscribes to nothing that was closed while the broker was away", async () => {
    const { broker, mqtt } = await scene({ broker: { verbose: true } });
    await broker.kill();
    await mqtt.subscribe("cmd/closed", () => {}).close();
    const open = opened(mqtt, "cmd/open", () => {});
    await broker.start();
    await open;

    await until(() => broker.log().includes("cmd/open"));
    expect(broker.log()).not.toContain("cmd/closed");
  });

  it("keeps no memory of publishes that failed while it was offline", async () => {
    const { ca, cert, key } = certificates;
    const nowhere = { endpoint: "localhost", port: await freePort(), clientId: "x", ca, cert, key };
    const mqtt = mqttConnection(nowhere, STATUS, () => {}, { ...HURRY, connectMs: 1 });
    open.push(mqtt.close);
    const failures = async (count: number) => {
      const calls = Array.from({ length: count }, () => mqtt.publish(TOPIC, "{}"));
      expect((await Promise.allSettled(calls)).every(({ status }) => status === "rejected")).toBe(true);
    };
    await failures(1_000);
    const before = heapBytes();
    for (let round = 0; round < 10; round++) await failures(1_000);

    // With a waiter left behind by each it was 23 MB.
    expect(heapBytes() - before).toBeLessThan(3 * 2 ** 20);
  });

  it("tries again to subscribe where it is refused, and says so once until it can", async () => {
    const { broker, mqtt, events, watcher } = await scene({ broker: { denied: "cmd/secret", verbose: true } });
    let isOpen = false;
    mqtt.subscribe(
      "cmd/secret",
      () => {},
      () => {
        isOpen = true;
      },
    );
    const troubles = () => events.filter((line) => line.startsWith("mqtt.trouble"));
    await until(() => broker.log().split("SUBSCRIBE from line-4-packdrift").length > 2);
    expect([isOpen, troubles()]).toEqual([false, ["mqtt.trouble the broker refused with NotAuthorized"]]);

    await watcher.publishAsync(CONTROL, ALLOW("cmd/secret"), { qos: 1 });

    await until(() => isOpen);
    expect(troubles()).toHaveLength(1);
  });

  it("says that a topic is forbidden where the broker's PUBACK says so, and sends to others", async () => {
    const { mqtt, texts } = await scene({ broker: { denied: "dt/secret" } });

    const failure = await mqtt.publish("dt/secret", "{}").catch((error: unknown) => error);

    // Mosquitto 2.0.11 hangs up behind such a PUBACK.
    const isSent = () =>
      mqtt.publish(TOPIC, "{}").then(
        () => true,
        () => false,
      );
    for (let tries = 0; tries < 50 && !(await isSent()); tries++);
    expect(failure).toBeInstanceOf(DeliveryError);
    expect(failure).toMatchObject({
      message: 'Cannot publish to "dt/secret": the broker refuses with NotAuthorized',
      retryable: true,
      forbidden: true,
    });
    await until(() => texts(TOPIC).length > 0);
    expect(texts("dt/secret")).toEqual([]);
  });

  it("refuses a message that is larger than IoT Core accepts", async () => {
    const { mqtt, watcher } = await scene();
    const heard: number[] = [];
    await opened(mqtt, "cmd/x", (_, payload) => void heard.push(payload.length));

    await watcher.publishAsync("cmd/x", "x".repeat(200_000), { qos: 1 });
    await watcher.publishAsync("cmd/x", "y".repeat(100_000), { qos: 1 });

    await until(() => heard.length > 0);
    expect(heard).toEqual([100_000]);
  });

  describe("refuses to connect", () => {
    const refused = async (options: Parameters<typeof scene>[0], what: RegExp) => {
      const { publish, arrived, events } = await scene({ ...options, connects: false });
      await expect(publish("{}")).rejects.toThrow(/Cannot publish/);
      expect(arrived).toEqual([]);
      return expect([...events, await publish("{}").catch((error: Error) => error.message)].join("\n")).toMatch(what);
    };

    it("to a server whose certificate bears another name", () =>
      refused({ broker: { certificate: "elsewhere" } }, /TLS|negotiat|no connection/i));

    it("to a server that its authority does not know", () =>
      refused({ target: { ca: certificates.path("stranger.pem") } }, /TLS|negotiat|no connection/i));

    it("with a certificate that the server does not trust", () =>
      refused(
        { target: { cert: certificates.path("intruder.pem"), key: certificates.path("intruder.key") } },
        /TLS|socket|closed|hangup|no connection/i,
      ));

    it.each([0o644, 0o640, 0o604])("with a key of mode %o, which others may read", async (mode) => {
      const key = join(folder, `key-${mode}.pem`);
      writeFileSync(key, "secret of the device");
      chmodSync(key, mode);
      await refused(
        { target: { key } },
        new RegExp(`may be read by others: its mode must be 0600 or 0400, is 0${mode.toString(8)}`),
      );
    });

    it.runIf(process.getuid?.() === 0)("with a key of mode 440 unless it is root's and its group's", async () => {
      const key = join(folder, "credential.pem");
      copyFileSync(certificates.key, key);
      chmodSync(key, 0o440);
      chownSync(key, 0, 1);
      await refused({ target: { key } }, /may be read by others: its mode must be 0600 or 0400, is 0440/);
      chownSync(key, 0, 0);
      const { publish } = await scene({ target: { key }, connects: false });
      await expect(publish("{}")).resolves.toBeUndefined();
    });

    it("with a key that does not exist, and recovers when it does", async () => {
      const key = join(folder, "later.pem");
      const { publish } = await scene({ target: { key }, connects: false });
      await expect(publish("{}")).rejects.toThrow("ENOENT");
      writeFileSync(key, "no key", { mode: 0o600 });
      const failure = await publish("{}").catch((error: Error) => error.message);
      expect(failure).toContain("Cannot publish");
      expect(failure).not.toContain("no key");
      rmSync(key);
      copyFileSync(certificates.key, key);
      chmodSync(key, 0o600);

      await publish("{}");
    });
  });

  it.each([
    ["tls1_1", false],
    ["tls1_2", true],
    ["tls1_3", true],
  ] as const)("talks to a server that speaks %s alone: %s", async (version, accepted) => {
    const { ca, cert, key, path } = certificates;
    const port = String(await freePort());
    const files = ["-cert", path("server.pem"), "-key", path("server.key")];
    const asking = ["-Verify", "1", "-CAfile", ca];
    const old = accepted ? [] : ["-cipher", "DEFAULT@SECLEVEL=0"];
    const server = spawn("openssl", ["s_server", "-accept", port, ...files, `-${version}`, ...asking, ...old]);
    let said = "";
    for (const stream of [server.stdout, server.stderr])
      stream.on("data", (data) => {
        said += String(data);
      });
    await until(() => said.includes("ACCEPT"));
    const place = { endpoint: "localhost", port: Number(port), clientId: "x", ca, cert, key };
    const mqtt = mqttConnection(place, STATUS, () => {}, HURRY);
    const published = mqtt.publish(TOPIC, "{}").catch(() => undefined);

    await until(() => /CIPHER is|ERROR/.test(said));

    expect(/CIPHER is (?!\(NONE\))/.test(said)).toBe(accepted);
    await published;
    await mqtt.close();
    server.kill();
  });
});
