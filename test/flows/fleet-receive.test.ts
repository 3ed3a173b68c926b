import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectBroker, type MqttPort } from "../../src/lab/mqtt-port.js";
import type { Report } from "../../src/report/report.js";
import { sealedText, signedText } from "../../src/report/seal.js";
import { makeCertificates } from "../chaos/certificates.js";
import { type FleetDevice, fleetDevice } from "../chaos/fleet-device.js";
import { type Mosquitto, mosquitto } from "../chaos/mosquitto.js";
import { seeded } from "../chaos/seeded.js";
import { lacks } from "../needed.js";
import { someReport } from "../report/builders.js";
import { until, untilResolved } from "../until.js";
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

  it("acknowledges only up to the first missing report, until it comes", async () => {
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

  it("shows on its pages what is missing, and acknowledges the rest once a person has given that up", async () => {
    const made = device("line-1", 4);
    const url = await (await start()).url();
    const messages = made.made.filter(({ sequence }) => sequence !== 2).flatMap((each) => each.messages);
    for (const { topic, payload } of messages) await cloud.publish(topic, payload, { qos: 1 });
    await until(() => storedIn(store).reports.length === 3);
    const page = async (path: string) => (await fetch(new URL(path, url))).text();
    const summary = async () => (await (await fetch(new URL("/api/summary", url))).json()) as { delivery: object };

    expect(await page("/delivery")).toContain("Give up 2<");
    expect(await page("/devices/line-1")).toContain("2 is missing");
    // What is counted over all devices may be a few seconds old.
    await untilResolved(async () => expect(await page("/")).toContain("1 missing"));
    expect((await summary()).delivery).toMatchObject({ missing: 1, givenUp: 0 });
    expect(highest("line-1")).toBeLessThan(2);

    const gap = { thing: "line-1", epoch: "e1-line-1", from: "2", to: "2", back: "/delivery" };
    const answer = await fetch(new URL("/delivery/give-up", url), {
      method: "POST",
      body: new URLSearchParams(gap),
      headers: { origin: new URL(url).origin },
      redirect: "manual",
    });
    expect(answer.status).toBe(303);
    await until(() => highest("line-1") === 4);
    expect(await page("/delivery")).toContain("Nothing is missing.");
    await untilResolved(async () => expect((await summary()).delivery).toMatchObject({ missing: 0, givenUp: 1 }));
  });

  it("refuses and does not acknowledge forged reports of a thing with a key, and accepts the real ones", async () => {
    const keys = join(folder, "keys");
    mkdirSync(keys);
    const [own, foreign] = [generateKeyPairSync("ed25519"), generateKeyPairSync("ed25519")];
    writeFileSync(join(keys, "line-1.pem"), own.publicKey.export({ type: "spki", format: "pem" }));
    await start("--keys", keys);
    const report = (sequence: number) =>
      someReport({ thing: "line-1", sequence, id: `e1.${sequence}`, trigger: sequence === 1 ? "START" : "COMMAND" });
    const signed = (one: Report, key: KeyObject) => {
      const seal = createHash("sha256").update(sealedText(one)).digest("base64url");
      return { ...one, signature: sign(null, Buffer.from(signedText(seal)), key).toString("base64url") };
    };
    const publish = (one: Report) =>
      cloud.publish(`dt/packdrift/v1/${one.thing}/report`, JSON.stringify(one), { qos: 1 });

    const first = signed(report(1), own.privateKey);
    await publish(first);
    await until(() => highest("line-1") === 1);
    await publish(report(2));
    await publish(signed(report(2), foreign.privateKey));
    await publish({ ...report(2), signature: first.signature });
    // A thing without a key need not sign.
    await publish(someReport({ thing: "line-2" }));
    await until(() => highest("line-2") === 1);

    const { refused, reports } = storedIn(store);
    expect(refused).toEqual({ signature: 3 });
    expect(reports).toEqual(["line-1 e1 1", "line-2 e1 1"]);
    expect(highest("line-1")).toBe(1);
    const previous = createHash("sha256").update(sealedText(first)).digest("base64url");
    await publish(signed({ ...report(2), previous }, own.privateKey));
    await until(() => highest("line-1") === 2);
  });

  it("ends with 1 and says why when a thread of its store has ended, and acknowledges nothing to the broker", async () => {
    const end = join(folder, "end");
    const faulty = startFleetProcess(
      ["--broker", `mqtt://127.0.0.1:${broker.plainPort}`, "--store", store, "--client-id", "fleet-1"],
      { env: { END_THREAD: end, NODE_OPTIONS: `--require ${join(import.meta.dirname, "../chaos/end-thread.cjs")}` } },
    );
    fleet = faulty;
    await faulty.logged("broker.subscribed");
    writeFileSync(end, "");

    expect(await faulty.gone).toBe(1);
    expect(faulty.events("store.ended")).toMatchObject([
      { level: "error", message: "A thread of the store has ended: a fault of ours" },
    ]);
    const made = device("line-1", 2);
    await send(made);
    await start();
    await until(() => highest("line-1") === 2);
  });

  it("counts what is not a report, does not acknowledge it, and continues", async () => {
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

  it("sends a request only to the device on whose page a person presses a button", async () => {
    const asked: string[] = [];
    await cloud.subscribe("cmd/packdrift/v1/+/check/req", 1, ({ topic }) => asked.push(topic));
    const url = await (await start()).url();
    await Promise.all([send(device("line-1", 1)), send(device("line-2", 1))]);
    await until(() => highest("line-1") === 1 && highest("line-2") === 1);

    const page = await (await fetch(new URL("/devices/line-2", url))).text();
    const [button = ""] = page.match(/<form class="ask"[^>]*>(?:(?!<\/form>).)*Check it now/s) ?? [];
    const body = new URLSearchParams();
    for (const [, name = "", value = ""] of button.matchAll(/name="([^"]+)" value="([^"]*)"/g)) body.set(name, value);
    const answer = await fetch(new URL("/requests", url), {
      method: "POST",
      body,
      headers: { origin: new URL(url).origin },
      redirect: "manual",
    });
    expect(answer.status).toBe(303);
    await until(() => asked.length > 0);

    const { items } = (await (await fetch(new URL("/api/requests", url))).json()) as { items: readonly object[] };
    expect(items).toMatchObject([{ command: "check", filter: { thing: "line-2" }, asked: 1 }]);
    expect(asked).toEqual(["cmd/packdrift/v1/line-2/check/req"]);
  });

  it("knows which devices are expected, also after the list has changed", async () => {
    const things = join(folder, "things.txt");
    writeFileSync(things, "line-1\nline-2 # hall 3\n");
    const running = await start("--things", things);
    expect(storedIn(store).things).toEqual(["line-1 expected never", "line-2 expected never"]);

    writeFileSync(things, "line-2\nline 3\n");
    await running.logged("things.not-read");
    writeFileSync(things, "line-2\nline-3\n");
    await running.logged("things.read");

    expect(storedIn(store).things).toEqual(["line-2 expected never", "line-3 expected never"]);
  });
});
