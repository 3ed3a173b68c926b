// `node bench/fleet-mqtt.mjs`: from a device's publish over mosquitto on loopback, QoS 1, to its acknowledgement by the built fleet.
//   --reports N   (default 20000)   --things N   (default 2000)   --rate N   a second (default 3000)
//   --json FILE   writes rows for fleet.mjs
// Wanted: at least 2,500 a second, p99 under a second.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { connectAsync } from "mqtt";
import { quantile, startFleet, startMosquitto, wait } from "./fleet-parts.mjs";

const { values } = parseArgs({
  options: {
    reports: { type: "string", default: "20000" },
    things: { type: "string", default: "2000" },
    rate: { type: "string", default: "3000" },
    json: { type: "string" },
  },
});
const [reports, things, rate] = ["reports", "things", "rate"].map((name) => Number(values[name]));
const folder = mkdtempSync(join(tmpdir(), "packdrift-bench-mqtt-"));
const closing = [() => rmSync(folder, { recursive: true, force: true })];

try {
  const url = await startMosquitto(folder, closing);
  await startFleet(url, join(folder, "fleet.db"), closing);
  await measure(url);
} finally {
  for (const close of closing.reverse()) await close();
}
process.exit(0);

async function measure(url) {
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
  const at = (share) => Math.round(quantile(took, share));
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
