import { describe, expect, it } from "vitest";
import { directLink, spoolingLink } from "../../src/lab/cloud-link.js";
import { IpcError } from "../../src/lab/ipc-error.js";
import type { MqttPort } from "../../src/lab/mqtt-port.js";

/** A broker that acknowledges when it is told to. */
function someBroker(online: boolean) {
  const listeners = new Set<(online: boolean) => void>();
  const sent: Array<{ readonly payload: string; acknowledge: () => void; fail: () => void }> = [];
  const port: MqttPort & { online: boolean } = {
    online,
    onOnline(listener) {
      listeners.add(listener);
      listener(port.online);
      return () => void listeners.delete(listener);
    },
    publish: (_, payload) =>
      new Promise((resolve, reject) =>
        sent.push({ payload: String(payload), acknowledge: resolve, fail: () => reject(new Error()) }),
      ),
    subscribe: async () => async () => {},
    close: async () => {},
  };
  const turn = (next: boolean) => {
    port.online = next;
    for (const listener of listeners) listener(next);
  };
  return { port, sent, turn, payloads: () => sent.map(({ payload }) => payload) };
}

function someMessage(payload: string, qos: 0 | 1 = 1) {
  return { topic: "t", payload: Buffer.from(payload), qos };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("spoolingLink", () => {
  it("sends in order, five at a time, and forgets what is acknowledged", async () => {
    const broker = someBroker(false);
    const link = spoolingLink(broker.port);
    for (const payload of "abcdefg") link.publish(someMessage(payload));
    expect(broker.payloads()).toEqual([]);

    broker.turn(true);
    expect(broker.payloads()).toEqual(["a", "b", "c", "d", "e"]);
    broker.sent[1]?.acknowledge();
    await settled();
    expect(broker.payloads()).toEqual(["a", "b", "c", "d", "e", "f"]);
    expect(link.waiting).toEqual({ messages: 6, bytes: 6 });
  });

  it("keeps a message whose sending failed and sends it again once it is back online", async () => {
    const broker = someBroker(true);
    const link = spoolingLink(broker.port);
    link.publish(someMessage("a"));
    broker.turn(false);
    broker.sent[0]?.fail();
    await settled();
    expect(link.waiting).toEqual({ messages: 1, bytes: 1 });
    broker.turn(true);
    expect(broker.payloads()).toEqual(["a", "a"]);
  });

  it("drops waiting QoS 0 when it goes offline", () => {
    const broker = someBroker(true);
    const link = spoolingLink(broker.port);
    link.publish(someMessage("a", 0));
    link.publish(someMessage("b", 1));
    broker.turn(false);
    expect(link.waiting).toEqual({ messages: 1, bytes: 1 });
  });

  it("makes room by dropping QoS 0 before it refuses", () => {
    const broker = someBroker(true);
    const link = spoolingLink(broker.port);
    const big = "x".repeat(1_300_000);
    link.publish(someMessage(big, 0));
    link.publish(someMessage(big, 1));
    link.publish(someMessage(big, 1));
    expect(link.waiting).toEqual({ messages: 2, bytes: 2_600_000 });
    expect(() => link.publish(someMessage(big, 1))).toThrow(
      new IpcError("ServiceError", "Publish to topic t failed: Message spool is full. Message could not be added."),
    );
    expect(() => link.publish(someMessage("x".repeat(2_621_441)))).toThrow(
      "Message is larger than the size of message spool",
    );
  });
});

describe("directLink", () => {
  it("accepts ten messages of QoS 1 and one more for each that is acknowledged", async () => {
    const broker = someBroker(true);
    const link = directLink(broker.port);
    for (const payload of "0123456789") link.publish(someMessage(payload));
    expect(() => link.publish(someMessage("x"))).toThrow("Failed to publish the message.");
    link.publish(someMessage("QoS 0 goes", 0));
    broker.sent[3]?.acknowledge();
    await settled();
    link.publish(someMessage("y"));
    expect(link.waiting).toEqual({ messages: 10, bytes: 10 });
  });

  it("accepts packets of 15,000 bytes in all, topic and headers included, until they are acknowledged", async () => {
    const broker = someBroker(true);
    const link = directLink(broker.port);
    // 3 bytes of fixed header (2 of them for the length), 2 + 1 for the topic, 2 for the packet id.
    const overhead = 8;
    link.publish(someMessage("x".repeat(7_500 - overhead)));
    expect(() => link.publish(someMessage("x".repeat(7_501 - overhead)))).toThrow(
      new IpcError("ServiceError", "Failed to publish the message."),
    );
    link.publish(someMessage("x".repeat(7_500 - overhead)));
    expect(() => link.publish(someMessage(""))).toThrow("Failed to publish the message.");
    link.publish(someMessage("x".repeat(9_000), 0));
    broker.sent[0]?.acknowledge();
    await settled();
    link.publish(someMessage("y"));
    expect(link.waiting).toEqual({ messages: 2, bytes: 7_493 });
  });
});
