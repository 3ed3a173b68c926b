import { filterMatches } from "../../src/base/topic-filter.js";
import type { MqttMessage, MqttPort } from "../../src/lab/mqtt-port.js";

/** An MQTT broker in this process: the device's way to it can be cut. */
export interface Cloud {
  readonly device: MqttPort;
  /** When something last went either way, in ms of `performance.now`. */
  readonly lastTrafficMs: number;
  hear(filter: string, onMessage: (message: MqttMessage) => void): void;
  send(topic: string, body: unknown): void;
  cut(isCut: boolean): void;
}

/** A cloud to which the device is connected. */
export function memoryCloud(): Cloud {
  type Subscriber = { filter: string; onMessage: (message: MqttMessage) => void; device: boolean };
  const subscribers = new Set<Subscriber>();
  const watchers = new Set<(online: boolean) => void>();
  let online = true;
  let lastTrafficMs = 0;
  const pass = (topic: string, payload: Buffer, qos: number) => {
    lastTrafficMs = performance.now();
    for (const { filter, onMessage, device } of [...subscribers]) {
      if ((online || !device) && filterMatches(filter, topic)) onMessage({ topic, payload, qos, retain: false });
    }
  };
  return {
    device: {
      get online() {
        return online;
      },
      onOnline(listener) {
        watchers.add(listener);
        listener(online);
        return () => void watchers.delete(listener);
      },
      async publish(topic, payload, { qos }) {
        if (!online) throw new Error("offline");
        pass(topic, Buffer.from(payload), qos);
      },
      async subscribe(filter, _qos, onMessage) {
        if (!online) throw new Error("offline");
        const subscriber = { filter, onMessage, device: true };
        subscribers.add(subscriber);
        return async () => void subscribers.delete(subscriber);
      },
      close: async () => undefined,
    },
    get lastTrafficMs() {
      return lastTrafficMs;
    },
    hear: (filter, onMessage) => void subscribers.add({ filter, onMessage, device: false }),
    send: (topic, body) => pass(topic, Buffer.from(JSON.stringify(body)), 1),
    cut(isCut) {
      online = !isCut;
      for (const watcher of [...watchers]) watcher(online);
    },
  };
}
