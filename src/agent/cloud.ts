import { DeliveryError, InvalidInputError } from "../base/errors.js";
import type { Log } from "../base/log.js";
import type { Settings } from "../config/parse-settings.js";
import { parseAcknowledgements } from "../outbox/acknowledgement.js";
import type { Transport } from "../outbox/deliver.js";
import type { Outbox } from "../outbox/outbox.js";
import type { Subscription } from "../transports/greengrass/connection.js";
import { type Mqtt, mqttConnection } from "../transports/mqtt/mqtt-connection.js";

/** How many QoS 1 messages are on their way at a time over MQTT. */
const MQTT_IN_FLIGHT = 8;

/** IoT Core's topics, through the nucleus or over a connection of our own. */
export interface Cloud {
  /** Resolves when the other side has the message; throws DeliveryError. QoS 1 by default. */
  publish(topic: string, payload: string, qos?: 0 | 1): Promise<void>;
  /** Hears a topic filter for as long as it can be had; `opened` is called each time that it could. */
  subscribe(filter: string, take: (topic: string, payload: string) => void, opened?: () => void): Subscription;
}

/** The way to the cloud that the settings name. */
export interface CloudRoute {
  readonly transport: Transport;
  /** For all but reports. Of use once settings are followed. */
  readonly cloud: Cloud;
  /** Takes the settings in force; the first ones decide for good between `ipc` and `mqtt`. */
  follow(settings: Settings): void;
  /** Subscribes anew, where subscriptions have gone deaf. */
  resubscribe(): void;
  close(): Promise<void>;
}

/**
 * Builds the way to the cloud; nothing is opened before settings are known. `nucleus` is null on a device without Greengrass.
 * What the cloud acknowledges is taken from the outbox.
 */
export function cloudRoute(parts: {
  readonly thing: string;
  readonly nucleus: Cloud | null;
  readonly outbox: () => Outbox;
  readonly log: Log;
}): CloudRoute {
  const { thing, nucleus, log } = parts;
  let mqtt: Mqtt | null = null;
  let chosen: Settings["transport"] | null = null;
  let heard: string | null = null;
  let acknowledgements: Subscription | null = null;

  function open({ transport, mqtt: place, topicPrefix }: Settings): void {
    chosen ??= transport;
    if (chosen === "ipc" || place === null || mqtt !== null) return;
    const clientId = place.clientId ?? `${thing}-packdrift`;
    mqtt = mqttConnection({ ...place, clientId }, statusOf(topicPrefix, thing), (event, fields) =>
      log[event === "mqtt.connected" ? "info" : "warn"](event, fields),
    );
  }

  function listen(topic: string): void {
    void acknowledgements?.close();
    // Refusals are told by the connection, which tries again. Meanwhile reports are kept for a day after the transport has
    // taken them, and heartbeats say so.
    acknowledgements = (mqtt ?? nucleus)?.subscribe(topic, (_, payload) => take(payload)) ?? null;
  }

  function take(payload: string): void {
    try {
      for (const { sequence, epoch } of parseAcknowledgements(payload)) {
        const reports = parts.outbox().acknowledge(sequence, epoch ?? undefined);
        if (reports > 0) log.info("report.acknowledged", { sequence, reports });
      }
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      log.warn("ack.refused", { message: error.message });
    }
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
      subscribe: (filter, take, opened) => connection().subscribe(filter, take, opened),
    },
    follow(settings) {
      open(settings);
      const topic = `${settings.commandPrefix}/${thing}/ack/req`;
      if (topic === heard || (mqtt ?? nucleus) === null) return;
      heard = topic;
      listen(topic);
    },
    resubscribe() {
      if (heard !== null) listen(heard);
    },
    close: async () => mqtt?.close(),
  };
}

/** Sends messages of reports over MQTT, and tells in user properties what each is, so that rules need not read it. */
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
