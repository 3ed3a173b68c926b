// `node bench/fleet-mqtt.mjs`: from a device's publish over mosquitto on loopback, QoS 1, to its acknowledgement by the built fleet.
//   --reports N   (default 20000)   --things N   (default 2000)   --rate N   a second (default 3000)
//   --json FILE   writes rows for fleet.mjs
// Wanted: at least 2,500 a second, p99 under a second.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { connectAsync } from "mqtt";

const { values } = parseArgs({
  options: {
    reports: { type: "string", default: "20000" },
    things: { type: "string", default: "2000" },
    rate: { type: "string", default: "3000" },
    json: { type: "string" },
  },
});
const [reports, things, rate] = ["reports", "things", "rate"].map((name) => Number(values[name]));
const top = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), "packdrift-bench-mqtt-"));
const port = await freePort();
const url = `mqtt://127.0.0.1:${port}`;
const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

writeFileSync(
  join(folder, "mosquitto.conf"),
  `listener ${port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages 0\n`,
);
const broker = spawn("/usr/sbin/mosquitto", ["-c", join(folder, "mosquitto.conf")], { stdio: "ignore" });
await wait(500);
const args = ["fleet", "--json", "--broker", url, "--listen", "0", "--store", join(folder, "fleet.db")];
const fleet = spawn(process.execPath, [join(top, "dist/packdrift.mjs"), ...args], {
  stdio: ["ignore", "pipe", "inherit"],
});
try {
  await new Promise((resolve) =>
    fleet.stdout.on("data", (data) => String(data).includes("broker.subscribed") && resolve()),
  );
  await measure();
} finally {
  for (const child of [fleet, broker]) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);

async function measure() {
  const devices = await connectAsync(url, { protocolVersion: 5 });
  const [sentAt, took] = [new Map(), []];
  const acknowledged = new Array(things).fill(0);
  await devices.subscribeAsync("cmd/packdrift/v1/+/ack/req", { qos: 1 });
  devices.on("message", (topic, payload) => {
    const at = Number(topic.split("/")[3].slice(5));
    const { sequence } = JSON.parse(payload.toString());
    for (; acknowledged[at] < sequence; acknowledged[at]++) {
      took.push(performance.now() - sentAt.get(`${at}.${acknowledged[at] + 1}`));
    }
  });
  const from = performance.now();
  for (let sent = 0; sent < reports; ) {
    const due = Math.min(reports, Math.ceil(((performance.now() - from) / 1_000) * rate));
    for (; sent < due; sent++) {
      const [at, sequence] = [sent % things, 1 + Math.floor(sent / things)];
      sentAt.set(`${at}.${sequence}`, performance.now());
      devices.publish(`dt/packdrift/v1/line-${at}/heartbeat`, heartbeat(at, sequence), { qos: 1 });
    }
    await wait(5);
  }
  for (const limit = performance.now() + 120_000; took.length < reports && performance.now() < limit; ) await wait(20);
  const seconds = (performance.now() - from) / 1_000;
  took.sort((a, b) => a - b);
  const at = (share) => Math.round(took[Math.floor((took.length - 1) * share)] ?? 0);
  const perSecond = Math.round(took.length / seconds);
  console.log(
    `${took.length} of ${reports} reports acknowledged, ${perSecond}/s; p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`,
  );
  const isWhole = took.length === reports;
  const rows = [
    {
      what: "MQTT to acknowledgement /s",
      figure: perSecond,
      wanted: "at least 2500",
      met: isWhole && perSecond >= 2_500,
    },
    {
      what: "MQTT to acknowledgement p99 ms",
      figure: at(0.99),
      wanted: "under 1000",
      met: isWhole && at(0.99) < 1_000,
    },
  ];
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(rows));
  await devices.endAsync(true);
}

function heartbeat(at, sequence) {
  const counts = {
    match: 9,
    drift: 0,
    unknown: 0,
    notApplicable: 0,
    blocking: 0,
    error: 0,
    warning: 0,
    info: 0,
    waived: 0,
  };
  return JSON.stringify({
    schema: "packdrift.report/1",
    id: `e1.${sequence}`,
    thing: `line-${at}`,
    epoch: "e1",
    sequence,
    kind: "HEARTBEAT",
    trigger: "SCHEDULE",
    drift: "IN_SYNC",
    runnable: "RUNNABLE",
    counts,
    checkedAt: new Date().toISOString(),
    job: { project: "bolts", name: "inspect-7", digest: "ab".repeat(32) },
    component: { deployedVersion: "1.0.0", state: "RUNNING" },
    device: null,
    agent: { version: "0.1.0", outbox: "disk" },
    findings: [],
  });
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port: free } = server.address();
      server.close(() => resolve(free));
    });
  });
}
