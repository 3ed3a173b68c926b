import * as fs from "node:fs";
import { DeliveryError, messageOf } from "../errors.js";
import type { Report } from "../report/report.js";
import { checkPrivate } from "../secret-file.js";
import { withTimeLimit } from "../time-limit.js";

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
  /** Resolves when the broker has acknowledged the message; else throws DeliveryError. Messages arrive in the order of the calls. */
  publish(topic: string, payload: string, report: Report): Promise<void>;
  /** Calls back for each message, as long as this lives. Resolves when the broker has agreed; throws DeliveryError. */
  subscribe(topic: string, onMessage: (payload: Buffer) => void): Promise<void>;
  close(): Promise<void>;
}

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
/** A report that waits in a broker's queue for longer says nothing new. */
const EXPIRY_SECONDS = 7 * 86_400;
/** PUBACK reasons that another try would only repeat: topic name invalid, packet too large, payload format invalid. */
const NEVER = new Set([0x90, 0x95, 0x99]);

/**
 * An MQTT 5 connection over mutual TLS (1.2 or later, the server's name and certificate verified), opened when it is first
 * needed and then kept up with a back-off of full jitter. The session outlives the connection by an hour. A key that others may
 * read is refused. `onEvent` hears of every change, for the log.
 */
export function mqttConnection(
  place: MqttPlace,
  status: MqttStatus,
  onEvent: (event: "mqtt.connected" | "mqtt.lost" | "mqtt.failed", fields: Readonly<Record<string, unknown>>) => void,
  times: Partial<MqttTimes> = {},
): Mqtt {
  const { acknowledgeMs, connectMs, ...rest } = { ...TIMES, ...times };
  const listeners = new Map<string, (payload: Buffer) => void>();
  let opening: Promise<{ crt: Crt; client: Client }> | null = null;
  let connected = false;
  let lastFailure = "";
  let whenConnected: (() => void)[] = [];

  async function open(): Promise<{ crt: Crt; client: Client }> {
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
      void greet(crt, client, settings.rejoinedSession);
      for (const resolve of whenConnected.splice(0)) resolve();
    });
    client.on("messageReceived", ({ message }) => {
      listeners.get(message.topicName)?.(Buffer.from((message.payload ?? "") as ArrayBuffer));
    });
    client.start();
    return { crt, client };
  }

  /** What must stand anew on each connection: our word of being here, and subscriptions the broker has forgotten. */
  async function greet(crt: Crt, client: Client, rejoined: boolean): Promise<void> {
    const { topic, online } = status;
    await client.publish({ topicName: topic, payload: online, qos: crt.mqtt5.QoS.AtLeastOnce }).catch(() => undefined);
    if (rejoined) return;
    for (const each of listeners.keys()) await subscribeOnce(crt, client, each).catch(() => undefined);
  }

  async function subscribeOnce(crt: Crt, client: Client, topic: string): Promise<void> {
    const answer = await client.subscribe({ subscriptions: [{ topicFilter: topic, qos: crt.mqtt5.QoS.AtLeastOnce }] });
    const [code = 0x80] = answer.reasonCodes;
    if (code >= 0x80) throw new Error(`the broker refuses with ${crt.mqtt5.SubackReasonCode[code] ?? code}`);
  }

  /** The client, once it is connected. A failed opening is tried anew by the next call. */
  async function ready(): Promise<{ crt: Crt; client: Client }> {
    opening ??= open();
    const opened = await opening.catch((error: unknown) => {
      opening = null;
      throw error;
    });
    if (!connected) {
      await limited(
        new Promise<void>((resolve) => whenConnected.push(resolve)),
        connectMs,
        () => `no connection${lastFailure}`,
      );
    }
    return opened;
  }

  return {
    async publish(topic, payload, report) {
      try {
        const { crt, client } = connected && opening !== null ? await opening : await ready();
        const sent = client.publish({
          topicName: topic,
          payload,
          qos: crt.mqtt5.QoS.AtLeastOnce,
          payloadFormat: crt.mqtt5.PayloadFormatIndicator.Utf8,
          contentType: "application/json",
          messageExpiryIntervalSeconds: EXPIRY_SECONDS,
          userProperties: [
            { name: "schema", value: report.schema },
            { name: "kind", value: report.kind },
            { name: "drift", value: report.drift },
          ],
        });
        const acknowledged = await limited(sent, acknowledgeMs, () => "no acknowledgement");
        const code = acknowledged?.reasonCode ?? 0;
        if (code >= 0x80) {
          const reason = crt.mqtt5.PubackReasonCode[code] ?? `reason ${code}`;
          throw new DeliveryError(`Cannot publish to "${topic}": the broker refuses with ${reason}`, !NEVER.has(code));
        }
      } catch (error) {
        throw asDeliveryError(error, `publish to "${topic}"`);
      }
    },
    async subscribe(topic, onMessage) {
      listeners.set(topic, onMessage);
      try {
        const { crt, client } = await ready();
        await limited(subscribeOnce(crt, client, topic), acknowledgeMs, () => "no acknowledgement");
      } catch (error) {
        throw asDeliveryError(error, `subscribe to "${topic}"`);
      }
    },
    async close() {
      if (opening === null) return;
      const { crt, client } = await opening;
      whenConnected = [];
      if (connected) {
        const { topic, stopped: payload } = status;
        const said = client.publish({ topicName: topic, payload, qos: crt.mqtt5.QoS.AtLeastOnce });
        await limited(said, 500, () => "no acknowledgement").catch(() => undefined);
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
  // Not by min_tls_version: with TLSv1_2 there, aws-crt 1.33.1 was seen to agree to TLS 1.1 (test/adapters/mqtt.test.ts).
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
      will: {
        topicName: status.topic,
        payload: status.lost,
        qos: mqtt5.QoS.AtLeastOnce,
        contentType: "application/json",
      },
    },
    sessionBehavior: mqtt5.ClientSessionBehavior.RejoinPostSuccess,
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
