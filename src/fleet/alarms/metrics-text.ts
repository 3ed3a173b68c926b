/** One sample's labels and value. */
export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** A metric with its samples; without samples it is left out. */
export interface Metric {
  readonly name: string;
  readonly type: "gauge" | "counter";
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** Prometheus' text exposition format 0.0.4. */
export function renderMetrics(metrics: readonly Metric[]): string {
  const lines = metrics
    .filter(({ samples }) => samples.length > 0)
    .flatMap(({ name, type, help, samples }) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      ...samples.map(([labels, value]) => `${name}${labelsText(labels)} ${value}`),
    ]);
  return `${lines.join("\n")}\n`;
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const inner = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`);
  return inner.length === 0 ? "" : `{${inner.join(",")}}`;
}

const LONGEST_LABEL = 80;

/** Label values, including texts from devices: bounded, without control characters, well-formed. */
function escaped(text: string): string {
  const short = text.length > LONGEST_LABEL ? `${text.slice(0, LONGEST_LABEL - 1)}…` : text;
  return short
    .replace(/[\p{Cc}\p{Cs}\p{Cf}\p{Zl}\p{Zp}]/gu, "?")
    .replace(/\\/g, "\\\\")
    .replace(/"/g, '\\"');
}
