import { randomUUID } from "node:crypto";
import { publishOver } from "../../src/agent/cloud.js";
import { parseAcknowledgements } from "../../src/outbox/acknowledgement.js";
import { deliver } from "../../src/outbox/deliver.js";
import { openOutbox } from "../../src/outbox/outbox.js";
import { segmentFolder } from "../../src/outbox/segment-folder.js";
import { bootClock } from "../../src/platform/boot-clock.js";
import { heartbeat } from "../../src/report/make-report.js";
import type { Report } from "../../src/report/report.js";
import { nativeSums } from "../../src/transports/greengrass/native-sums.js";
import { type Mqtt, mqttConnection } from "../../src/transports/mqtt/mqtt-connection.js";
import { someReport, unnumbered } from "../report/builders.js";

export const THING = "line-4-camera-2";
export const REPORTS = `dt/packdrift/v1/${THING}/report`;
export const ACK = `cmd/packdrift/v1/${THING}/ack/req`;

/** How much faster than in life the outbox's and the delivery's clocks run: 15 minutes pass in 3 s. */
const HASTE = 300;

/** A device's outbox, delivery and MQTT transport, without the checks: reports are made when told. */
export async function startDevice(options: {
  readonly folder: string;
  readonly port: number;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly random: () => number;
  readonly onProblem?: (what: string) => void;
}) {
  const { random } = options;
  const clock = bootClock();
  const now = () => ({ ...clock(), bootMs: performance.now() * HASTE });
  const sums = await nativeSums();
  const outbox = openOutbox({
    store: segmentFolder(options.folder),
    maxBytes: () => 16 * 2 ** 20,
    newEpoch: () => randomUUID().slice(0, 8),
    now,
    digest: sums.sha256,
    checksum: sums.crc32,
    sign: () => null,
    onProblem: options.onProblem ?? (() => {}),
  });
  const { port, ca, cert, key } = options;
  const place = { endpoint: "localhost", port, clientId: `${THING}-packdrift`, ca, cert, key };
  const status = { topic: `dt/packdrift/v1/${THING}/status`, online: "on", lost: "lost", stopped: "stopped" };
  const mqtt: Mqtt = mqttConnection(place, status, () => {}, {
    acknowledgeMs: 1_000,
    connectMs: 1_000,
    keepAliveSeconds: 2,
    pingMs: 500,
    firstReconnectMs: 50,
    lastReconnectMs: 200,
  });
  mqtt.subscribe(ACK, (_, payload) => {
    for (const { sequence, epoch } of parseAcknowledgements(payload)) outbox.acknowledge(sequence, epoch ?? undefined);
  });
  const delivery = deliver({
    outbox,
    transport: { name: "mqtt", inFlight: 8, publish: publishOver(mqtt) },
    topicOf: () => REPORTS,
    maxMessageBytes: () => 7_000,
    later: (milliseconds, action) => {
      const timer = setTimeout(action, milliseconds / HASTE);
      return () => clearTimeout(timer);
    },
    nowMs: () => now().bootMs,
    random,
    onEvent: () => {},
  });
  return {
    outbox,
    /** Makes a report, hands it to the delivery and returns it. */
    make(): Report {
      const blocking = random() < 0.1 ? 1 : 0;
      const job = { ...someReport().job, name: `job-${Math.floor(random() * 5)}` };
      const counts = { ...someReport().counts, blocking };
      const report = unnumbered(someReport({ job, counts, checkedAt: new Date().toISOString() }));
      const made = outbox.add(random() < 0.5 ? heartbeat(report) : report);
      void delivery.flush();
      return made;
    },
    flush: () => delivery.flush(),
    async stop() {
      await delivery.stop();
      await mqtt.close();
    },
  };
}
