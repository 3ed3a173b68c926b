import { describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../../src/lab/broker.js";
import type { Flavour } from "../../src/lab/flavour.js";
import { connectBroker, type MqttMessage, type MqttPort } from "../../src/lab/mqtt-port.js";
import type { Nucleus } from "../../src/lab/nucleus.js";
import {
  afterTest,
  type Client,
  cleanUpAfterEach,
  connected,
  FLAVOURS,
  failureOf,
  inbox,
  someNucleus,
  within,
} from "./lab-parts.js";

cleanUpAfterEach();

const QOS = { 0: "0", 1: "1" } as Record<0 | 1, never>;

/** A broker that never acknowledges. */
const SILENT_BROKER: MqttPort = {
  online: true,
  onOnline(listener) {
    listener(true);
    return () => {};
  },
  publish: () => new Promise(() => {}),
  subscribe: async () => async () => {},
  close: async () => {},
};

interface Cloud {
  readonly broker: Broker;
  /** The nucleus's own connection. */
  readonly port: MqttPort;
  readonly nucleus: Nucleus;
  readonly client: Client;
}

async function someCloud(flavour: Flavour): Promise<Cloud> {
  const broker = await startBroker();
  afterTest(() => broker.close());
  const port = await connectBroker(broker.url, { reconnectMs: 20 });
  afterTest(() => port.close());
  const nucleus = await someNucleus(flavour, { broker: port });
  return { broker, port, nucleus, client: await connected(nucleus) };
}

/** What a subscriber in the cloud receives. */
async function watch(broker: Broker, filter: string) {
  const port = await connectBroker(broker.url);
  afterTest(() => port.close());
  const messages = inbox<MqttMessage>();
  await port.subscribe(filter, 1, messages.put);
  return { port, messages };
}

async function goOffline({ broker, port }: Cloud): Promise<() => Promise<Broker>> {
  const offline = new Promise<void>((resolve) => port.onOnline((online) => !online && resolve()));
  await broker.close();
  await within(offline, "going offline");
  return async () => {
    const again = await startBroker({ port: broker.port });
    afterTest(() => again.close());
    return again;
  };
}

describe.each(FLAVOURS)("PublishToIoTCore on %s", (flavour) => {
  it.each([0, 1] as const)("reaches the broker with QoS %i", async (qos) => {
    const { broker, client } = await someCloud(flavour);
    const { messages } = await watch(broker, "dt/#");
    await client.publishToIoTCore({ topicName: "dt/report", qos: QOS[qos], payload: Buffer.from([0, 255, 10]) });
    const { topic, payload, qos: received } = await messages.next();
    expect([topic, [...payload], received]).toEqual(["dt/report", [0, 255, 10], qos]);
  });

  it("keeps the order of a burst that does not overrun it", async () => {
    const { broker, client } = await someCloud(flavour);
    const { messages } = await watch(broker, "dt/#");
    for (let i = 0; i < 30; i++) await client.publishToIoTCore({ topicName: "dt/n", qos: QOS[0], payload: String(i) });
    const got = [];
    for (let i = 0; i < 30; i++) got.push((await messages.next()).payload.toString());
    expect(got).toEqual(Array.from({ length: 30 }, (_, i) => String(i)));
  });

  it("is refused on a topic that no policy names", async () => {
    const { client } = await someCloud(flavour);
    expect(await failureOf(client.publishToIoTCore({ topicName: "other/x", qos: QOS[1], payload: "x" }))).toEqual({
      code: "UnauthorizedError",
      text: flavour === "lite" ? "IPC Operation not authorized." : "Not Authorized",
    });
  });

  it("is logged with its component and request", async () => {
    const { nucleus, client } = await someCloud(flavour);
    await client.publishToIoTCore({ topicName: "dt/r", qos: QOS[1], payload: "x" });
    expect(await nucleus.calls.waitFor(({ operation }) => operation === "PublishToIoTCore")).toEqual({
      component: "com.example.Monitor",
      operation: "PublishToIoTCore",
      request: { topicName: "dt/r", qos: "1", payload: "eA==" },
    });
  });
});

describe("PublishToIoTCore on classic", () => {
  it("refuses topics and payloads that IoT Core refuses", async () => {
    const { client } = await someCloud("classic");
    const publish = (topicName: string, payload: string | undefined = "x") =>
      failureOf(client.publishToIoTCore({ topicName, qos: QOS[1], ...(payload === undefined ? {} : { payload }) }));
    expect((await publish("dt/1/2/3/4/5/6/7/8")).text).toMatch(/no more than 7 forward slashes/);
    expect((await publish(`dt/${"x".repeat(254)}`)).text).toMatch(/no larger than 256 bytes/);
    expect((await publish("dt/+")).text).toMatch(/must not contain wildcard/);
    expect((await publish("dt/x", "y".repeat(131_073))).text).toMatch(
      /131073 bytes exceeds the configured limit of 131072/,
    );
    // InvalidArgumentsError is not in the client's model of this operation.
    const noPayload = await failureOf(client.publishToIoTCore({ topicName: "dt/x", qos: QOS[1] }));
    expect(noPayload.text).toContain("aws.greengrass#InvalidArgumentsError");
  });

  it("accepts an empty payload, 7 slashes, 256 characters and 128 KB", async () => {
    const { broker, client } = await someCloud("classic");
    const { messages } = await watch(broker, "dt/#");
    const publish = (topicName: string, payload: string) =>
      client.publishToIoTCore({ topicName, qos: QOS[1], payload });
    await publish("dt/1/2/3/4/5/6/7", "");
    await publish(`dt/${"x".repeat(253)}`, "y".repeat(131_072));
    expect([(await messages.next()).payload.length, (await messages.next()).payload.length]).toEqual([0, 131_072]);
  });

  it("spools QoS 1 while the broker is away and delivers all of it when it is back", async () => {
    const cloud = await someCloud("classic");
    const comeBack = await goOffline(cloud);
    const topics = ["dt/1", "dt/2", "dt/3", "dt/4", "dt/5", "dt/6", "dt/7"];
    // Retained, so that it does not matter who is back first.
    for (const topicName of topics) {
      await cloud.client.publishToIoTCore({ topicName, qos: QOS[1], payload: "x", retain: true });
    }
    expect(cloud.nucleus.waiting).toEqual({ messages: 7, bytes: 7 });
    const { messages } = await watch(await comeBack(), "dt/#");
    const got = [];
    for (const _ of topics) got.push((await messages.next()).topic);
    expect(got.sort()).toEqual(topics);
  });

  it("refuses QoS 0 while the broker is away", async () => {
    const cloud = await someCloud("classic");
    await goOffline(cloud);
    expect(await failureOf(cloud.client.publishToIoTCore({ topicName: "dt/r", qos: QOS[0], payload: "x" }))).toEqual({
      code: "ServiceError",
      text: "Publish to topic dt/r failed: Device is offline. Dropping QoS 0 message.",
    });
  });

  it("refuses a new message when the spool is full, and keeps the old ones", async () => {
    const nucleus = await someNucleus("classic");
    const client = await connected(nucleus);
    const payload = Buffer.alloc(131_072);
    for (let i = 0; i < 20; i++) await client.publishToIoTCore({ topicName: "dt/r", qos: QOS[1], payload });
    expect(await failureOf(client.publishToIoTCore({ topicName: "dt/r", qos: QOS[1], payload: "x" }))).toEqual({
      code: "ServiceError",
      text: "Publish to topic dt/r failed: Message spool is full. Message could not be added.",
    });
    expect(nucleus.waiting).toEqual({ messages: 20, bytes: 2_621_440 });
  });

  it("loses the spool when the nucleus restarts", async () => {
    const nucleus = await someNucleus("classic");
    const client = await connected(nucleus);
    await client.publishToIoTCore({ topicName: "dt/r", qos: QOS[1], payload: "x" });
    await nucleus.restart();
    expect(nucleus.waiting).toEqual({ messages: 0, bytes: 0 });
  });
});

describe("PublishToIoTCore on lite", () => {
  it("fails at once with either QoS while the broker is away", async () => {
    const cloud = await someCloud("lite");
    await goOffline(cloud);
    for (const qos of [QOS[0], QOS[1]]) {
      expect(await failureOf(cloud.client.publishToIoTCore({ topicName: "dt/r", qos, payload: "x" }))).toEqual({
        code: "ServiceError",
        text: "Failed to publish the message.",
      });
    }
  });

  it("loses the rest of a burst of more than ten unacknowledged messages", async () => {
    const client = await connected(await someNucleus("lite", { broker: SILENT_BROKER }));
    const results = await Promise.allSettled(
      Array.from({ length: 15 }, () => client.publishToIoTCore({ topicName: "dt/r", qos: QOS[1], payload: "x" })),
    );
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(10);
  });

  it("passes 7,300 bytes of payload and drops the connection on 7,500", async () => {
    const { broker, client } = await someCloud("lite");
    const { messages } = await watch(broker, "dt/#");
    await client.publishToIoTCore({ topicName: "dt/r", qos: QOS[1], payload: Buffer.alloc(7_300) });
    expect((await messages.next()).payload.length).toBe(7_300);
    const gone = new Promise<void>((resolve) => client.on("disconnection", () => resolve()));
    client.publishToIoTCore({ topicName: "dt/r", qos: QOS[1], payload: Buffer.alloc(7_500) }).catch(() => {});
    await within(gone, "disconnection");
  });
});

describe.each(FLAVOURS)("SubscribeToIoTCore on %s", (flavour) => {
  it("delivers what matches the filter until it is closed", async () => {
    const { broker, nucleus, client } = await someCloud(flavour);
    const { operation, messages } = await subscribed(client, "cmd/+/req");
    const { port } = await watch(broker, "none");
    await port.publish("cmd/check/res", "no", { qos: 1 });
    await port.publish("cmd/check/req", "yes", { qos: 1 });
    expect(await messages.next()).toEqual({ topicName: "cmd/check/req", payload: "yes" });

    await operation.close();
    await client.updateState({ state: "RUNNING" as never });
    expect(nucleus.subscriptions).toEqual([]);
    expect(messages.waiting).toEqual([]);
  });

  it("drops what comes before the answer to the subscription", async () => {
    const message = (payload: string) => ({ topic: "cmd/a/req", payload: Buffer.from(payload), qos: 1, retain: false });
    const deliver = inbox<(message: MqttMessage) => void>();
    const eager: MqttPort = {
      ...SILENT_BROKER,
      async subscribe(_, __, onMessage) {
        onMessage(message("early"));
        deliver.put(onMessage);
        return async () => {};
      },
    };
    const nucleus = await someNucleus(flavour, { broker: eager });
    const { messages } = await subscribed(await connected(nucleus), "cmd/+/req");
    (await deliver.next())(message("in time"));
    expect((await messages.next()).payload).toBe("in time");
  });

  it("is refused for a filter that no policy covers", async () => {
    const { client } = await someCloud(flavour);
    const operation = client.subscribeToIoTCore({ topicName: "cmd/#", qos: QOS[1] });
    expect((await failureOf(operation.activate())).code).toBe("UnauthorizedError");
  });

  it("delivers again after the broker was restarted", async () => {
    const cloud = await someCloud(flavour);
    const { messages } = await subscribed(cloud.client, "cmd/+/req");
    const comeBack = await goOffline(cloud);
    const { port } = await watch(await comeBack(), "none");
    const timer = setInterval(() => void port.publish("cmd/a/req", "again", { qos: 1 }).catch(() => {}), 20);
    afterTest(() => clearInterval(timer));
    expect((await messages.next()).payload).toBe("again");
  });
});

describe("SubscribeToIoTCore on lite", () => {
  it("never delivers packets of 5,000 bytes", async () => {
    const { broker, client } = await someCloud("lite");
    const { messages } = await subscribed(client, "cmd/+/req");
    const { port } = await watch(broker, "none");
    for (const bytes of [5_000, 4_900]) await port.publish("cmd/a/req", Buffer.alloc(bytes, "z"), { qos: 1 });
    expect((await messages.next()).payload.length).toBe(4_900);
  });

  it("fails while the broker is away", async () => {
    const cloud = await someCloud("lite");
    await goOffline(cloud);
    const operation = cloud.client.subscribeToIoTCore({ topicName: "cmd/+/req", qos: QOS[1] });
    expect(await failureOf(operation.activate())).toEqual({
      code: "ServiceError",
      text: "Failed to bind the subscription.",
    });
  });
});

describe("SubscribeToIoTCore on classic", () => {
  it("waits for the broker that is away", async () => {
    const cloud = await someCloud("classic");
    const comeBack = await goOffline(cloud);
    const operation = cloud.client.subscribeToIoTCore({ topicName: "cmd/+/req", qos: QOS[1] });
    const active = operation.activate();
    await cloud.nucleus.calls.waitFor(({ operation: name }) => name === "SubscribeToIoTCore");
    await comeBack();
    await within(active, "activate");
  });
});

async function subscribed(client: Client, topicName: string) {
  const messages = inbox<{ topicName: string; payload: string }>();
  const operation = client.subscribeToIoTCore({ topicName, qos: QOS[1] });
  operation.on("message", ({ message }) =>
    messages.put({ topicName: message?.topicName ?? "", payload: String(message?.payload ?? "") }),
  );
  await within(operation.activate(), "activate");
  return { operation, messages };
}
