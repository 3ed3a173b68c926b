import { describe, expect, it } from "vitest";
import { brokerSubscriptions, uncovered } from "../../src/lab/broker-subscriptions.js";

function someClient(refused: readonly string[] = []) {
  const sent: string[] = [];
  return {
    sent,
    connected: true,
    async subscribeAsync(filter: string) {
      sent.push(`+${filter}`);
      if (refused.includes(filter)) throw new Error("refused");
    },
    async unsubscribeAsync(filter: string) {
      sent.push(`-${filter}`);
    },
  };
}

describe("uncovered", () => {
  it("leaves out filters that another one covers, and repetitions", () => {
    expect(uncovered(["a/b", "a/#", "c", "c", "d/+"])).toEqual(["a/#", "c", "d/+"]);
  });
});

describe("brokerSubscriptions", () => {
  it("sends each filter once and ends what is no longer needed", async () => {
    const client = someClient();
    const subscriptions = brokerSubscriptions(client);
    await subscriptions.align(["a/b"]);
    await subscriptions.align(["a/b", "c"]);
    await subscriptions.align(["a/#", "c"]);
    expect(client.sent).toEqual(["+a/b", "+c", "+a/#", "-a/b"]);
  });

  it("ends nothing at a broker that is not connected", async () => {
    const client = someClient();
    const subscriptions = brokerSubscriptions(client);
    await subscriptions.align(["a"]);
    client.connected = false;
    await subscriptions.align([]);
    expect(client.sent).toEqual(["+a"]);
  });

  it("rejects a filter that the broker refuses, and asks again after it was forgotten", async () => {
    const client = someClient(["no"]);
    const subscriptions = brokerSubscriptions(client);
    await expect(subscriptions.align(["no"])).rejects.toThrow("refused");
    subscriptions.forget("no");
    await expect(subscriptions.align(["no"])).rejects.toThrow("refused");
    expect(client.sent).toEqual(["+no", "+no"]);
  });
});
