import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "mqtt";
import { expect } from "vitest";
import { makeCertificates } from "../chaos/certificates.js";
import { mosquitto } from "../chaos/mosquitto.js";
import { until } from "../outbox/transport-suite.js";
import { ARTIFACTS, TOP } from "./flow-parts.js";

/** A whole life of the built component on a device without Greengrass, run by that Node: fails where it is not as it should be. */
export async function liveAlone(node: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "packdrift-alone-"));
  const { ca, cert, key } = makeCertificates(folder);
  const broker = await mosquitto(folder);
  await broker.start();
  const cloud = connect(`mqtt://127.0.0.1:${broker.plainPort}`, { protocolVersion: 5 });
  const messages: { topic: string; text: string }[] = [];
  cloud.on("message", (topic, payload) => void messages.push({ topic, text: payload.toString() }));
  await new Promise<void>((resolve) => cloud.on("connect", () => cloud.subscribe("dt/#", { qos: 1 }, () => resolve())));
  const work = join(folder, "work");
  const config = join(folder, "packdrift.yaml");
  const job = join(TOP, "src/lab/jobs/x86-cpu-avx2.json");
  writeFileSync(
    config,
    `transport: mqtt
mqtt: { endpoint: localhost, port: ${broker.tlsPort}, cert: ${cert}, key: ${key}, ca: ${ca} }
deployedVersion: com.example.factory.BottleCaps=4.0.0
jobs: [{ project: bottle-caps, job: bottle-caps-x86-cpu }]
source: { type: file, path: ${job} }
`,
  );
  const places = [
    "--config",
    config,
    "--thing",
    "line-9",
    "--work",
    work,
    "--root",
    join(TOP, "test/hosts/aws-t3-nogpu"),
  ];
  const child = spawn(node, [join(ARTIFACTS, "packdrift.mjs"), "run", ...places], { cwd: folder });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (data) => {
      output += String(data);
    });
  const gone = new Promise((resolve) => child.once("close", resolve));
  try {
    await until(() => messages.some(({ topic }) => topic === "dt/packdrift/v1/line-9/report"));
    const report = JSON.parse(messages.find(({ topic }) => topic.endsWith("/report"))?.text ?? "");
    expect(report).toMatchObject({
      thing: "line-9",
      sequence: 1,
      drift: "IN_SYNC",
      agent: { transport: "mqtt", outbox: "disk" },
    });
    await until(() => output.includes('"event":"report.delivered"'));
    for (let tries = 0; tries < 200 && !output.includes("report.acknowledged"); tries++) {
      await cloud.publishAsync("cmd/packdrift/v1/line-9/ack/req", '{"sequence":1}', { qos: 1 });
    }
    await until(() => output.includes('"event":"report.acknowledged"'));
    child.kill("SIGTERM");
    expect(await gone).toBe(0);
    await until(() => messages.filter(({ topic }) => topic.endsWith("/status")).length === 2);
    expect(
      messages.filter(({ topic }) => topic.endsWith("/status")).map(({ text }) => JSON.parse(text).online),
    ).toEqual([true, false]);
    const secret = readFileSync(key, "utf8").split("\n")[1] ?? "";
    const files = readdirSync(work, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const written = files.map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"));
    expect(secret.length).toBeGreaterThan(40);
    expect([output, ...written, JSON.stringify(messages)].join("\n")).not.toContain(secret);
  } finally {
    child.kill("SIGKILL");
    await gone;
    await cloud.endAsync(true);
    await broker.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}
