import { afterEach, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../../../src/lab/broker.js";
import { ownUplinks, sharedUplinks, type UplinkStatus, type Uplinks } from "../../../src/lab/fleet/uplinks.js";
import { type ClientPort, connectBroker } from "../../../src/lab/mqtt-port.js";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

describe.each<[string, (url: string) => Promise<Uplinks>]>([
  ["ownUplinks", async (url) => ownUplinks(url)],
  ["sharedUplinks", (url) => sharedUplinks(url, 2)],
])("%s", (_, open) => {
  it("says that a device is there, and publishes for it", async () => {
    const { uplinks, seen } = await connected(open);

    const uplink = await uplinks.connect("press-01", statusOf("press-01"), () => {});
    await uplink.publish("dt/packdrift/v1/press-01/report", "{}");

    await expect.poll(seen).toEqual(["press-01/status online", "press-01/report {}"]);
  });

  it("delivers to a device the messages on its own command topics and on those of all", async () => {
    const { uplinks, cloud } = await connected(open);
    const got: string[] = [];
    await uplinks.connect("press-01", statusOf("press-01"), (topic, payload) => got.push(`${topic} ${payload}`));
    await uplinks.connect("press-02", statusOf("press-02"), () => {});

    for (const thing of ["press-02", "press-01", "all"]) {
      await cloud.publish(`cmd/packdrift/v1/${thing}/check/req`, thing, { qos: 1 });
    }

    await expect
      .poll(() => got)
      .toEqual(["cmd/packdrift/v1/press-01/check/req press-01", "cmd/packdrift/v1/all/check/req all"]);
  });

  it.each([
    ["lost", "gone"],
    ["in order", "stopped"],
  ] as const)("ends %s, which the broker's subscribers see, and publishes nothing more", async (how, told) => {
    const { uplinks, seen } = await connected(open);
    const uplink = await uplinks.connect("press-01", statusOf("press-01"), () => {});

    await uplink.end(how);

    await expect.poll(seen).toEqual(["press-01/status online", `press-01/status ${told}`]);
    await expect(uplink.publish("dt/packdrift/v1/press-01/report", "{}")).rejects.toThrow("no connection");
  });
});

describe("ownUplinks", () => {
  it("is online again when the broker is back", async () => {
    const { uplinks, broker } = await connected(async (url) => ownUplinks(url));
    const uplink = await uplinks.connect("press-01", statusOf("press-01"), () => {});
    closing.splice(closing.indexOf(broker.close), 1);
    await broker.close();

    const again = await startBroker({ port: broker.port });
    closing.push(again.close);

    await expect.poll(() => uplink.publish("dt/x", "{}").then(() => "sent", String)).toBe("sent");
  });
});

async function connected(open: (url: string) => Promise<Uplinks>) {
  const broker: Broker = await startBroker();
  closing.push(broker.close);
  const cloud: ClientPort = await connectBroker(broker.url);
  closing.push(cloud.close);
  const seen: string[] = [];
  await cloud.subscribe("dt/packdrift/v1/#", 1, ({ topic, payload }) => {
    seen.push(`${topic.slice("dt/packdrift/v1/".length)} ${payload.toString("utf8")}`);
  });
  const uplinks = await open(broker.url);
  closing.push(uplinks.close);
  return { broker, cloud, uplinks, seen: () => seen };
}

function statusOf(thing: string): UplinkStatus {
  return { topic: `dt/packdrift/v1/${thing}/status`, online: "online", lost: "gone", stopped: "stopped" };
}
