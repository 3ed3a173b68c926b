import { covers } from "../base/topic-filter.js";

/** The part of an MQTT client that subscriptions use. */
interface SubscribingClient {
  readonly connected: boolean;
  subscribeAsync(filter: string, options: { qos: 1 }): Promise<unknown>;
  unsubscribeAsync(filter: string): Promise<unknown>;
}

/** Keeps a client's subscriptions at a broker in line with the filters that are needed. */
interface BrokerSubscriptions {
  /** Resolves when the broker has granted all that these filters need; rejects when it refuses one. */
  align(filters: readonly string[]): Promise<void>;
  /** Asks for this filter again with the next `align`. */
  forget(filter: string): void;
}

/** Creates an empty set of subscriptions. Filters covered by another one are not sent, so that no message arrives twice. */
export function brokerSubscriptions(client: SubscribingClient): BrokerSubscriptions {
  const sent = new Map<string, Promise<unknown>>();
  const alignOnce = async (filters: readonly string[]): Promise<void> => {
    const needed = uncovered(filters);
    for (const filter of needed) {
      // QoS 1 for all: several subscribers share one subscription, and the publisher's QoS caps it anyway.
      if (!sent.has(filter)) sent.set(filter, client.subscribeAsync(filter, { qos: 1 }));
    }
    const surplus = [...sent.keys()].filter((filter) => !needed.includes(filter));
    for (const filter of surplus) sent.delete(filter);
    const dropped = client.connected ? surplus.map((filter) => client.unsubscribeAsync(filter)) : [];
    await Promise.all([...needed.map((filter) => sent.get(filter)), ...dropped]);
  };
  // One after the other: the embedded broker may handle the end of a subscription after its new beginning.
  let aligned: Promise<unknown> = Promise.resolve();
  return {
    align(filters) {
      const turn = aligned.then(() => alignOnce(filters));
      aligned = turn.catch(() => {});
      return turn;
    },
    forget: (filter) => void sent.delete(filter),
  };
}

/** The filters, each once, without those that another one covers. */
export function uncovered(filters: readonly string[]): string[] {
  const distinct = [...new Set(filters)];
  return distinct.filter((filter) => !distinct.some((other) => other !== filter && covers(other, filter)));
}
