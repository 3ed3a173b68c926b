import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectBroker, type MqttPort } from "../../src/lab/mqtt-port.js";
import { makeCertificates } from "../chaos/certificates.js";
import { type FleetDevice, fleetDevice } from "../chaos/fleet-device.js";
import { type Mosquitto, mosquitto } from "../chaos/mosquitto.js";
import { seeded } from "../chaos/seeded.js";
import { sharedPostgres } from "../fleet/store/postgres-server.js";
import { lacks } from "../needed.js";
import { until } from "../until.js";
import { type FleetProcess, startFleetProcess } from "./fleet-process.js";

const TOKEN = "token-of-anna-0123456789";

describe.skipIf(lacks("mosquitto", "openssl", "PostgreSQL"))("several processes of packdrift fleet", () => {
  let folder = "";
  let broker: Mosquitto;
  let cloud: MqttPort;
  let store = "";
  const processes: FleetProcess[] = [];
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "packdrift-receivers-"));
    makeCertificates(folder);
    broker = await mosquitto(folder);
    await broker.start();
    cloud = await connectBroker(`mqtt://127.0.0.1:${broker.plainPort}`);
    store = await (await sharedPostgres()).database();
    writeFileSync(join(folder, "tokens"), `ask anna ${TOKEN}\n`, { mode: 0o600 });
  });
  afterEach(async () => {
    await Promise.all(processes.splice(0).map((each) => each.kill()));
    await cloud.close();
    await broker.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = (...args: readonly string[]) => {
    const started = startFleetProcess(["--store", store, "--tokens", join(folder, "tokens"), ...args]);
    processes.push(started);
    return started;
  };
  const startReceiver = async (name: string) => {
    const address = `mqtt://127.0.0.1:${broker.plainPort}`;
    const receiver = start("--broker", address, "--client-id", name, "--group", "fleet");
    await receiver.logged("broker.subscribed");
    return receiver;
  };
  const send = async ({ made }: FleetDevice) => {
    for (const { topic, payload } of made.at(-1)?.messages ?? []) await cloud.publish(topic, payload, { qos: 1 });
  };
  /** A device that answers requests; gives the ids of those that it got. */
  const answering = async (thing: string) => {
    const requests: string[] = [];
    await cloud.subscribe(`cmd/packdrift/v1/${thing}/flush/req`, 1, ({ payload }) => {
      const { id } = JSON.parse(payload.toString()) as { id: string };
      requests.push(id);
      const answer = { schema: "packdrift.response/1", thing, id, status: "DONE", result: {} };
      void cloud.publish(`cmd/packdrift/v1/${thing}/flush/res`, JSON.stringify(answer), { qos: 1 });
    });
    return requests;
  };
  const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
  const ask = async (page: FleetProcess) => {
    const url = await page.url();
    const response = await fetch(new URL("/api/requests", url), {
      method: "POST",
      headers: { ...headers, origin: new URL(url).origin },
      body: JSON.stringify({ command: "flush", filter: {} }),
    });
    expect(response.status).toBe(202);
    return ((await response.json()) as { id: string }).id;
  };
  const get = async (page: FleetProcess, path: string) =>
    (await (await fetch(new URL(path, await page.url()), { headers })).json()) as Record<string, unknown>;

  it("serve one fleet together, and another takes over the work of one that is killed", async () => {
    const acknowledged: string[] = [];
    await cloud.subscribe("cmd/packdrift/v1/line-1/ack/req", 1, ({ payload }) => acknowledged.push(payload.toString()));
    const requests = await answering("line-1");
    const first = await startReceiver("first");
    await first.logged("duty.taken", 3);
    const page = start();
    await page.logged("fleet.listening");
    const second = await startReceiver("second");
    const device = fleetDevice("line-1", seeded(7));

    // A page that has received nothing itself follows what others store.
    const events = await fetch(new URL("/api/events", await page.url()), { headers });
    const stream = events.body?.pipeThrough(new TextDecoderStream()).getReader();
    device.make();
    await send(device);
    for (let text = ""; !text.includes("event: changed"); ) {
      const read = await stream?.read();
      if (read?.value === undefined) throw new Error(`The events ended before "changed": ${text}`);
      text += read.value;
    }
    await stream?.cancel();

    // The session that one page gives is good at the other; and a request made at a page that sends nothing itself is sent.
    const firstUrl = await first.url();
    const login = await fetch(new URL("/login", firstUrl), {
      method: "POST",
      redirect: "manual",
      headers: { origin: new URL(firstUrl).origin },
      body: new URLSearchParams({ token: TOKEN }),
    });
    const cookie = login.headers.get("set-cookie")?.split(";")[0] ?? "";
    expect((await fetch(new URL("/devices", await page.url()), { headers: { cookie } })).status).toBe(200);
    const asked = await ask(page);
    await expect.poll(() => get(page, `/api/requests/${asked}`)).toMatchObject({ asked: 1, answered: 1, waiting: 0 });

    await first.kill();
    await second.logged("duty.taken");
    const again = await ask(page);
    await until(() => requests.includes(again));
    device.make();
    await send(device);
    // What the broker gave to the session of the one that was killed waits there for its next start.
    await startReceiver("first");
    await until(() => acknowledged.some((each) => each.includes('"sequence":2')));
    await expect.poll(() => get(page, `/api/requests/${again}`)).toMatchObject({ asked: 1, answered: 1, waiting: 0 });
    expect(requests).toEqual([asked, again]);
    // An answer from before the first report may be used for three seconds.
    await expect.poll(() => get(page, "/api/summary")).toMatchObject({ things: 1 });
  });
});
