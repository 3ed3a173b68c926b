import { IpcError } from "./ipc-error.js";
import type { MqttMessage, MqttPort, PublishOptions } from "./mqtt-port.js";

/** A message on its way to IoT Core. */
export interface CloudMessage extends PublishOptions {
  readonly topic: string;
  readonly payload: Buffer;
}

/** A nucleus's connection to IoT Core. */
export interface CloudLink {
  /** Accepts a message as this runtime does; throws ServiceError where it would refuse. */
  publish(message: CloudMessage): void;
  /** Resolves with how to unsubscribe. */
  subscribe(filter: string, qos: 0 | 1, onMessage: (message: MqttMessage) => void): Promise<() => Promise<void>>;
  /** The messages that the broker has not acknowledged, and the bytes of their payloads. */
  readonly waiting: { readonly messages: number; readonly bytes: number };
  /** Drops what waits, as a nucleus does when it restarts. */
  clear(): void;
  close(): void;
}

const SPOOL_BYTES = 2_621_440;
const SPOOL_IN_FLIGHT = 5;

/**
 * The classic nucleus: messages go to a spool in memory (2.5 MB of payload) and from there to the broker, in order, five
 * at a time, kept until acknowledged. Offline, QoS 0 is refused; a full spool drops QoS 0 first, then refuses.
 */
export function spoolingLink(broker: MqttPort | null): CloudLink {
  type Entry = { readonly message: CloudMessage; sending: boolean };
  const spool = new Set<Entry>();
  let bytes = 0;
  const remove = (entry: Entry) => {
    if (spool.delete(entry)) bytes -= entry.message.payload.length;
  };
  const pump = () => {
    // Messages leave in order: at most the first few are being sent.
    const oldest = [...take(spool, SPOOL_IN_FLIGHT)];
    for (const entry of oldest) {
      if (!broker?.online || entry.sending) continue;
      entry.sending = true;
      broker.publish(entry.message.topic, entry.message.payload, entry.message).then(
        () => {
          remove(entry);
          pump();
        },
        () => {
          entry.sending = false;
        },
      );
    }
  };
  const stopWatching = broker?.onOnline((online) => {
    if (online) pump();
    else for (const entry of spool) if (entry.message.qos === 0) remove(entry);
  });
  return {
    publish(message) {
      const refuse = (why: string) => new IpcError("ServiceError", `Publish to topic ${message.topic} failed: ${why}`);
      if (!broker?.online && message.qos === 0) throw refuse("Device is offline. Dropping QoS 0 message.");
      const size = message.payload.length;
      if (size > SPOOL_BYTES) throw refuse("Message is larger than the size of message spool.");
      for (const entry of spool) if (bytes + size > SPOOL_BYTES && entry.message.qos === 0) remove(entry);
      if (bytes + size > SPOOL_BYTES) throw refuse("Message spool is full. Message could not be added.");
      spool.add({ message, sending: false });
      bytes += size;
      pump();
    },
    async subscribe(filter, qos, onMessage) {
      if (!broker)
        throw new IpcError("ServiceError", `Subscribe to topic ${filter} failed with error: device runs offline`);
      await backOnline(broker);
      return broker.subscribe(filter, qos, onMessage);
    },
    get waiting() {
      return { messages: spool.size, bytes };
    },
    clear() {
      spool.clear();
      bytes = 0;
    },
    close: () => stopWatching?.(),
  };
}

const LITE_MOST_UNACKNOWLEDGED = 10;
// IOTCORED_UNACKED_PACKET_BUFFER_SIZE: whole packets, until each is acknowledged.
const LITE_UNACKNOWLEDGED_BYTES = 15_000;
const LITE_LONGEST_PACKET_BYTES = 5_000;

/**
 * Nucleus lite: no spool. A publish fails at once while the broker is away, while ten QoS 1 messages are not yet acknowledged,
 * or where their packets would take more than 15,000 bytes; topic, payload and QoS are all that is sent. Packets from the
 * cloud of 5,000 bytes or more never arrive.
 */
export function directLink(broker: MqttPort | null): CloudLink {
  const unacknowledged = new Set<CloudMessage>();
  const sum = (size: (message: CloudMessage) => number) =>
    [...unacknowledged].reduce((total, message) => total + size(message), 0);
  const fits = (message: CloudMessage) =>
    unacknowledged.size < LITE_MOST_UNACKNOWLEDGED &&
    sum(packetBytes) + packetBytes(message) <= LITE_UNACKNOWLEDGED_BYTES;
  return {
    publish({ topic, payload, qos }) {
      const message = { topic, payload, qos };
      if (!broker?.online || (qos === 1 && !fits(message))) {
        throw new IpcError("ServiceError", "Failed to publish the message.");
      }
      if (qos === 1) unacknowledged.add(message);
      const settled = () => void unacknowledged.delete(message);
      broker.publish(topic, payload, { qos }).then(settled, settled);
    },
    async subscribe(filter, qos, onMessage) {
      if (!broker?.online) throw new IpcError("ServiceError", "Failed to bind the subscription.");
      return broker.subscribe(filter, qos, (message) => {
        if (packetBytes(message) < LITE_LONGEST_PACKET_BYTES) onMessage(message);
      });
    },
    get waiting() {
      return { messages: unacknowledged.size, bytes: sum(({ payload }) => payload.length) };
    },
    clear: () => {},
    close: () => {},
  };
}

function* take<T>(items: Iterable<T>, most: number): Iterable<T> {
  let taken = 0;
  for (const item of items) {
    if (taken++ >= most) return;
    yield item;
  }
}

/** The size of a message as an MQTT 3.1.1 PUBLISH packet. */
function packetBytes({ topic, payload, qos }: Pick<MqttMessage, "topic" | "payload" | "qos">): number {
  const rest = 2 + Buffer.byteLength(topic) + (qos > 0 ? 2 : 0) + payload.length;
  return 1 + (rest < 128 ? 1 : rest < 16_384 ? 2 : rest < 2_097_152 ? 3 : 4) + rest;
}

function backOnline(broker: MqttPort): Promise<void> {
  return new Promise((resolve) => {
    let stop: (() => void) | null = null;
    let done = false;
    stop = broker.onOnline((online) => {
      if (!online || done) return;
      done = true;
      stop?.();
      resolve();
    });
    if (done) stop();
  });
}
