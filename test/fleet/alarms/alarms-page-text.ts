import { list } from "../../../scripts/reference/markdown.js";
import { fleetMetrics } from "../../../src/fleet/alarms/fleet-metrics.js";
import { cloudEventOf } from "../../../src/fleet/alarms/notice.js";
import { parseYamlDocument } from "../../../src/platform/yaml.js";
import { someAlarm } from "./some-alarm.js";
import { someMeasured } from "./some-measured.js";

/** The list of metrics in docs/reference/fleet-alarms.md. */
export function metricRows(): string {
  const points = fleetMetrics(someMeasured()).map(({ name, type, help, samples }) => {
    const labels = Object.keys(samples[0]?.[0] ?? {}).map((label) => `\`${label}\``);
    return `\`${name}\` (${[type, labels.join(" ")].filter((part) => part !== "").join(", ")}): ${help}`;
  });
  return list(points);
}

/** The rows of its table of alerts. */
export function alertRows(rules: string): string {
  const { groups } = parseYamlDocument(rules) as {
    readonly groups: readonly {
      readonly rules: readonly { readonly alert: string; readonly annotations: { readonly summary: string } }[];
    }[];
  };
  return groups
    .flatMap((group) => group.rules)
    .map(
      ({ alert, annotations }) =>
        `| \`${alert}\` | ${annotations.summary.replace(/\{\{ \$(?:value[^}]*|labels\.(\w+)) \}\}/g, (_, label) => (label === undefined ? "N" : `*${label}*`))} |`,
    )
    .join("\n");
}

/** Its example of a notice. */
export function exampleEvent(): string {
  return JSON.stringify(
    JSON.parse(cloudEventOf(someAlarm(), "raised", "2026-11-29T12:00:00.000Z", "/packdrift/fleet")),
    null,
    2,
  );
}
