import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { connectBroker } from "../../src/lab/mqtt-port.js";
import { makeCertificates } from "../chaos/certificates.js";
import { mosquitto } from "../chaos/mosquitto.js";
import { until } from "../until.js";
import { ARTIFACTS, TOP } from "./flow-parts.js";

export const THING = "line-9";

/** The built component on a device without Greengrass, and the cloud that it reaches over MQTT 5 with mutual TLS. */
export async function startAlone({
  node = process.execPath,
  settings = "",
}: {
  readonly node?: string;
  /** More lines of its configuration. */
  readonly settings?: string;
} = {}) {
  const folder = mkdtempSync(join(tmpdir(), "packdrift-alone-"));
  const { ca, cert, key } = makeCertificates(folder);
  const broker = await mosquitto(folder);
  await broker.start();
  const cloud = await connectBroker(`mqtt://127.0.0.1:${broker.plainPort}`, { reconnectMs: 20 });
  const messages: { readonly topic: string; readonly text: string }[] = [];
  const keep = ({ topic, payload }: { readonly topic: string; readonly payload: Buffer }) =>
    void messages.push({ topic, text: payload.toString() });
  await cloud.subscribe("dt/#", 1, keep);
  await cloud.subscribe("cmd/+/+/+/+/res", 1, keep);
  const config = join(folder, "packdrift.yaml");
  writeFileSync(
    config,
    `transport: mqtt
mqtt: { endpoint: localhost, port: ${broker.tlsPort}, cert: ${cert}, key: ${key}, ca: ${ca} }
deployedVersion: com.example.factory.BottleCaps=4.0.0
jobs: [{ project: bottle-caps, job: bottle-caps-x86-cpu }]
source: { type: file, path: ${join(TOP, "src/lab/jobs/x86-cpu-avx2.json")} }
${settings}`,
  );
  const work = join(folder, "work");
  const root = join(TOP, "test/hosts/aws-t3-nogpu");
  const places = ["--config", config, "--thing", THING, "--work", work, "--root", root];
  let output = "";
  const start = () => {
    const child = spawn(node, [join(ARTIFACTS, "packdrift.mjs"), "run", ...places], { cwd: folder });
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (data) => {
        output += String(data);
      });
    return { child, gone: new Promise((resolve) => child.once("close", resolve)) };
  };
  let running = start();
  const parsedOn = (leaf: string) =>
    messages.filter(({ topic }) => topic.endsWith(leaf)).map(({ text }) => JSON.parse(text));
  return {
    work,
    key,
    config,
    broker,
    cloud,
    messages,
    output: () => output,
    /** What came on topics that end so, as JSON. */
    parsedOn,
    /** Resolves when an event is in the log this many times. */
    logged: (event: string, times = 1) => until(() => output.split(`"event":"${event}"`).length > times),
    async ask(command: string, body: object | string): Promise<void> {
      const text = typeof body === "string" ? body : JSON.stringify(body);
      await cloud.publish(`cmd/packdrift/v1/${command}/req`, Buffer.from(text), { qos: 1 });
    },
    /** The answers, once there are this many. */
    async answers(count: number): Promise<Record<string, unknown>[]> {
      await until(() => parsedOn("/res").length >= count);
      return parsedOn("/res");
    },
    reload: () => running.child.kill("SIGHUP"),
    /** Stops it; resolves with its exit code. */
    async stop(): Promise<unknown> {
      running.child.kill("SIGTERM");
      return running.gone;
    },
    /** Starts it once more, after it has ended. */
    again() {
      running = start();
    },
    async close() {
      running.child.kill("SIGKILL");
      await running.gone;
      await cloud.close();
      await broker.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A whole life of the built component on a device without Greengrass, run by that Node: fails where it is not as it should be. */
export async function liveAlone(node: string): Promise<void> {
  const { work, key, cloud, messages, output, parsedOn, logged, ask, answers, stop, close } = await startAlone({
    node,
  });
  try {
    await logged("report.delivered");
    expect(parsedOn("/report")[0]).toMatchObject({
      thing: THING,
      sequence: 1,
      drift: "IN_SYNC",
      agent: { transport: "mqtt", outbox: "disk" },
    });
    await logged("subscriptions.open");
    await ask(`${THING}/check`, { id: "r-1" });
    expect(await answers(1)).toMatchObject([
      { id: "r-1", status: "DONE", result: { checks: [{ drift: "IN_SYNC", runnable: "RUNNABLE" }] } },
    ]);
    await cloud.publish(`cmd/packdrift/v1/${THING}/ack/req`, Buffer.from('{"sequence":1}'), { qos: 1 });
    await logged("report.acknowledged");
    expect(await stop()).toBe(0);
    await until(() => parsedOn("/status").length === 2);
    expect(parsedOn("/status").map(({ online }) => online)).toEqual([true, false]);
    const secret = readFileSync(key, "utf8").split("\n")[1] ?? "";
    const files = readdirSync(work, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const written = files.map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"));
    expect(secret.length).toBeGreaterThan(40);
    expect([output(), ...written, JSON.stringify(messages)].join("\n")).not.toContain(secret);
  } finally {
    await close();
  }
}
