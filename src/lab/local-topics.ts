import type { JsonObject } from "../base/json.js";
import { filterMatches } from "../base/topic-filter.js";

/** Whether a subscriber receives the messages of its own component. */
export type ReceiveMode = "RECEIVE_ALL_MESSAGES" | "RECEIVE_MESSAGES_FROM_OTHERS";

/** A local message: exactly one member, as on the wire (`binaryMessage` holds base64). */
export interface LocalMessage {
  readonly jsonMessage?: unknown;
  readonly binaryMessage?: string;
}

/** Publish and subscribe between the components of one device. */
export interface LocalTopics {
  /** Delivers to all matching subscribers, if there are any. */
  publish(component: string, topic: string, message: LocalMessage): void;
  /** Returns how to unsubscribe. */
  subscribe(component: string, filter: string, mode: ReceiveMode, deliver: (event: JsonObject) => void): () => void;
}

/** Local topics without any subscriber. */
export function localTopics(): LocalTopics {
  type Subscriber = { component: string; filter: string; mode: ReceiveMode; deliver: (event: JsonObject) => void };
  const subscribers = new Set<Subscriber>();
  return {
    publish(component, topic, message) {
      const context = { topic };
      const event: JsonObject =
        message.binaryMessage === undefined
          ? { jsonMessage: { message: message.jsonMessage, context } }
          : { binaryMessage: { message: message.binaryMessage, context } };
      for (const subscriber of [...subscribers]) {
        if (subscriber.mode === "RECEIVE_MESSAGES_FROM_OTHERS" && subscriber.component === component) continue;
        if (filterMatches(subscriber.filter, topic)) subscriber.deliver(event);
      }
    },
    subscribe(component, filter, mode, deliver) {
      const subscriber = { component, filter, mode, deliver };
      subscribers.add(subscriber);
      return () => void subscribers.delete(subscriber);
    },
  };
}
