import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DEFAULT_ALARM_SETTINGS, parseAlarmSettings } from "../../../src/fleet/alarms/alarm-settings.js";
import { fleetMetrics } from "../../../src/fleet/alarms/fleet-metrics.js";
import { lacks } from "../../needed.js";
import { someMeasured } from "./some-measured.js";

const EXAMPLES = join(import.meta.dirname, "../../../examples/fleet");
const read = (name: string) => readFileSync(join(EXAMPLES, name), "utf8");
const METRICS = fleetMetrics(someMeasured());
const NAMES = METRICS.map(({ name }) => name);
/** Metrics that Prometheus makes by itself. */
const PROMETHEUS_OWN = ["up"];

function promtool(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync("promtool", args, { encoding: "utf8" });
  return { status, text: `${stdout}${stderr}` };
}

/** Labels that queries select or keep, by metric. */
function unknownLabels(expression: string): readonly string[] {
  return [...expression.matchAll(/(packdrift_\w+)\{([^}]*)\}/g)].flatMap(([, name, selector = ""]) => {
    const metric = METRICS.find((one) => one.name === name);
    const labels = ["job", ...Object.keys(metric?.samples[0]?.[0] ?? {})];
    const selected = [...selector.matchAll(/(\w+)\s*[=!]~?"/g)].map((match) => match[1] ?? "");
    return selected.filter((label) => !labels.includes(label)).map((label) => `${name}{${label}}`);
  });
}

describe("examples/fleet/alarms.yaml", () => {
  it("is accepted by packdrift fleet, and states each default", () => {
    const settings = parseAlarmSettings(read("alarms.yaml"));

    expect(settings.webhooks.map(({ name }) => name)).toEqual(["on-call", "archive"]);
    expect({
      ...settings,
      webhooks: [],
      silent: { ...settings.silent, group: null, afterHours: null },
    }).toEqual(DEFAULT_ALARM_SETTINGS);
    expect(settings.silent).toMatchObject({ group: /^([a-z]+)-/u, afterHours: 72 });
  });
});

describe("examples/fleet/alert-rules.yaml", () => {
  it.skipIf(lacks("promtool"))("is good for Prometheus, and raises what it should", () => {
    expect(promtool("check", "rules", join(EXAMPLES, "alert-rules.yaml"))).toMatchObject({ status: 0 });
    const tested = promtool("test", "rules", join(import.meta.dirname, "alert-rules.test.yaml"));
    expect(tested).toEqual({ status: 0, text: expect.stringContaining("SUCCESS") });
  });

  it("names only existing metrics and labels, and every alert is tested", () => {
    const rules = read("alert-rules.yaml");
    const tests = readFileSync(join(import.meta.dirname, "alert-rules.test.yaml"), "utf8");
    const alerts = [...rules.matchAll(/alert: (\w+)/g)].map((match) => match[1] ?? "");

    expect(alerts).toHaveLength(14);
    expect(alerts.filter((alert) => !tests.includes(alert))).toEqual([]);
    expect([...new Set(rules.match(/packdrift_fleet_\w+/g))].filter((name) => !NAMES.includes(name))).toEqual([]);
    expect(unknownLabels(rules)).toEqual([]);
  });
});

describe("examples/fleet/prometheus.yaml", () => {
  it.skipIf(lacks("promtool"))("is a configuration of Prometheus", () => {
    expect(promtool("check", "config", "--syntax-only", join(EXAMPLES, "prometheus.yaml"))).toMatchObject({
      status: 0,
    });
  });
});

describe("examples/fleet/grafana-dashboard.json", () => {
  interface Panel {
    readonly id: number;
    readonly title: string;
    readonly type: string;
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets?: readonly { readonly refId: string; readonly expr: string }[];
  }
  const { panels } = JSON.parse(read("grafana-dashboard.json")) as { readonly panels: readonly Panel[] };
  const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

  it("uses only existing metrics and labels, and nearly all of them", () => {
    const asked = [...new Set(expressions.join("\n").match(/\b(?:packdrift_\w+|up)\b/g))];

    expect(asked.filter((name) => ![...NAMES, ...PROMETHEUS_OWN].includes(name))).toEqual([]);
    expect(expressions.flatMap(unknownLabels)).toEqual([]);
    expect(NAMES.filter((name) => !asked.includes(name))).toEqual([
      "packdrift_fleet_build_info",
      "packdrift_fleet_duty",
      "packdrift_fleet_notices_oldest_seconds",
    ]);
  });

  it.skipIf(lacks("promtool"))("asks in PromQL that Prometheus can read", () => {
    const rules = expressions.map((expr, at) => ({
      record: `panel:query:${at}`,
      expr: expr.replaceAll("$__rate_interval", "5m").replaceAll("$job", ".*"),
    }));
    const file = join(mkdtempSync(join(tmpdir(), "packdrift-dashboard-")), "rules.json");
    writeFileSync(file, JSON.stringify({ groups: [{ name: "dashboard", rules }] }));

    expect(promtool("check", "rules", file)).toEqual({ status: 0, text: expect.stringContaining("SUCCESS") });
  });

  it("lays its panels beside each other, each with a title and an id of its own", () => {
    const overlaps = panels.flatMap((one, at) =>
      panels
        .slice(at + 1)
        .filter(({ gridPos: b }) => {
          const a = one.gridPos;
          return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
        })
        .map((other) => `${one.title} / ${other.title}`),
    );

    expect(overlaps).toEqual([]);
    expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(panels.filter(({ title }) => title === "")).toEqual([]);
  });
});
