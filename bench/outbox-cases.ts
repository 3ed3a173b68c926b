import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { connect } from "mqtt";
import { publishOver } from "../src/agent/cloud.js";
import { connectBroker } from "../src/lab/mqtt-port.js";
import { startNucleus } from "../src/lab/nucleus.js";
import { openOutbox } from "../src/outbox/outbox.js";
import { segmentFolder } from "../src/outbox/segment-folder.js";
import { bootClock } from "../src/platform/boot-clock.js";
import { heartbeat } from "../src/report/make-report.js";
import { connectGreengrass } from "../src/transports/greengrass/connection.js";
import { nativeSums } from "../src/transports/greengrass/native-sums.js";
import { mqttConnection } from "../src/transports/mqtt/mqtt-connection.js";
import { makeCertificates } from "../test/chaos/certificates.js";
import { mosquitto } from "../test/chaos/mosquitto.js";
import { firstOf } from "../test/outbox/builders.js";
import { someReport, unnumbered } from "../test/report/builders.js";

const NAME = "io.packdrift.Monitor";
const TOPIC = "dt/packdrift/v1/line-4/report";
const report = unnumbered(someReport());
const whole = someReport();
const payload = JSON.stringify(whole);
export const PAYLOAD_BYTES = Buffer.byteLength(payload);
const IN_FLIGHT = 8;
const sums = await nativeSums();

function openAt(folder: string) {
  return openOutbox({
    store: segmentFolder(folder),
    maxBytes: () => 64 * 2 ** 20,
    newEpoch: () => "bench",
    now: bootClock(),
    digest: sums.sha256,
    checksum: sums.crc32,
    sign: () => null,
    onProblem: (what) => {
      throw new Error(what);
    },
  });
}

/** Makes calls in order, a limited number at a time. */
async function pipelined(count: number, atATime: number, call: () => Promise<unknown>): Promise<void> {
  let left = count;
  const lane = async () => {
    while (left > 0) {
      left -= 1;
      await call();
    }
  };
  await Promise.all(Array.from({ length: atATime }, lane));
}

/** Everything running, and one case for each name; each does its work this many times. */
export async function cases(folder: string) {
  const { ca, cert, key } = makeCertificates(folder);
  const broker = await mosquitto(folder);
  await broker.start();
  const place = { endpoint: "localhost", port: broker.tlsPort, clientId: "bench", ca, cert, key };
  const status = { topic: "dt/packdrift/v1/line-4/status", online: "1", lost: "0", stopped: "0" };
  const mqtt = mqttConnection(place, status, () => {});
  const publish = publishOver(mqtt);
  const bareTls = connect(`mqtts://localhost:${broker.tlsPort}`, {
    protocolVersion: 5,
    ca: readFileSync(ca),
    cert: readFileSync(cert),
    key: readFileSync(key),
  });
  const cloud = await connectBroker(`mqtt://127.0.0.1:${broker.plainPort}`);
  const policy = { operations: ["aws.greengrass#PublishToIoTCore"], resources: ["dt/packdrift/v1/*"] };
  const nucleus = await startNucleus({
    flavour: "classic",
    rootFolder: join(folder, "greengrass"),
    broker: cloud,
    components: [{ name: NAME, accessControl: { "aws.greengrass.ipc.mqttproxy": { one: policy } } }],
  });
  Object.assign(process.env, nucleus.environmentOf(NAME));
  const greengrass = await connectGreengrass({ onLost: () => {}, onTrouble: () => {} });
  await publish(TOPIC, payload, whole);
  let round = 0;

  return {
    run: {
      "bare file: append and fsync": async (count: number) => {
        const file = openSync(join(folder, `bare-${round++}`), "w");
        for (let n = 0; n < count; n++) {
          writeSync(file, payload);
          fsyncSync(file);
        }
        closeSync(file);
      },
      "outbox: add, each on the disk": async (count: number) => {
        const outbox = openAt(join(folder, `outbox-${round++}`));
        for (let n = 0; n < count; n++) outbox.add(report);
      },
      "outbox: add, 8 reports of a check at a time": async (count: number) => {
        const outbox = openAt(join(folder, `outbox-${round++}`));
        for (let n = 0; n < count; n += 8) outbox.addAll(Array.from({ length: 8 }, () => report));
      },
      "outbox: add, read, delivered, acknowledged": async (count: number) => {
        const outbox = openAt(join(folder, `outbox-${round++}`));
        for (let n = 0; n < count; n++) {
          const { id, sequence } = outbox.add(report);
          firstOf(outbox);
          outbox.delivered(id);
          outbox.acknowledge(sequence);
        }
      },
      "ipc transport, one at a time": (count: number) => pipelined(count, 1, () => greengrass.publish(TOPIC, payload)),
      "mqtt transport over TLS, one at a time": (count: number) =>
        pipelined(count, 1, () => publish(TOPIC, payload, whole)),
      "mqtt transport over TLS, 8 at a time": (count: number) =>
        pipelined(count, IN_FLIGHT, () => publish(TOPIC, payload, whole)),
      "bare client (mqtt.js 5) over TLS, 1 at a time": (count: number) =>
        pipelined(count, 1, () => bareTls.publishAsync(TOPIC, payload, { qos: 1 })),
      "bare client (mqtt.js 5) over TLS, 8 at a time": (count: number) =>
        pipelined(count, IN_FLIGHT, () => bareTls.publishAsync(TOPIC, payload, { qos: 1 })),
    } as Readonly<Record<string, (count: number) => Promise<void>>>,
    async close() {
      await mqtt.close();
      bareTls.end(true);
      await greengrass.close();
      await nucleus.close();
      await cloud.close();
      await broker.kill();
    },
  };
}

/** How long opening an outbox of 16 MB takes, all of it waiting. */
export async function recovery(folder: string, kind: "complete" | "heartbeat", rounds: number) {
  mkdirSync(folder, { recursive: true });
  const one = kind === "complete" ? report : heartbeat(report);
  const real = segmentFolder(folder);
  // Filled without fsync: only reading is measured.
  const store = { ...real, append: (name: string, at: number, bytes: Buffer) => real.append(name, at, bytes, false) };
  const full = openOutbox({
    store,
    maxBytes: () => 16 * 2 ** 20 * 1.5,
    newEpoch: () => "bench",
    now: bootClock(),
    digest: sums.sha256,
    checksum: sums.crc32,
    sign: () => null,
    onProblem: () => {},
  });
  const size = () => readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  for (let n = 0; n % 500 !== 0 || size() < 16 * 2 ** 20; n++) {
    full.add({ ...one, job: { ...one.job, name: `job-${n}` } } as typeof one);
  }
  const milliseconds: number[] = [];
  let waiting = 0;
  for (let round = 0; round < rounds; round++) {
    const from = performance.now();
    waiting = openAt(folder).waiting;
    milliseconds.push(performance.now() - from);
  }
  const bytes = size();
  rmSync(folder, { recursive: true, force: true });
  return { waiting, bytes, milliseconds };
}
