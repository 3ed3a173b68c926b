import { encodeReport } from "../report/encode.js";
import { metricsOf } from "../report/metrics.js";
import type { Capabilities, Report } from "../report/report.js";
import type { Greengrass } from "../transports/greengrass/port.js";
import { MOST_IPC_BYTES } from "./connection/split-after-drop.js";
import type { Follower } from "./follower.js";
import type { CompletedExamination } from "./newest-good.js";
import type { TrySend } from "./try-send.js";

const METRICS_TOPIC = "cloudwatch/metric/put";

/** Publishes reports and CloudWatch metrics on local topics, if the settings enable it. */
export function localCopies(parts: {
  readonly greengrass: Pick<Greengrass, "publishLocal">;
  readonly capabilities: Promise<Capabilities>;
  readonly trySend: TrySend;
}): Follower {
  const { greengrass, trySend } = parts;
  let measured: CompletedExamination | null = null;

  async function copyReports({ settings }: CompletedExamination, reports: readonly Report[]): Promise<void> {
    const { localTopic, maxMessageBytes } = settings;
    if (localTopic === null) return;
    const isLite = (await parts.capabilities).spool === "MISSING";
    const most = isLite ? Math.min(MOST_IPC_BYTES, maxMessageBytes) : maxMessageBytes;
    for (const text of reports.flatMap((report) => encodeReport(report, most))) {
      // Nucleus lite accepts at most 255 values in a JSON message, but any content in a binary one.
      await trySend(() => greengrass.publishLocal(localTopic, isLite ? text : JSON.parse(text)));
    }
  }

  async function publishMetrics({ settings, reports }: CompletedExamination): Promise<void> {
    if (settings.cloudwatchMetrics === null) return;
    // A device with nothing to check has nothing to measure.
    const all = reports
      .map(({ report }) => report)
      .filter(({ job, component }) => (job.name ?? component.name) !== null);
    for (const metric of metricsOf(all, settings.cloudwatchMetrics)) {
      await trySend(() => greengrass.publishLocal(METRICS_TOPIC, metric));
    }
  }

  async function publish(result: CompletedExamination, reports: readonly Report[]): Promise<void> {
    // Heartbeats come with the result of an earlier check, whose metrics are already published.
    const isNew = result !== measured;
    measured = result;
    await copyReports(result, reports);
    if (isNew) await publishMetrics(result);
  }

  return {
    checked: (result, reports) => void publish(result, reports),
    stop: () => undefined,
  };
}
