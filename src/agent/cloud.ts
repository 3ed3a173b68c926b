import type { Later } from "../base/clock.js";
import { DeliveryError } from "../base/errors.js";
import type { Log } from "../base/log.js";
import type { Settings } from "../config/settings.js";
import type { Transport } from "../outbox/deliver.js";
import type { Outbox } from "../outbox/outbox.js";
import type { Subscription } from "../transports/greengrass/port.js";
import { LASTING_MS } from "../transports/mqtt/client-config.js";
import { type Mqtt, mqttConnection } from "../transports/mqtt/mqtt-connection.js";
import { acknowledgements } from "./acknowledgements.js";

/** How many QoS 1 messages may be in flight over MQTT. */
const MQTT_IN_FLIGHT = 8;

/** IoT Core's topics, through the nucleus or over a connection of our own. */
export interface Cloud {
  /** Resolves when the other side has the message; throws DeliveryError. QoS 1 by default. */
  publish(topic: string, payload: string, qos?: 0 | 1): Promise<void>;
  /** Receives messages matching a topic filter until closed; `opened` is called each time the subscription is made. */
  subscribe(filter: string, receive: (topic: string, payload: string) => void, opened?: () => void): Subscription;
}

/** The route to the cloud that the settings select. */
export interface CloudRoute {
  readonly transport: Transport;
  /** For everything but reports. Usable after the first `follow`. */
  readonly cloud: Cloud;
  /** Applies the settings in force; the first call decides between `ipc` and `mqtt` for the whole session. */
  follow(settings: Settings): void;
  /** Makes its subscriptions again. */
  resubscribe(): void;
  close(): Promise<void>;
}

interface CloudParts {
  readonly thing: string;
  /** Null on a device without Greengrass. */
  readonly nucleus: Cloud | null;
  readonly outbox: Pick<Outbox, "acknowledge">;
  readonly log: Log;
  readonly later: Later;
  /** Milliseconds on a monotonic clock. */
  readonly nowMs: () => number;
  /** Called when our own connection is made, unless the one before was made less than 30 s earlier. */
  readonly onConnected: () => void;
  readonly openMqtt?: typeof mqttConnection;
}

/** Creates the route to the cloud; opens nothing until settings are known. Acknowledged reports leave the outbox. */
export function cloudRoute(parts: CloudParts): CloudRoute {
  const { thing, nucleus, outbox, log, later, nowMs, onConnected, openMqtt = mqttConnection } = parts;
  let mqtt: Mqtt | null = null;
  let chosen: Settings["transport"] | null = null;
  let connectedAtMs = Number.NEGATIVE_INFINITY;
  const acks = acknowledgements(outbox, log, later);

  function open({ transport, mqtt: broker, topicPrefix }: Settings): void {
    chosen ??= transport;
    if (chosen === "ipc" || broker === null || mqtt !== null) return;
    const clientId = broker.clientId ?? `${thing}-packdrift`;
    mqtt = openMqtt({ ...broker, clientId }, statusOf(topicPrefix, thing), (event, fields) => {
      log[event === "mqtt.connected" ? "info" : "warn"](event, fields);
      if (event === "mqtt.connected") noteConnection();
    });
  }

  function noteConnection(): void {
    const sinceLastMs = nowMs() - connectedAtMs;
    connectedAtMs = nowMs();
    if (sinceLastMs >= LASTING_MS) onConnected();
  }

  function connection(): Cloud {
    const found = mqtt ?? nucleus;
    if (found === null) throw new DeliveryError("Cannot publish: transport ipc needs Greengrass", true);
    return found;
  }

  return {
    transport: {
      get name() {
        return mqtt === null ? "ipc" : "mqtt";
      },
      get inFlight() {
        // The nucleus does not promise that messages leave in the order of the calls, and lite loses bursts.
        return mqtt === null ? 1 : MQTT_IN_FLIGHT;
      },
      publish: async (topic, payload, report) =>
        mqtt === null ? connection().publish(topic, payload) : publishOver(mqtt)(topic, payload, report),
    },
    cloud: {
      publish: async (topic, payload, qos) => connection().publish(topic, payload, qos),
      subscribe: (filter, receive, opened) => connection().subscribe(filter, receive, opened),
    },
    follow(settings) {
      open(settings);
      const cloud = mqtt ?? nucleus;
      if (cloud !== null) acks.follow(cloud, `${settings.commandPrefix}/${thing}/ack/req`);
    },
    resubscribe: acks.resubscribe,
    close: async () => mqtt?.close(),
  };
}

/** Publishes reports over MQTT, with user properties that rules can filter on without reading the payload. */
export function publishOver(mqtt: Pick<Mqtt, "publish">): Transport["publish"] {
  return (topic, payload, { schema, kind, drift }) => mqtt.publish(topic, payload, 1, { schema, kind, drift });
}

function statusOf(topicPrefix: string, thing: string) {
  const status = (online: boolean, why?: string) =>
    JSON.stringify({ schema: "packdrift.status/1", thing, online, ...(why === undefined ? {} : { why }) });
  return {
    topic: `${topicPrefix}/${thing}/status`,
    online: status(true),
    lost: status(false, "connection lost"),
    stopped: status(false, "stopped"),
  };
}
