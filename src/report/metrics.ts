import type { CompleteReport, Unnumbered } from "./report.js";

/** A message to the component aws.greengrass.Cloudwatch, on its topic `cloudwatch/metric/put`: one metric each. */
interface MetricRequest {
  readonly request: {
    readonly namespace: string;
    readonly metricData: {
      readonly metricName: string;
      readonly value: number;
      readonly unit: "Count";
      /** Unix seconds. */
      readonly timestamp: number;
      readonly dimensions: readonly { readonly name: string; readonly value: string }[];
    };
  };
}

/** Four metrics for each job of a check: `Drift`, `Blocking` and `Unknown` count findings, `WillNotRun` is 0 or 1. */
export function metricsOf(reports: readonly Unnumbered<CompleteReport>[], namespace: string): readonly MetricRequest[] {
  return reports.flatMap(({ job, component, counts, runnable, checkedAt }) => {
    const timestamp = Math.floor(Date.parse(checkedAt) / 1_000);
    const isModelAlone = job.project === null && component.name !== null;
    const value = isModelAlone ? component.name : `${job.project ?? ""}/${job.name ?? ""}`;
    const dimensions = [{ name: "job", value }];
    const values = {
      Drift: counts.drift,
      Blocking: counts.blocking,
      Unknown: counts.unknown,
      WillNotRun: runnable === "WILL_NOT_RUN" ? 1 : 0,
    };
    return Object.entries(values).map(([metricName, value]) => ({
      request: { namespace, metricData: { metricName, value, unit: "Count" as const, timestamp, dimensions } },
    }));
  });
}
