import { DeliveryError } from "../../base/errors.js";
import { type Stream, type StreamEvents, type StreamSpec, subscribed } from "../keep-open.js";
import { type Crt, type MqttStatus, type MqttTarget, type MqttTimes, USUAL_TIMES } from "./client-config.js";
import {
  errorText,
  type MqttSession,
  mqttSession,
  noAcknowledgement,
  type OnMqttEvent,
  withTimeout,
} from "./mqtt-session.js";
import { type SubscriptionTable, subscriptionTable, type TopicMessage } from "./subscription-table.js";

/** A connection that recovers by itself. */
export interface Mqtt {
  /**
   * Resolves when the broker has acknowledged the message (QoS 1, the default) or the message was sent (QoS 0); otherwise throws
   * DeliveryError. Messages arrive in the order of the calls. `properties` become user properties.
   */
  publish(topic: string, payload: string, qos?: 0 | 1, properties?: Readonly<Record<string, string>>): Promise<void>;
  /** Subscribes to a topic filter: what is refused or forgotten is tried again; `opened` is called each time it succeeds. */
  subscribe(filter: string, take: Take, opened?: () => void): { close(): Promise<void> };
  close(): Promise<void>;
}

type Take = (topic: string, payload: string) => void;

/** A message that waits longer in a broker's queue is out of date. */
const EXPIRY_SECONDS = 7 * 86_400;
/** PUBACK reasons that another try would only repeat: topic name invalid, packet too large, payload format invalid. */
const NEVER = new Set([0x90, 0x95, 0x99]);
/** Reason codes from here on are refusals. */
const REFUSED = 0x80;

/**
 * An MQTT 5 connection over mutual TLS (1.2 or later, the server's name and certificate verified), opened when it is first
 * needed and then kept up by a back-off with full jitter. The session outlives the connection, and the process, by an hour.
 * A key that others may read is refused. `onEvent` is called at every change, for the log, and for subscriptions that cannot be
 * made, once until they can.
 */
export function mqttConnection(
  target: MqttTarget,
  status: MqttStatus,
  onEvent: OnMqttEvent,
  times: Partial<MqttTimes> = {},
  random: () => number = Math.random,
): Mqtt {
  const whole = { ...USUAL_TIMES, ...times };
  const table = subscriptionTable();
  const session = mqttSession({
    target,
    status,
    times: whole,
    onEvent,
    onMessage: table.deliver,
    onNewSession: table.endAll,
    random,
  });
  let closing = false;
  const connection = {
    // A stream has limits of its own: waiting for the connection has none.
    limited: <T>(call: Promise<T>) => call,
    isOver: () => closing,
    onTrouble: (what: string, error: unknown) => onEvent("mqtt.trouble", { what, message: errorText(error) }),
    random,
  };
  return {
    publish: (...message) => publish(session, whole, message),
    subscribe(filter, take, opened) {
      const kept: StreamSpec<TopicMessage> = {
        what: `subscribe to "${filter}"`,
        make: (events) =>
          stream({ session, table, filter, events, limitMs: whole.acknowledgeMs, isOver: () => closing }),
        take: ([topic, payload]) => take(topic, payload),
      };
      return subscribed(kept, connection, opened);
    },
    async close() {
      if (closing) return;
      closing = true;
      await session.stop();
    },
  };
}

async function publish(
  session: MqttSession,
  { connectMs, acknowledgeMs }: MqttTimes,
  [topic, payload, qos = 1, properties = {}]: Parameters<Mqtt["publish"]>,
): Promise<void> {
  const waiting = new AbortController();
  try {
    const connected = session.ready(waiting.signal);
    const { crt, client } = await withTimeout(connected, connectMs, () => `no connection${session.lastFailure}`);
    const sent = client.publish({
      topicName: topic,
      payload,
      qos: qos === 1 ? crt.mqtt5.QoS.AtLeastOnce : crt.mqtt5.QoS.AtMostOnce,
      payloadFormat: crt.mqtt5.PayloadFormatIndicator.Utf8,
      contentType: "application/json",
      messageExpiryIntervalSeconds: EXPIRY_SECONDS,
      userProperties: Object.entries(properties).map(([name, value]) => ({ name, value })),
    });
    const acknowledged = await withTimeout(sent, acknowledgeMs, noAcknowledgement);
    checkAcknowledgement(crt, topic, acknowledged?.reasonCode ?? 0);
  } catch (error) {
    if (error instanceof DeliveryError) throw error;
    throw new DeliveryError(`Cannot publish to "${topic}": ${errorText(error)}`, true, { cause: error });
  } finally {
    waiting.abort();
  }
}

/** Throws when the broker has refused a message; retryable unless another try would be refused for the same reason. */
function checkAcknowledgement({ mqtt5 }: Pick<Crt, "mqtt5">, topic: string, code: number): void {
  if (code < REFUSED) return;
  const reason = mqtt5.PubackReasonCode[code] ?? `reason ${code}`;
  throw new DeliveryError(`Cannot publish to "${topic}": the broker refuses with ${reason}`, !NEVER.has(code), {
    forbidden: code === mqtt5.PubackReasonCode.NotAuthorized,
  });
}

/** One subscription at the broker. It waits for the connection as long as it takes, and ends when the broker has forgotten it. */
function stream(parts: {
  readonly session: MqttSession;
  readonly table: SubscriptionTable;
  readonly filter: string;
  readonly events: StreamEvents<TopicMessage>;
  readonly limitMs: number;
  readonly isOver: () => boolean;
}): Stream {
  const { session, table, filter, events, limitMs } = parts;
  const entry = { filter, events };
  const open = new AbortController();
  return {
    async activate() {
      const { crt, client } = await session.ready(open.signal);
      // Before the broker agrees: messages that it has stored for us may come with its answer.
      table.add(entry);
      const subscriptions = [{ topicFilter: filter, qos: crt.mqtt5.QoS.AtLeastOnce }];
      const { reasonCodes } = await withTimeout(client.subscribe({ subscriptions }), limitMs, noAcknowledgement);
      const [code = REFUSED] = reasonCodes;
      if (code >= REFUSED) throw new Error(`the broker refused with ${crt.mqtt5.SubackReasonCode[code] ?? code}`);
    },
    async close() {
      open.abort();
      table.remove(entry);
      if (!session.isConnected || parts.isOver() || table.has(filter)) return;
      const { client } = await session.ready(open.signal);
      await withTimeout(client.unsubscribe({ topicFilters: [filter] }), limitMs, noAcknowledgement);
    },
  };
}
