import { filterMatches } from "../../base/topic-filter.js";
import type { StreamEvents } from "../keep-open.js";

export type TopicMessage = readonly [topic: string, payload: string];

/** A topic filter, and the receiver of its messages. */
interface TableEntry {
  readonly filter: string;
  readonly events: StreamEvents<TopicMessage>;
}

/** The subscriptions of one connection. The broker sends each message once; here it goes to every filter that matches. */
export interface SubscriptionTable {
  add(entry: TableEntry): void;
  remove(entry: TableEntry): void;
  has(filter: string): boolean;
  deliver(topic: string, payload: string): void;
  /** Ends every subscription, because the broker has lost the session. */
  endAll(): void;
}

export function subscriptionTable(): SubscriptionTable {
  const entries = new Set<TableEntry>();
  return {
    add: (entry) => void entries.add(entry),
    remove: (entry) => void entries.delete(entry),
    has: (filter) => [...entries].some((entry) => entry.filter === filter),
    deliver(topic, payload) {
      for (const { filter, events } of entries) if (filterMatches(filter, topic)) events.onMessage([topic, payload]);
    },
    endAll() {
      const ended = [...entries];
      entries.clear();
      for (const { events } of ended) events.onEnded();
    },
  };
}
