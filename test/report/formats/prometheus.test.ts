import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { renderReports } from "../../../src/report/formats.js";
import type { Report } from "../../../src/report/report.js";
import { lacks } from "../../needed.js";
import { hosts, nastyReport, notCheckedReport, reportsOf, someHeartbeat, variedReport } from "./reports.js";

const render = (reports: readonly Report[]) => renderReports(reports, "prometheus", { colour: true, width: 100 });

describe("Prometheus", () => {
  it("writes a gauge for each question, one sample per state", () => {
    expect(
      render([variedReport()]),
    ).toBe(`# HELP packdrift_drift Whether the device matches the job: 1 for the current state.
# TYPE packdrift_drift gauge
packdrift_drift{thing="line-4-camera-2",project="bolts",job="inspect-7",state="IN_SYNC"} 0
packdrift_drift{thing="line-4-camera-2",project="bolts",job="inspect-7",state="DRIFTED"} 1
packdrift_drift{thing="line-4-camera-2",project="bolts",job="inspect-7",state="UNKNOWN"} 0
packdrift_drift{thing="line-4-camera-2",project="bolts",job="inspect-7",state="NOT_CHECKED"} 0
# HELP packdrift_runnable Whether the packaged model will run: 1 for the answer that holds.
# TYPE packdrift_runnable gauge
packdrift_runnable{thing="line-4-camera-2",project="bolts",job="inspect-7",state="RUNNABLE"} 0
packdrift_runnable{thing="line-4-camera-2",project="bolts",job="inspect-7",state="RUNNABLE_UNTESTED"} 0
packdrift_runnable{thing="line-4-camera-2",project="bolts",job="inspect-7",state="WILL_NOT_RUN"} 1
packdrift_runnable{thing="line-4-camera-2",project="bolts",job="inspect-7",state="CANNOT_TELL"} 0
# HELP packdrift_findings Drift findings by severity, without those that are waived or not yet raised.
# TYPE packdrift_findings gauge
packdrift_findings{thing="line-4-camera-2",project="bolts",job="inspect-7",severity="BLOCKING"} 1
packdrift_findings{thing="line-4-camera-2",project="bolts",job="inspect-7",severity="ERROR"} 0
packdrift_findings{thing="line-4-camera-2",project="bolts",job="inspect-7",severity="WARNING"} 0
packdrift_findings{thing="line-4-camera-2",project="bolts",job="inspect-7",severity="INFO"} 0
# HELP packdrift_findings_unknown Properties that could not be determined.
# TYPE packdrift_findings_unknown gauge
packdrift_findings_unknown{thing="line-4-camera-2",project="bolts",job="inspect-7"} 0
# HELP packdrift_findings_waived Findings that a waiver covers.
# TYPE packdrift_findings_waived gauge
packdrift_findings_waived{thing="line-4-camera-2",project="bolts",job="inspect-7"} 0
# HELP packdrift_checked_timestamp_seconds When the check was made, in Unix time.
# TYPE packdrift_checked_timestamp_seconds gauge
packdrift_checked_timestamp_seconds{thing="line-4-camera-2",project="bolts",job="inspect-7"} 1795456800
`);
  });

  it("reports each job once, by its newest report", () => {
    const newer = { ...variedReport(), drift: "IN_SYNC" as const, runnable: "RUNNABLE" as const };
    const samples = render([variedReport(), newer])
      .split("\n")
      .filter((line) => line.startsWith("packdrift_drift{"));
    expect(samples.filter((line) => line.endsWith(" 1"))).toEqual([
      'packdrift_drift{thing="line-4-camera-2",project="bolts",job="inspect-7",state="IN_SYNC"} 1',
    ]);
    expect(samples).toHaveLength(4);
  });

  it.skipIf(lacks("promtool"))("is accepted by promtool", () => {
    const reports = [...hosts().flatMap((host) => reportsOf(host)), nastyReport(), notCheckedReport(), someHeartbeat()];
    const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], {
      input: render(reports),
      encoding: "utf8",
    });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
  });
});
