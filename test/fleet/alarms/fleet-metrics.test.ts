import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { fleetMetrics, type Measured } from "../../../src/fleet/alarms/fleet-metrics.js";
import { renderMetrics } from "../../../src/fleet/alarms/metrics-text.js";
import { REFUSAL_REASONS } from "../../../src/fleet/arrival.js";
import { lacks } from "../../needed.js";
import { someCause, someMeasured } from "./some-measured.js";

const render = (more: Partial<Measured> = {}) => renderMetrics(fleetMetrics(someMeasured(more)));
const samplesOf = (text: string) => text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
const HOSTILE = 'a"b\\c\nd\u0000\u202e\ud800{x="1"} 5\n# HELP x';

describe("the fleet's metrics", () => {
  it("count states, causes, delivery and alarms", () => {
    expect(samplesOf(render())).toEqual([
      'packdrift_fleet_build_info{version="1.2.3"} 1',
      "packdrift_fleet_devices 100",
      'packdrift_fleet_devices_by_drift{drift="IN_SYNC"} 80',
      'packdrift_fleet_devices_by_drift{drift="DRIFTED"} 12',
      'packdrift_fleet_devices_by_drift{drift="UNKNOWN"} 5',
      'packdrift_fleet_devices_by_drift{drift="NOT_CHECKED"} 3',
      'packdrift_fleet_devices_by_runnable{runnable="RUNNABLE"} 70',
      'packdrift_fleet_devices_by_runnable{runnable="RUNNABLE_UNTESTED"} 13',
      'packdrift_fleet_devices_by_runnable{runnable="WILL_NOT_RUN"} 12',
      'packdrift_fleet_devices_by_runnable{runnable="CANNOT_TELL"} 5',
      'packdrift_fleet_devices_by_freshness{freshness="fresh"} 90',
      'packdrift_fleet_devices_by_freshness{freshness="late"} 4',
      'packdrift_fleet_devices_by_freshness{freshness="silent"} 5',
      'packdrift_fleet_devices_by_freshness{freshness="never"} 1',
      'packdrift_fleet_cause_devices{cause="c1",rule="compiler.trt-ver",severity="BLOCKING",expected="8.2.1",actual="8.5.2"} 12',
      "packdrift_fleet_reports_total 812344",
      "packdrift_fleet_heartbeats_total 400000",
      "packdrift_fleet_duplicates_total 12",
      "packdrift_fleet_conflicts_total 1",
      "packdrift_fleet_named_lost_total 7",
      "packdrift_fleet_given_up_total 2",
      "packdrift_fleet_missing_reports 3",
      ...REFUSAL_REASONS.map(
        (reason) => `packdrift_fleet_refused_total{reason="${reason}"} ${reason === "signature" ? 2 : 0}`,
      ),
      "packdrift_fleet_receiver_connected 1",
      "packdrift_fleet_receiver_queued 4",
      "packdrift_fleet_receiver_lag_seconds 0.25",
      "packdrift_fleet_receiver_stuck 0",
      "packdrift_fleet_receiver_deferred_total 0",
      'packdrift_fleet_duty{duty="devices"} 0',
      'packdrift_fleet_duty{duty="alarms"} 1',
      'packdrift_fleet_duty{duty="retention"} 0',
      'packdrift_fleet_alarms{kind="CAUSE",severity="BLOCKING",status="ACTIVE"} 1',
      'packdrift_fleet_alarms{kind="SILENCE",severity="WARNING",status="ACKNOWLEDGED"} 1',
      "packdrift_fleet_silences 1",
      "packdrift_fleet_alarms_evaluated_timestamp_seconds 1795953595",
      'packdrift_fleet_notices_queued{webhook="ops"} 2',
      'packdrift_fleet_notices_oldest_seconds{webhook="ops"} 60',
      'packdrift_fleet_notices_total{webhook="ops",result="delivered"} 5',
      'packdrift_fleet_notices_total{webhook="ops",result="failed"} 3',
      'packdrift_fleet_notices_total{webhook="ops",result="given_up"} 1',
    ]);
  });

  it("have a series for at most twenty causes", () => {
    const causes = Array.from({ length: 500 }, (_, at) => someCause({ cause: `c${at}` }));

    expect(
      samplesOf(render({ causes })).filter((line) => line.startsWith("packdrift_fleet_cause_devices")),
    ).toHaveLength(20);
  });

  it("keep what devices say inside its label", () => {
    const text = render({ causes: [someCause({ expected: HOSTILE, actual: "é".repeat(5_000) })] });

    const [line] = samplesOf(text).filter((one) => one.startsWith("packdrift_fleet_cause_devices"));
    expect(line).toBe(
      `packdrift_fleet_cause_devices{cause="c1",rule="compiler.trt-ver",severity="BLOCKING",expected="a\\"b\\\\c?d???{x=\\"1\\"} 5?# HELP x",actual="${"é".repeat(79)}…"} 12`,
    );
  });

  it.skipIf(lacks("promtool")).each<[string, Partial<Measured>]>([
    ["an ordinary fleet", {}],
    ["hostile texts", { causes: [someCause({ expected: HOSTILE, actual: HOSTILE, cause: HOSTILE })] }],
    ["nothing at all", { causes: [], queues: [], sent: new Map(), evaluatedAtMs: null }],
  ])("of %s are accepted by promtool", (_, more) => {
    const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], {
      input: render(more),
      encoding: "utf8",
    });

    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
  });
});
