import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectBroker, type MqttPort } from "../../src/lab/mqtt-port.js";
import { makeCertificates } from "../chaos/certificates.js";
import { type FleetDevice, fleetDevice } from "../chaos/fleet-device.js";
import { type Mosquitto, mosquitto } from "../chaos/mosquitto.js";
import { seeded } from "../chaos/seeded.js";
import { type FleetProcess, startFleetProcess } from "../flows/fleet-process.js";
import { lacks, mustRun } from "../needed.js";
import { until, untilResolved } from "../until.js";
import { nodesNamed, prepare } from "./nodes.js";

const EACH = 4;

/** From Node 24 on SQLite is built in; before, a package stands in: all of them work on one file in turn. */
describe.skipIf(lacks("mosquitto", "openssl"))(
  "packdrift fleet on one store under every Node that servers have",
  () => {
    const folder = mkdtempSync(join(tmpdir(), "packdrift-fleet-nodes-"));
    const device: FleetDevice = fleetDevice("line-1", seeded(7));
    let broker: Mosquitto;
    let cloud: MqttPort;
    let fleet: FleetProcess | null = null;
    beforeAll(async () => {
      makeCertificates(folder);
      broker = await mosquitto(folder);
      await broker.start();
      cloud = await connectBroker(`mqtt://127.0.0.1:${broker.plainPort}`, { reconnectMs: 20 });
      await cloud.subscribe("cmd/packdrift/v1/+/ack/req", 1, ({ payload }) => {
        expect(device.acknowledge(payload.toString())).toBeNull();
      });
    });
    afterAll(async () => {
      await fleet?.kill();
      await cloud.close();
      await broker.kill();
      rmSync(folder, { recursive: true, force: true });
    });

    it.for(nodesNamed("20 22 24 26"))("stores, acknowledges and shows reports on Node $major", async (node, test) => {
      const runnable = await prepare(node);
      if ("missing" in runnable) {
        if (mustRun) throw new Error(`Cannot test on Node ${node.major}: ${runnable.missing}`);
        return test.skip(runnable.missing);
      }
      const before = device.made.length;
      const running = startFleetProcess(
        [
          "--broker",
          `mqtt://127.0.0.1:${broker.plainPort}`,
          "--store",
          join(folder, "fleet.db"),
          "--client-id",
          "fleet",
        ],
        { node: runnable.path },
      );
      fleet = running;
      await running.logged("broker.subscribed");
      for (let at = 0; at < EACH; at++) device.make();
      for (const { messages } of device.made.slice(before)) {
        for (const { topic, payload } of messages) await cloud.publish(topic, payload, { qos: 1 });
      }
      await until(() => device.outbox.size === 0);

      const get = async (path: string) => (await fetch(new URL(path, await running.url()))).text();
      await untilResolved(async () => {
        const { delivery } = JSON.parse(await get("/api/summary")) as { delivery: Record<string, number> };
        expect((delivery.reports ?? 0) + (delivery.heartbeats ?? 0)).toBe(device.made.length);
      });
      expect(await get("/devices/line-1")).toContain("All stored or named");
      expect(await running.stop()).toBe(0);
      expect(running.output()).not.toContain("Warning");
    });
  },
);
