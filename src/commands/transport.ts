import type { Greengrass, Subscription } from "../adapters/greengrass.js";
import { type Mqtt, mqttConnection } from "../adapters/mqtt.js";
import type { Log } from "../agent.js";
import type { Settings } from "../config.js";
import { DeliveryError, ExpectedError, InvalidInputError } from "../errors.js";
import { parseAcknowledgements } from "../outbox/acknowledgement.js";
import type { Transport } from "../outbox/deliver.js";
import type { Outbox } from "../outbox/outbox.js";

/** How many QoS 1 messages are on their way at a time over MQTT. */
const MQTT_IN_FLIGHT = 8;

/** The way to the cloud that the settings name. */
export interface Way {
  readonly transport: Transport;
  /** Takes the settings in force; the first ones decide for good between `ipc` and `mqtt`. */
  follow(settings: Settings): void;
  /** Subscribes anew at the nucleus, whose subscriptions have gone deaf. */
  hearAnew(): void;
  close(): Promise<void>;
}

/** What is used of the nucleus. */
interface Nucleus extends Pick<Greengrass, "subscribe"> {
  publish(topic: string, payload: string): Promise<void>;
}

/**
 * Builds the way to the cloud; nothing is opened before settings are known. `nucleus` is null on a device without Greengrass.
 * What the cloud acknowledges is taken from the outbox.
 */
export function wayToCloud(parts: {
  readonly thing: string;
  readonly nucleus: Nucleus | null;
  readonly outbox: () => Outbox;
  readonly log: Log;
}): Way {
  const { thing, nucleus, log } = parts;
  let mqtt: Mqtt | null = null;
  let chosen: Settings["transport"] | null = null;
  let heard: string | null = null;
  let nucleusHears: Subscription | null = null;

  function open({ transport, mqtt: place, topicPrefix }: Settings): void {
    chosen ??= transport;
    if (chosen === "ipc" || place === null || mqtt !== null) return;
    const clientId = place.clientId ?? `${thing}-packdrift`;
    mqtt = mqttConnection({ ...place, clientId }, statusOf(topicPrefix, thing), (event, fields) =>
      log[event === "mqtt.connected" ? "info" : "warn"](event, fields),
    );
  }

  async function listen(topic: string): Promise<void> {
    if (mqtt === null) {
      // The nucleus' refusals are told by the connection, which tries again.
      void nucleusHears?.close();
      nucleusHears = nucleus?.subscribe(topic, (_, payload) => take(Buffer.from(payload))) ?? null;
      return;
    }
    try {
      await mqtt.subscribe(topic, take);
    } catch (error) {
      if (!(error instanceof ExpectedError)) throw error;
      // Reports are then kept for a day after the transport has taken them, and heartbeats say so.
      log.warn("ack.unavailable", { message: error.message });
    }
  }

  function take(payload: Buffer): void {
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

  return {
    transport: {
      get name() {
        return mqtt === null ? "ipc" : "mqtt";
      },
      get inFlight() {
        // The nucleus does not promise that messages leave in the order of the calls, and lite loses bursts.
        return mqtt === null ? 1 : MQTT_IN_FLIGHT;
      },
      async publish(topic, payload, report) {
        if (mqtt !== null) return mqtt.publish(topic, payload, report);
        if (nucleus === null) throw new DeliveryError("Cannot publish: transport ipc needs Greengrass", true);
        await nucleus.publish(topic, payload);
      },
    },
    follow(settings) {
      open(settings);
      const topic = `${settings.commandPrefix}/${thing}/ack/req`;
      if (topic === heard || (mqtt ?? nucleus) === null) return;
      heard = topic;
      void listen(topic);
    },
    hearAnew() {
      if (mqtt === null && heard !== null) void listen(heard);
    },
    close: async () => mqtt?.close(),
  };
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
