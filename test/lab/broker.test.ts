import { type AddressInfo, connect, createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../../src/lab/broker.js";
import { connectBroker, type MqttMessage, type MqttPort } from "../../src/lab/mqtt-port.js";
import { afterTest, cleanUpAfterEach, inbox, within } from "./lab-parts.js";

cleanUpAfterEach();

async function someBroker(port?: number): Promise<Broker> {
  const broker = await startBroker(port === undefined ? {} : { port });
  afterTest(() => broker.close());
  return broker;
}

async function someClient(broker: Broker): Promise<MqttPort> {
  const client = await connectBroker(broker.url, { reconnectMs: 20 });
  afterTest(() => client.close());
  return client;
}

/** Resolves when the port's state is as wanted. */
function becomes(client: MqttPort, online: boolean): Promise<void> {
  return within(
    new Promise<void>((resolve) => {
      client.onOnline((now) => now === online && resolve());
    }),
    `online ${online}`,
  );
}

describe("startBroker", () => {
  it("carries messages of both QoS from one client to another", async () => {
    const broker = await someBroker();
    const [one, two] = [await someClient(broker), await someClient(broker)];
    const messages = inbox<MqttMessage>();
    await two.subscribe("dt/+/x", 1, messages.put);

    await one.publish("dt/a/x", "first", { qos: 0 });
    await one.publish("dt/b/x", Buffer.from("second"), { qos: 1 });

    const received = [await messages.next(), await messages.next()];
    expect(received.map(({ topic, payload, qos }) => [topic, payload.toString(), qos])).toEqual([
      ["dt/a/x", "first", 0],
      ["dt/b/x", "second", 1],
    ]);
  });

  it("keeps a retained message for later subscribers", async () => {
    const broker = await someBroker();
    const client = await someClient(broker);
    await client.publish("status", "online", { qos: 1, retain: true });
    const messages = inbox<MqttMessage>();
    await client.subscribe("status", 1, messages.put);
    expect(await messages.next()).toMatchObject({ topic: "status", retain: true });
  });
});

describe("connectBroker", () => {
  it("rejects when nothing listens at the address", async () => {
    const broker = await startBroker();
    await broker.close();
    await expect(within(connectBroker(broker.url), "connecting")).rejects.toThrow(
      `Cannot connect to the broker ${broker.url}`,
    );
  });

  it("rejects publishes and subscriptions while the broker is away", async () => {
    const broker = await someBroker();
    const client = await someClient(broker);
    await broker.close();
    await becomes(client, false);
    await expect(client.publish("t", "x", { qos: 1 })).rejects.toThrow(
      'Cannot publish to "t": the broker is not connected',
    );
    await expect(client.subscribe("t", 1, () => {})).rejects.toThrow("the broker is not connected");
  });

  it("subscribes again when the broker is back", async () => {
    const broker = await someBroker();
    const client = await someClient(broker);
    const messages = inbox<MqttMessage>();
    await client.subscribe("a/#", 1, messages.put);
    await broker.close();
    await becomes(client, false);
    const again = await someBroker(broker.port);
    await becomes(client, true);
    const other = await someClient(again);
    // Whether the subscription is back already is the broker's secret: publish until it is.
    const timer = setInterval(() => void other.publish("a/b", "hello", { qos: 1 }).catch(() => {}), 20);
    afterTest(() => clearInterval(timer));
    expect((await messages.next()).payload.toString()).toBe("hello");
  });

  it("delivers a message once to each overlapping subscription, also when the wider one goes", async () => {
    const broker = await someBroker();
    const client = await someClient(broker);
    const [wide, narrow] = [inbox<MqttMessage>(), inbox<MqttMessage>()];
    const endWide = await client.subscribe("a/#", 0, wide.put);
    await client.subscribe("a/b", 1, narrow.put);

    await client.publish("a/b", "1", { qos: 1 });
    expect([(await wide.next()).payload.toString(), (await narrow.next()).payload.toString()]).toEqual(["1", "1"]);
    await endWide();
    await client.publish("a/b", "2", { qos: 1 });
    expect((await narrow.next()).payload.toString()).toBe("2");
    expect([wide.waiting, narrow.waiting]).toEqual([[], []]);
  });

  it("does not ask the broker for a filter that another one covers, until that one goes", async () => {
    const { url, sent } = await listeningProxy(await someBroker());
    const client = await connectBroker(url);
    afterTest(() => client.close());
    const endWide = await client.subscribe("wide/#", 1, () => {});
    await client.subscribe("wide/narrow", 1, () => {});
    expect(sent().includes("wide/narrow")).toBe(false);
    await endWide();
    expect(sent().includes("wide/narrow")).toBe(true);
  });
});

/** A way to the broker that shows what clients send. */
async function listeningProxy(broker: Broker): Promise<{ readonly url: string; readonly sent: () => string }> {
  const chunks: Buffer[] = [];
  const proxy = createServer((socket) => {
    const upstream = connect(broker.port, "127.0.0.1");
    socket.on("data", (chunk) => chunks.push(chunk));
    for (const end of [socket, upstream]) end.on("error", () => {});
    socket.pipe(upstream).pipe(socket);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  afterTest(() => proxy.close());
  const { port } = proxy.address() as AddressInfo;
  return { url: `mqtt://127.0.0.1:${port}`, sent: () => Buffer.concat(chunks).toString("latin1") };
}
