import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectBroker, type MqttPort } from "../../src/lab/mqtt-port.js";
import { makeCertificates } from "../chaos/certificates.js";
import { type FleetDevice, fleetDevice } from "../chaos/fleet-device.js";
import { type Mosquitto, mosquitto } from "../chaos/mosquitto.js";
import { seeded } from "../chaos/seeded.js";
import { lacks } from "../needed.js";
import { until } from "../until.js";
import { type FleetProcess, startFleetProcess } from "./fleet-process.js";
import { storedIn } from "./stored-in.js";

describe.skipIf(lacks("mosquitto", "openssl"))("packdrift fleet", () => {
  let folder = "";
  let files = { ca: "", cert: "", key: "" };
  let broker: Mosquitto;
  let cloud: MqttPort;
  let fleet: FleetProcess | null = null;
  let store = "";
  const acknowledged: { readonly thing: string; readonly payload: string }[] = [];
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "packdrift-fleet-"));
    files = makeCertificates(folder);
    broker = await mosquitto(folder);
    await broker.start();
    cloud = await connectBroker(`mqtt://127.0.0.1:${broker.plainPort}`, { reconnectMs: 20 });
    store = join(folder, "fleet.db");
    acknowledged.length = 0;
    await cloud.subscribe("cmd/packdrift/v1/+/ack/req", 1, ({ topic, payload }) => {
      acknowledged.push({ thing: topic.split("/")[3] ?? "", payload: payload.toString() });
    });
  });
  afterEach(async () => {
    await fleet?.kill();
    fleet = null;
    await cloud.close();
    await broker.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = async (...args: readonly string[]) => {
    fleet = startFleetProcess([
      "--broker",
      `mqtt://127.0.0.1:${broker.plainPort}`,
      "--store",
      store,
      "--client-id",
      "fleet-1",
      ...args,
    ]);
    await fleet.logged("broker.subscribed");
    return fleet;
  };
  const send = async (device: FleetDevice, from = 0) => {
    for (const { messages } of device.made.slice(from)) {
      for (const { topic, payload } of messages) await cloud.publish(topic, payload, { qos: 1 });
    }
  };
  const highest = (thing: string) =>
    Math.max(
      0,
      ...acknowledged
        .filter((each) => each.thing === thing)
        .map(({ payload }) => Number((JSON.parse(payload) as { sequence: number }).sequence)),
    );
  const device = (thing: string, reports: number) => {
    // The first reports of a seed are of one epoch.
    const made = fleetDevice(thing, seeded(7));
    for (let at = 0; at < reports; at++) made.make();
    return made;
  };

  it("stores what devices report over mutual TLS, acknowledges it to them, and ends with 0", async () => {
    const { ca, cert, key } = files;
    const running = startFleetProcess([
      "--broker",
      `mqtts://localhost:${broker.tlsPort}`,
      ...["--ca", ca, "--cert", cert, "--key", key, "--store", store],
    ]);
    fleet = running;
    await running.logged("broker.subscribed");
    const [a, b] = [device("line-1", 5), device("line-2", 3)];
    await Promise.all([send(a), send(b)]);
    await until(() => highest("line-1") === 5 && highest("line-2") === 3);

    expect(await running.stop()).toBe(0);
    const { reports, acked } = storedIn(store);
    expect(reports).toEqual([
      ...a.made.map(({ epoch, sequence }) => `line-1 ${epoch} ${sequence}`),
      ...b.made.map(({ epoch, sequence }) => `line-2 ${epoch} ${sequence}`),
    ]);
    expect(acked).toEqual({ "line-1 e1-line-1": 5, "line-2 e1-line-2": 3 });
  });

  it("acknowledges again what a device sends again, and after a restart what was never sent", async () => {
    const made = device("line-1", 3);
    const first = await start();
    await send(made);
    await until(() => highest("line-1") === 3);
    acknowledged.length = 0;
    await send(made);
    await until(() => highest("line-1") === 3);

    await first.stop();
    acknowledged.length = 0;
    made.make();
    await send(made, 3);
    // The broker holds what came meanwhile.
    await start();
    await until(() => highest("line-1") === 4);
    expect(storedIn(store).reports).toHaveLength(4);
  });

  it("acknowledges no further than the first missing report, until it comes", async () => {
    const made = device("line-1", 4);
    await start();
    const [one, two, three, four] = made.made.map(({ messages }) => messages);
    for (const messages of [one, four, three]) {
      for (const { topic, payload } of messages ?? []) await cloud.publish(topic, payload, { qos: 1 });
    }
    await until(() => storedIn(store).reports.length === 3);
    await until(() => highest("line-1") === 1);
    for (const { topic, payload } of two ?? []) await cloud.publish(topic, payload, { qos: 1 });
    await until(() => highest("line-1") === 4);
  });

  it("counts what is not a report, acknowledges none of it and goes on", async () => {
    await start();
    const made = device("line-1", 1);
    const [message] = made.made[0]?.messages ?? [];
    const topic = "dt/packdrift/v1/line-1/report";
    await cloud.publish(topic, "\x00\xff not JSON", { qos: 1 });
    await cloud.publish(topic, JSON.stringify({ schema: "packdrift.report/1" }), { qos: 1 });
    await cloud.publish(topic, "x".repeat(200_000), { qos: 1 });
    await cloud.publish("dt/packdrift/v1/line-2/report", message?.payload ?? "", { qos: 1 });
    await cloud.publish("cmd/packdrift/v1/line-1/check/res", "{}", { qos: 1 });
    await send(made);
    await until(() => highest("line-1") === 1);

    expect(storedIn(store).refused).toEqual({
      "not-a-report": 1,
      "not-an-answer": 1,
      "not-json": 1,
      "other-thing": 1,
      "too-large": 1,
    });
    expect(acknowledged.every(({ thing }) => thing === "line-1")).toBe(true);
  });

  it("asks a new device for its facts", async () => {
    const asked: string[] = [];
    await cloud.subscribe("cmd/packdrift/v1/+/facts/req", 1, ({ topic }) => asked.push(topic));
    await start();
    await send(device("line-1", 2));
    await until(() => asked.length > 0);

    expect(asked).toEqual(["cmd/packdrift/v1/line-1/facts/req"]);
  });

  it("knows which devices are expected", async () => {
    const things = join(folder, "things.txt");
    const { writeFileSync } = await import("node:fs");
    writeFileSync(things, "line-1\nline-2 # hall 3\n");
    await start("--things", things);

    expect(storedIn(store).things).toEqual(["line-1 expected never", "line-2 expected never"]);
  });
});
