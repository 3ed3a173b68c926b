import { DeliveryError, ExpectedError, messageOf } from "../../base/errors.js";
import { type ClientPort, connectBroker, type MqttPort } from "../mqtt-port.js";

/** One device's way to the broker. */
export interface Uplink {
  /** Resolves when the broker has acknowledged; throws DeliveryError. */
  publish(topic: string, payload: string, qos?: 0 | 1): Promise<void>;
  /** Ends it: in order, or so that the broker publishes the last will. */
  end(how: "in order" | "lost"): Promise<void>;
}

/** What a device says of itself on its status topic. */
export interface UplinkStatus {
  readonly topic: string;
  readonly online: string;
  readonly lost: string;
  readonly stopped: string;
}

/** Connects devices to a broker. */
export interface Uplinks {
  /** `onCommand` gets the messages on the thing's own command topics and on those of all things, from when this resolves. */
  connect(thing: string, status: UplinkStatus, onCommand: OnCommand): Promise<Uplink>;
  close(): Promise<void>;
}

export type OnCommand = (topic: string, payload: string) => void;

const COMMANDS = "cmd/packdrift/v1";
const RECONNECT_MS = 500;

/** Every device has a connection of its own, with a last will, as a real one does. */
export function ownUplinks(brokerUrl: string): Uplinks {
  const open = new Set<ClientPort>();
  return {
    async connect(thing, status, onCommand) {
      const will = { topic: status.topic, payload: status.lost };
      const how = { clientId: `${thing}-packdrift`, will, reconnectMs: RECONNECT_MS };
      const port = await connectBroker(brokerUrl, how);
      open.add(port);
      port.onOnline((online) => {
        // On each connection: the last will may have said otherwise meanwhile.
        if (online) port.publish(status.topic, status.online, { qos: 1 }).catch(() => undefined);
      });
      const receive = ({ topic, payload }: { readonly topic: string; readonly payload: Buffer }) =>
        onCommand(topic, payload.toString("utf8"));
      await Promise.all([`${thing}`, "all"].map((to) => port.subscribe(`${COMMANDS}/${to}/+/req`, 1, receive)));
      const calls = callsUntilEnd();
      return {
        publish: (topic, payload, qos = 1) => calls.limit(topic, () => publishOver(port, topic, payload, qos)),
        async end(how) {
          open.delete(port);
          calls.end();
          if (how === "lost") return port.close();
          await port.publish(status.topic, status.stopped, { qos: 1 }).catch(() => undefined);
          await port.disconnect();
        },
      };
    },
    async close() {
      await Promise.all([...open].map((port) => port.disconnect()));
    },
  };
}

/**
 * Many devices share a few connections, for fleets of thousands. No broker knows their last wills, so a lost device's is
 * published for it.
 */
export async function sharedUplinks(brokerUrl: string, connections: number): Promise<Uplinks> {
  const ports = await Promise.all(
    Array.from({ length: connections }, () => connectBroker(brokerUrl, { reconnectMs: RECONNECT_MS })),
  );
  const [first] = ports;
  if (first === undefined) throw new ExpectedError("Cannot connect devices: needs at least one connection");
  const receivers = new Map<string, OnCommand>();
  await first.subscribe(`${COMMANDS}/+/+/req`, 1, ({ topic, payload }) => {
    const text = payload.toString("utf8");
    const to = topic.slice(COMMANDS.length + 1, topic.indexOf("/", COMMANDS.length + 1));
    if (to !== "all") receivers.get(to)?.(topic, text);
    else for (const receive of receivers.values()) receive(topic, text);
  });
  let connected = 0;
  return {
    async connect(thing, status, onCommand) {
      const port = ports[connected++ % ports.length] ?? first;
      receivers.set(thing, onCommand);
      const say = (payload: string) => port.publish(status.topic, payload, { qos: 1 }).catch(() => undefined);
      await say(status.online);
      const calls = callsUntilEnd();
      return {
        publish: (topic, payload, qos = 1) => calls.limit(topic, () => publishOver(port, topic, payload, qos)),
        async end(how) {
          calls.end();
          receivers.delete(thing);
          await say(how === "lost" ? status.lost : status.stopped);
        },
      };
    },
    async close() {
      await Promise.all(ports.map((port) => port.disconnect()));
    },
  };
}

async function publishOver(port: MqttPort, topic: string, payload: string, qos: 0 | 1): Promise<void> {
  try {
    await port.publish(topic, payload, { qos });
  } catch (cause) {
    throw new DeliveryError(`Cannot publish to "${topic}": ${messageOf(cause)}`, true, { cause });
  }
}

/** Fails calls that are in flight when the uplink ends, and all later ones: the client never answers those. */
function callsUntilEnd() {
  const underWay = new Set<() => void>();
  let hasEnded = false;
  return {
    limit(topic: string, call: () => Promise<void>): Promise<void> {
      return new Promise((resolve, reject) => {
        const fail = () => reject(new DeliveryError(`Cannot publish to "${topic}": no connection`, true));
        if (hasEnded) return fail();
        underWay.add(fail);
        void call()
          .then(resolve, reject)
          .finally(() => underWay.delete(fail));
      });
    },
    end() {
      hasEnded = true;
      for (const fail of underWay) fail();
    },
  };
}
