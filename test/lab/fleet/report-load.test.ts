import { afterEach, describe, expect, it } from "vitest";
import { createReceiver } from "../../../src/fleet/receiving/receive.js";
import { startBroker } from "../../../src/lab/broker.js";
import { startLoad } from "../../../src/lab/fleet/report-load.js";
import { connectBroker } from "../../../src/lab/mqtt-port.js";
import { readAnswers } from "../../../src/lab/sample-archive.js";
import { sha256 } from "../../../src/platform/seals.js";

const answers = await readAnswers(new URL("../../../src/lab/jobs", import.meta.url).pathname);
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

describe("startLoad", () => {
  it("publishes reports of many things in order, and keeps them until they are acknowledged", async () => {
    const { brokerUrl, kinds } = await receiving({ acknowledges: true });
    const load = await startLoad({ brokerUrl, things: 50, reportsPerSecond: 200, answers, connections: 2 });
    closing.push(load.stop);

    await expect.poll(() => load.counts().made, { timeout: 30_000 }).toBeGreaterThan(150);
    load.pause();

    expect(await load.acknowledged(30_000)).toEqual([]);
    expect(new Set(kinds())).toEqual(new Set(["report"]));
    expect(load.counts().acknowledged).toBe(load.counts().made);
    expect(load.takeLatencies()).toHaveLength(load.counts().made);
  });

  it("sends again what is not acknowledged", async () => {
    const { brokerUrl, kinds } = await receiving({ acknowledges: false });
    const load = await startLoad({ brokerUrl, things: 3, reportsPerSecond: 50, answers, resendMs: 100 });
    closing.push(load.stop);

    await expect.poll(() => kinds().includes("duplicate"), { timeout: 30_000 }).toBe(true);

    expect(load.counts().resent).toBeGreaterThan(0);
    expect(load.things().every(({ acknowledged }) => acknowledged === 0)).toBe(true);
  });
});

/** A broker with a receiver behind it. */
async function receiving({ acknowledges }: { readonly acknowledges: boolean }) {
  const broker = await startBroker();
  closing.push(broker.close);
  const port = await connectBroker(broker.url);
  closing.push(port.close);
  const receiver = createReceiver({ digest: sha256, fromStart: true });
  const seen: string[] = [];
  await port.subscribe("dt/packdrift/v1/#", 1, ({ topic, payload }) => {
    const thing = topic.split("/")[3] ?? "";
    seen.push(...receiver.receive(payload, thing).map(({ kind }) => kind));
    const contiguous = receiver.contiguous(thing);
    if (!acknowledges || contiguous === null) return;
    void port.publish(`cmd/packdrift/v1/${thing}/ack/req`, JSON.stringify(contiguous), { qos: 1 });
  });
  return { brokerUrl: broker.url, kinds: () => seen };
}
