import { connect, type IClientPublishOptions, type IPublishPacket, type MqttClient } from "mqtt";
import { codeOf, ExpectedError, messageOf } from "../base/errors.js";
import { filterMatches } from "../base/topic-filter.js";
import { brokerSubscriptions } from "./broker-subscriptions.js";

/** A message from the broker. */
export interface MqttMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: number;
  readonly retain: boolean;
  /** This and what follows: MQTT 5 only. */
  readonly isUtf8?: boolean;
  readonly userProperties?: readonly { readonly key: string; readonly value: string }[];
  readonly contentType?: string;
  readonly responseTopic?: string;
  readonly correlationData?: Buffer;
}

/** Options for publishing; all but `qos` and `retain` need MQTT 5 and are left out without it. */
export interface PublishOptions {
  readonly qos: 0 | 1;
  readonly retain?: boolean;
  readonly isUtf8?: boolean;
  readonly userProperties?: readonly { readonly key: string; readonly value: string }[];
  readonly contentType?: string;
  readonly responseTopic?: string;
  readonly correlationData?: Buffer;
  readonly messageExpiryIntervalSeconds?: number;
}

/** A connection to an MQTT broker that reconnects by itself. */
export interface MqttPort {
  readonly online: boolean;
  /** Calls now and at each change; returns how to stop. */
  onOnline(listener: (online: boolean) => void): () => void;
  /** Resolves when the broker has acknowledged (QoS 1) or the message is on its way (QoS 0); rejects while offline. */
  publish(topic: string, payload: Buffer | string, options: PublishOptions): Promise<void>;
  /** Resolves with how to unsubscribe once the broker has granted; rejects while offline. Survives reconnects. */
  subscribe(filter: string, qos: 0 | 1, onMessage: (message: MqttMessage) => void): Promise<() => Promise<void>>;
  /** Cuts the connection: the broker publishes its last will, if it has one. */
  close(): Promise<void>;
}

/** A connection that can also be ended in order. */
export interface ClientPort extends MqttPort {
  /** Tells the broker that it ends, which then discards the last will. */
  disconnect(): Promise<void>;
}

/** The parameters of a connection to a broker. */
interface BrokerConnection {
  /** 4 = MQTT 3.1.1 (default), 5 = MQTT 5. */
  readonly protocolVersion?: 4 | 5;
  readonly clientId?: string;
  readonly reconnectMs?: number;
  readonly will?: { readonly topic: string; readonly payload: string };
}

const DISCONNECT_MS = 1_000;
const PROTOCOLS: Readonly<Record<string, "mqtt" | "mqtts">> = {
  ...{ "mqtt:": "mqtt", "tcp:": "mqtt" },
  ...{ "mqtts:": "mqtts", "tls:": "mqtts", "ssl:": "mqtts" },
};

type Subscriber = { readonly filter: string; readonly onMessage: (message: MqttMessage) => void };

/**
 * Connects to any broker by URL, `mqtt://` or `mqtts://`; resolves when connected. Throws ExpectedError for another address, or when
 * the first attempt fails.
 */
export async function connectBroker(url: string, how: BrokerConnection = {}): Promise<ClientPort> {
  const version = how.protocolVersion ?? 4;
  const client = connect({
    ...addressIn(url),
    protocolVersion: version,
    reconnectPeriod: how.reconnectMs ?? 200,
    connectTimeout: 5_000,
    clean: true,
    queueQoSZero: false,
    ...(how.clientId === undefined ? {} : { clientId: how.clientId }),
    ...(how.will === undefined
      ? {}
      : { will: { topic: how.will.topic, payload: Buffer.from(how.will.payload), qos: 1, retain: false } }),
  });
  await firstConnection(client, url);
  const subscribers = new Set<Subscriber>();
  const subscriptions = brokerSubscriptions(client);
  const align = () => subscriptions.align([...subscribers].map(({ filter }) => filter));

  client.on("error", () => {});
  client.on("message", (topic, payload, packet) => {
    const message = received(topic, payload, packet);
    for (const subscriber of [...subscribers])
      if (filterMatches(subscriber.filter, topic)) subscriber.onMessage(message);
  });

  return {
    get online() {
      return client.connected;
    },
    onOnline: (listener) => followConnection(client, listener),
    async publish(topic, payload, options) {
      if (!client.connected) throw new Error(`Cannot publish to "${topic}": the broker is not connected`);
      await client.publishAsync(topic, payload, packetOptions(options, version));
    },
    async subscribe(filter, _qos, onMessage) {
      if (!client.connected) throw new Error(`Cannot subscribe to "${filter}": the broker is not connected`);
      const subscriber: Subscriber = { filter, onMessage };
      subscribers.add(subscriber);
      try {
        await align();
      } catch (cause) {
        subscribers.delete(subscriber);
        subscriptions.forget(filter);
        throw new Error(`Cannot subscribe to "${filter}": the broker refused`, { cause });
      }
      return async () => {
        if (subscribers.delete(subscriber)) await align().catch(() => {});
      };
    },
    async close() {
      subscribers.clear();
      await client.endAsync(true);
    },
    async disconnect() {
      subscribers.clear();
      if (!client.connected) return client.endAsync(true);
      // The client waits for what is in flight, for ever when the broker has just gone.
      await Promise.race([client.endAsync(), new Promise((resolve) => setTimeout(resolve, DISCONNECT_MS).unref())]);
      client.stream.destroy();
    },
  };
}

/** Parsed here, since the client's own parsing makes Node.js 24 print a warning. */
function addressIn(text: string) {
  const url = URL.canParse(text) ? new URL(text) : null;
  const protocol = PROTOCOLS[url?.protocol ?? ""];
  if (url === null || protocol === undefined || url.hostname === "") {
    throw new ExpectedError(`Cannot connect to the broker ${text}: needs an address such as mqtt://127.0.0.1:1883`);
  }
  const { hostname, port, username, password } = url;
  return {
    protocol,
    host: hostname.replace(/^\[(.*)\]$/, "$1"),
    ...(port === "" ? {} : { port: Number(port) }),
    ...(username === "" ? {} : { username: decodeURIComponent(username), password: decodeURIComponent(password) }),
  };
}

function followConnection(client: MqttClient, listener: (online: boolean) => void): () => void {
  const up = () => listener(true);
  const down = () => listener(false);
  client.on("connect", up);
  client.on("close", down);
  listener(client.connected);
  return () => {
    client.off("connect", up);
    client.off("close", down);
  };
}

function firstConnection(client: MqttClient, url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause?: Error) => {
      client.end(true);
      const why = codeOf(cause) ?? (cause === undefined ? "the connection was closed" : messageOf(cause));
      reject(
        new ExpectedError(`Cannot connect to the broker ${url}: needs an MQTT broker there, found ${why}`, { cause }),
      );
    };
    client.once("error", fail);
    client.once("close", fail);
    client.once("connect", () => {
      client.off("error", fail);
      client.off("close", fail);
      resolve();
    });
  });
}

function packetOptions(options: PublishOptions, version: 4 | 5): IClientPublishOptions {
  const { qos, retain = false } = options;
  if (version === 4) return { qos, retain };
  const properties: NonNullable<IClientPublishOptions["properties"]> = {};
  if (options.isUtf8 !== undefined) properties.payloadFormatIndicator = options.isUtf8;
  if (options.contentType !== undefined) properties.contentType = options.contentType;
  if (options.responseTopic !== undefined) properties.responseTopic = options.responseTopic;
  if (options.correlationData !== undefined) properties.correlationData = options.correlationData;
  if (options.messageExpiryIntervalSeconds !== undefined) {
    properties.messageExpiryInterval = options.messageExpiryIntervalSeconds;
  }
  if (options.userProperties !== undefined) {
    const grouped: Record<string, string[]> = {};
    for (const { key, value } of options.userProperties) grouped[key] = [...(grouped[key] ?? []), value];
    properties.userProperties = grouped;
  }
  return { qos, retain, properties };
}

function received(topic: string, payload: Buffer, packet: IPublishPacket): MqttMessage {
  const { contentType, responseTopic, correlationData, userProperties, payloadFormatIndicator } =
    packet.properties ?? {};
  return {
    topic,
    payload,
    qos: packet.qos,
    retain: packet.retain,
    ...(payloadFormatIndicator === undefined ? {} : { isUtf8: payloadFormatIndicator }),
    ...(contentType === undefined ? {} : { contentType }),
    ...(responseTopic === undefined ? {} : { responseTopic }),
    ...(correlationData === undefined ? {} : { correlationData }),
    ...(userProperties === undefined
      ? {}
      : {
          userProperties: Object.entries(userProperties).flatMap(([key, values]) =>
            [values].flat().map((value) => ({ key, value })),
          ),
        }),
  };
}
