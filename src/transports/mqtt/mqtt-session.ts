import { EventEmitter, once } from "node:events";
import { laterByTimer as later, monotonicMs as nowMs } from "../../base/clock.js";
import { messageOf } from "../../base/errors.js";
import { withTimeLimit } from "../../base/time-limit.js";
import { payloadText } from "../payload-text.js";
import {
  type Crt,
  checkFiles,
  clientConfig,
  type MqttClient,
  type MqttStatus,
  type MqttTarget,
  type MqttTimes,
} from "./client-config.js";
import { restInLongOutages } from "./rest-in-outage.js";

/** The connection's events for the log. */
type MqttEvent = "mqtt.connected" | "mqtt.lost" | "mqtt.failed" | "mqtt.trouble";
export type OnMqttEvent = (event: MqttEvent, fields: Readonly<Record<string, unknown>>) => void;

/** A started client, and its library. */
interface StartedClient {
  readonly crt: Crt;
  readonly client: MqttClient;
}

/** A client that is started when first needed, reconnects by itself and publishes whether the device is online. */
export interface MqttSession {
  /**
   * Resolves to the client once it is connected; rejects when `signal` is aborted, and then leaves nothing behind: a device may
   * be offline for months. After a failed start the next call starts it again.
   */
  ready(signal: AbortSignal): Promise<StartedClient>;
  readonly isConnected: boolean;
  /** Why the last attempt to connect failed, in parentheses for a message; empty when none has failed. */
  readonly lastFailure: string;
  /** Publishes that the device stops, disconnects, and frees the client. */
  stop(): Promise<void>;
}

/** The dependencies of a session. */
interface MqttSessionParts {
  readonly target: MqttTarget;
  readonly status: MqttStatus;
  readonly times: MqttTimes;
  readonly onEvent: OnMqttEvent;
  readonly onMessage: (topic: string, payload: string) => void;
  /** Called when the broker has no session of ours, or no longer has it, and so none of our subscriptions. */
  readonly onNewSession: () => void;
  /** From 0 to less than 1. */
  readonly random: () => number;
}

const STOPPED_STATUS_MS = 500;
const DISCONNECT_MS = 1_000;

export function mqttSession(parts: MqttSessionParts): MqttSession {
  const { target, status } = parts;
  let starting: Promise<StartedClient> | null = null;
  let isConnected = false;
  let lastFailure = "";
  const connections = new EventEmitter().setMaxListeners(0);
  let endRest = () => false;

  async function start(): Promise<StartedClient> {
    const crt: Crt = await import("aws-crt");
    checkFiles(target);
    const client = new crt.mqtt5.Mqtt5Client(clientConfig(crt, target, status, parts.times));
    const started = { crt, client };
    report(started, parts);
    endRest = restInLongOutages(client, { later, nowMs, random: parts.random });
    client.on("connectionFailure", ({ error }) => {
      lastFailure = ` (${errorText(error)})`;
    });
    client.on("disconnection", ({ error }) => {
      if (isConnected) parts.onEvent("mqtt.lost", { message: errorText(error) });
      isConnected = false;
    });
    client.on("connectionSuccess", ({ settings }) => {
      isConnected = true;
      // On each connection: the last will may have said otherwise meanwhile.
      client.publish(statusMessage(crt, status.topic, status.online)).catch(() => undefined);
      if (!settings.rejoinedSession) parts.onNewSession();
      connections.emit("connected");
    });
    client.start();
    return started;
  }

  return {
    async ready(signal) {
      starting ??= start();
      const started = await starting.catch((error: unknown) => {
        starting = null;
        throw error;
      });
      if (!isConnected) await once(connections, "connected", { signal });
      return started;
    },
    get isConnected() {
      return isConnected;
    },
    get lastFailure() {
      return lastFailure;
    },
    async stop() {
      if (starting === null) return;
      const started = await starting;
      connections.removeAllListeners();
      // A resting client is stopped already: it would not emit "stopped" again.
      if (endRest()) started.client.close();
      else await disconnect(started, isConnected ? status : null);
    },
  };
}

/** Reports events of the connection, and passes on its messages. */
function report({ crt, client }: StartedClient, { target, onEvent, onMessage }: MqttSessionParts): void {
  client.on("error", (error) => onEvent("mqtt.failed", { message: errorText(error) }));
  client.on("connectionFailure", ({ error, connack }) => {
    const reason = connack === undefined ? {} : { reason: crt.mqtt5.ConnectReasonCode[connack.reasonCode] };
    onEvent("mqtt.failed", { message: errorText(error), ...reason });
  });
  client.on("connectionSuccess", ({ settings }) => {
    const { endpoint, clientId } = target;
    onEvent("mqtt.connected", { endpoint, clientId, session: settings.rejoinedSession });
  });
  client.on("messageReceived", ({ message }) => onMessage(message.topicName, payloadText(message.payload)));
}

/** Ends a connection; with `status`, first publishes that the device stops. */
async function disconnect({ crt, client }: StartedClient, status: MqttStatus | null): Promise<void> {
  if (status !== null) {
    const published = client.publish(statusMessage(crt, status.topic, status.stopped));
    await withTimeout(published, STOPPED_STATUS_MS, noAcknowledgement).catch(() => undefined);
  }
  const stopped = new Promise<void>((resolve) => client.once("stopped", () => resolve()));
  client.stop({ reasonCode: crt.mqtt5.DisconnectReasonCode.NormalDisconnection });
  await withTimeout(stopped, DISCONNECT_MS, () => "still connected").catch(() => undefined);
  client.close();
}

function statusMessage({ mqtt5 }: Crt, topicName: string, payload: string) {
  return { topicName, payload, qos: mqtt5.QoS.AtLeastOnce };
}

/** A call with its time limit; `otherwise` says what is missing then. */
export function withTimeout<T>(call: Promise<T>, limitMs: number, otherwise: () => string): Promise<T> {
  return withTimeLimit(call, limitMs, () => new Error(`${otherwise()} within ${limitMs} ms`));
}

export const noAcknowledgement = () => "no acknowledgement";

/** An error in at most 300 characters. */
export function errorText(error: unknown): string {
  return messageOf(error).slice(0, 300);
}
