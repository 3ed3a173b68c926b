import type { BrokerClient, BrokerParts } from "../../fleet/feed/broker-client.js";
import { connectBroker } from "../mqtt-port.js";

/**
 * The receiver's connection to the lab's own broker, which supports MQTT 3.1.1 only: messages are acknowledged to the broker when
 * they arrive. What is lost that way the devices send again.
 */
export async function connectToLabBroker(parts: BrokerParts): Promise<BrokerClient> {
  const { address, clientId, filters, now } = parts;
  const port = await connectBroker(`mqtt://${address.host}:${address.port}`, { clientId });
  let isSubscribed = false;
  for (const filter of filters) {
    await port.subscribe(filter, 1, ({ topic, payload }) =>
      parts.onMessage({
        topic,
        payload,
        receivedAt: new Date(now()).toISOString(),
        isHeld: () => false,
        acknowledge: () => {},
      }),
    );
  }
  // Called at once as well.
  port.onOnline((online) => {
    isSubscribed = online;
    if (!online) return parts.onLost();
    parts.onConnected();
    parts.onSubscribed(false);
  });
  return {
    get isConnected() {
      return port.online;
    },
    get isSubscribed() {
      return isSubscribed;
    },
    publish: (topic, payload) => port.publish(topic, payload, { qos: 1 }),
    // The broker stores nothing, see above.
    renew: () => {},
    close: () => port.disconnect(),
  };
}
