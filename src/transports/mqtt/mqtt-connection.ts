import * as fs from "node:fs";
import { DeliveryError, messageOf } from "../../base/errors.js";
import { checkPrivate } from "../../base/secret-file.js";
import { withTimeLimit } from "../../base/time-limit.js";
import { filterMatches } from "../../base/topic-filter.js";
import { keepOpen, type Stream } from "../keep-open.js";

// Loaded when first used: the native part costs 60 ms of CPU and 5 MB.
type Crt = Pick<typeof import("aws-crt"), "mqtt5" | "io">;
type Client = InstanceType<Crt["mqtt5"]["Mqtt5Client"]>;

/** Where to connect, and as whom: paths of PEM files. */
export interface MqttPlace {
  readonly endpoint: string;
  readonly port: number;
  readonly clientId: string;
  readonly cert: string;
  readonly key: string;
  /** Null: the system's own. */
  readonly ca: string | null;
}

/** What is said of us when we are gone without a word, and when we come. */
export interface MqttStatus {
  readonly topic: string;
  readonly online: string;
  readonly lost: string;
  readonly stopped: string;
}

/** A connection that heals itself. */
export interface Mqtt {
  /**
   * Resolves when the broker has acknowledged the message (QoS 1, the default) or it has left (QoS 0); else throws
   * DeliveryError. Messages arrive in the order of the calls. `properties` become user properties.
   */
  publish(topic: string, payload: string, qos?: 0 | 1, properties?: Readonly<Record<string, string>>): Promise<void>;
  /** Hears a topic filter for as long as this lives: what is refused or forgotten is tried again; `opened` is called each time. */
  subscribe(filter: string, take: Take, opened?: () => void): { close(): Promise<void> };
  close(): Promise<void>;
}

type Take = (topic: string, payload: string) => void;

/** What is told for the log. */
export type MqttEvent = "mqtt.connected" | "mqtt.lost" | "mqtt.failed" | "mqtt.trouble";

/** Waiting times, in milliseconds; tests have less patience. */
export interface MqttTimes {
  readonly acknowledgeMs: number;
  readonly connectMs: number;
  readonly keepAliveSeconds: number;
  readonly pingMs: number;
  readonly firstReconnectMs: number;
  readonly lastReconnectMs: number;
}

const TIMES: MqttTimes = {
  acknowledgeMs: 30_000,
  connectMs: 15_000,
  keepAliveSeconds: 60,
  pingMs: 10_000,
  firstReconnectMs: 1_000,
  lastReconnectMs: 120_000,
};
const SESSION_SECONDS = 3_600;
/** What IoT Core carries at most: nothing larger is meant for us. */
const MOST_PACKET_BYTES = 128 * 1_024;
/** A message that waits in a broker's queue for longer says nothing new. */
const EXPIRY_SECONDS = 7 * 86_400;
/** PUBACK reasons that another try would only repeat: topic name invalid, packet too large, payload format invalid. */
const NEVER = new Set([0x90, 0x95, 0x99]);
const NO_ANSWER = () => "no acknowledgement";

type Message = readonly [topic: string, payload: string];

interface Subscribed {
  readonly filter: string;
  readonly message: (message: Message) => void;
  readonly ended: () => void;
}

/**
 * An MQTT 5 connection over mutual TLS (1.2 or later, the server's name and certificate verified), opened when it is first
 * needed and then kept up with a back-off of full jitter. The session outlives the connection, and the process, by an hour.
 * A key that others may read is refused. `onEvent` hears of every change, for the log, and of subscriptions that cannot be had, once until they can.
 */
export function mqttConnection(
  place: MqttPlace,
  status: MqttStatus,
  onEvent: (event: MqttEvent, fields: Readonly<Record<string, unknown>>) => void,
  times: Partial<MqttTimes> = {},
): Mqtt {
  const { acknowledgeMs, connectMs, ...rest } = { ...TIMES, ...times };
  const open = new Set<Subscribed>();
  let opening: Promise<{ crt: Crt; client: Client }> | null = null;
  let connected = false;
  let closing = false;
  let lastFailure = "";
  let whenConnected: (() => void)[] = [];

  async function start(): Promise<{ crt: Crt; client: Client }> {
    const crt: Crt = await import("aws-crt");
    checkFiles(place);
    const client = new crt.mqtt5.Mqtt5Client(configOf(crt, place, status, rest));
    client.on("error", (error) => onEvent("mqtt.failed", { message: describe(error) }));
    client.on("connectionFailure", ({ error, connack }) => {
      lastFailure = ` (${describe(error)})`;
      const reason = connack === undefined ? {} : { reason: crt.mqtt5.ConnectReasonCode[connack.reasonCode] };
      onEvent("mqtt.failed", { message: describe(error), ...reason });
    });
    client.on("disconnection", ({ error }) => {
      if (connected) onEvent("mqtt.lost", { message: describe(error) });
      connected = false;
    });
    client.on("connectionSuccess", ({ settings }) => {
      connected = true;
      onEvent("mqtt.connected", {
        endpoint: place.endpoint,
        clientId: place.clientId,
        session: settings.rejoinedSession,
      });
      // Its word of being here, anew on each connection.
      const greeting = { topicName: status.topic, payload: status.online, qos: crt.mqtt5.QoS.AtLeastOnce };
      client.publish(greeting).catch(() => undefined);
      if (!settings.rejoinedSession) for (const each of open) each.ended();
      for (const resolve of whenConnected.splice(0)) resolve();
    });
    client.on("messageReceived", ({ message }) => {
      const { topicName, payload = "" } = message;
      const text = Buffer.from(payload as ArrayBuffer).toString();
      for (const each of open) if (filterMatches(each.filter, topicName)) each.message([topicName, text]);
    });
    client.start();
    return { crt, client };
  }

  /** The client, once it is connected. A failed start is tried anew by the next call. */
  async function ready(): Promise<{ crt: Crt; client: Client }> {
    opening ??= start();
    const started = await opening.catch((error: unknown) => {
      opening = null;
      throw error;
    });
    if (!connected) await new Promise<void>((resolve) => whenConnected.push(resolve));
    return started;
  }

  /** A subscription as a stream that ends when the broker has forgotten it; it waits for the connection as long as it takes. */
  function stream(filter: string): Stream<Message> {
    let tell: (message: Message) => void = () => {};
    let end = () => {};
    const subscribed: Subscribed = {
      filter,
      message: (message) => tell(message),
      ended() {
        open.delete(subscribed);
        end();
      },
    };
    return {
      on(event: "message" | "ended", listener: (message: Message) => void) {
        if (event === "message") tell = listener;
        else end = listener as () => void;
      },
      async activate() {
        const { crt, client } = await ready();
        // Before the broker agrees: what it has kept for us may come with its word.
        open.add(subscribed);
        const subscriptions = [{ topicFilter: filter, qos: crt.mqtt5.QoS.AtLeastOnce }];
        const answer = await limited(client.subscribe({ subscriptions }), acknowledgeMs, NO_ANSWER);
        const [code = 0x80] = answer.reasonCodes;
        if (code >= 0x80) throw new Error(`the broker refuses with ${crt.mqtt5.SubackReasonCode[code] ?? code}`);
      },
      async close() {
        open.delete(subscribed);
        if (!connected || closing || [...open].some((other) => other.filter === filter)) return;
        const { client } = await ready();
        await limited(client.unsubscribe({ topicFilters: [filter] }), acknowledgeMs, NO_ANSWER);
      },
    };
  }

  return {
    async publish(topic, payload, qos = 1, properties = {}) {
      try {
        const { crt, client } = await limited(ready(), connectMs, () => `no connection${lastFailure}`);
        const sent = client.publish({
          topicName: topic,
          payload,
          qos: qos === 1 ? crt.mqtt5.QoS.AtLeastOnce : crt.mqtt5.QoS.AtMostOnce,
          payloadFormat: crt.mqtt5.PayloadFormatIndicator.Utf8,
          contentType: "application/json",
          messageExpiryIntervalSeconds: EXPIRY_SECONDS,
          userProperties: Object.entries(properties).map(([name, value]) => ({ name, value })),
        });
        const acknowledged = await limited(sent, acknowledgeMs, NO_ANSWER);
        const code = acknowledged?.reasonCode ?? 0;
        if (code >= 0x80) {
          const reason = crt.mqtt5.PubackReasonCode[code] ?? `reason ${code}`;
          throw new DeliveryError(`Cannot publish to "${topic}": the broker refuses with ${reason}`, !NEVER.has(code), {
            forbidden: code === crt.mqtt5.PubackReasonCode.NotAuthorized,
          });
        }
      } catch (error) {
        throw asDeliveryError(error, `publish to "${topic}"`);
      }
    },
    subscribe(filter, take, opened) {
      const heard = {
        what: `subscribe to "${filter}"`,
        make: () => stream(filter),
        take: ([topic, payload]: Message) => take(topic, payload),
        ...(opened === undefined ? {} : { missed: opened }),
      };
      const { first, retry, close } = keepOpen(heard, {
        // A stream has limits of its own: waiting for the connection has none.
        limited: (call) => call,
        isOver: () => closing,
        onTrouble: (what, error) => onEvent("mqtt.trouble", { what, message: describe(error) }),
        random: Math.random,
      });
      first.then(opened, retry);
      return { close };
    },
    async close() {
      if (closing) return;
      closing = true;
      if (opening === null) return;
      const { crt, client } = await opening;
      whenConnected = [];
      if (connected) {
        const { topic, stopped: payload } = status;
        const said = client.publish({ topicName: topic, payload, qos: crt.mqtt5.QoS.AtLeastOnce });
        await limited(said, 500, NO_ANSWER).catch(() => undefined);
      }
      const stopped = new Promise<void>((resolve) => client.once("stopped", () => resolve()));
      client.stop({ reasonCode: crt.mqtt5.DisconnectReasonCode.NormalDisconnection });
      await limited(stopped, 1_000, () => "still connected").catch(() => undefined);
      client.close();
    },
  };
}

function configOf(
  { mqtt5, io }: Crt,
  place: MqttPlace,
  status: MqttStatus,
  times: Omit<MqttTimes, "acknowledgeMs" | "connectMs">,
): ConstructorParameters<Crt["mqtt5"]["Mqtt5Client"]>[0] {
  const tls = io.TlsContextOptions.create_client_with_mtls_from_path(place.cert, place.key);
  // Not by min_tls_version: with TLSv1_2 there, aws-crt 1.33.1 was seen to agree to TLS 1.1 (test/transports/mqtt/mqtt-connection.test.ts).
  tls.tls_cipher_preference = io.TlsCipherPreference.TLSv1_2_2025_07;
  tls.verify_peer = true;
  if (place.ca !== null) tls.override_default_trust_store_from_path(undefined, place.ca);
  // AWS IoT Core tells MQTT from HTTPS by it on this port.
  if (place.port === 443) tls.alpn_list = ["x-amzn-mqtt-ca"];
  return {
    hostName: place.endpoint,
    port: place.port,
    tlsCtx: new io.ClientTlsContext(tls),
    disableMetrics: true,
    connectProperties: {
      clientId: place.clientId,
      keepAliveIntervalSeconds: times.keepAliveSeconds,
      sessionExpiryIntervalSeconds: SESSION_SECONDS,
      maximumPacketSizeBytes: MOST_PACKET_BYTES,
      will: {
        topicName: status.topic,
        payload: status.lost,
        qos: mqtt5.QoS.AtLeastOnce,
        contentType: "application/json",
      },
    },
    // From the first connection on: what came while the process was down is heard after a restart. A new process has no state of
    // its own to bring along, since what it had on the way is in the outbox.
    sessionBehavior: mqtt5.ClientSessionBehavior.RejoinAlways,
    // Our outbox is the queue: what is not on its way fails at once and comes back in order.
    offlineQueueBehavior: mqtt5.ClientOperationQueueBehavior.FailAllOnDisconnect,
    retryJitterMode: mqtt5.RetryJitterType.Full,
    minReconnectDelayMs: times.firstReconnectMs,
    maxReconnectDelayMs: times.lastReconnectMs,
    minConnectedTimeToResetReconnectDelayMs: 30_000,
    pingTimeoutMs: times.pingMs,
    connackTimeoutMs: 15_000,
    topicAliasingOptions: {
      outboundBehavior: mqtt5.OutboundTopicAliasBehaviorType.Disabled,
      inboundBehavior: mqtt5.InboundTopicAliasBehaviorType.Disabled,
    },
  };
}

/** Throws when a file is missing, or the key may be read by others. */
function checkFiles({ cert, key, ca }: MqttPlace): void {
  for (const path of ca === null ? [cert] : [cert, ca]) fs.accessSync(path, fs.constants.R_OK);
  checkPrivate(key, fs.statSync(key));
}

function limited<T>(call: Promise<T>, limitMs: number, otherwise: () => string): Promise<T> {
  return withTimeLimit(call, limitMs, () => new Error(`${otherwise()} within ${limitMs} ms`));
}

function asDeliveryError(error: unknown, what: string): DeliveryError {
  if (error instanceof DeliveryError) return error;
  return new DeliveryError(`Cannot ${what}: ${describe(error)}`, true, { cause: error });
}

function describe(error: unknown): string {
  return messageOf(error).slice(0, 300);
}
