import { type FinalResults, Parser } from "tap-parser";
import { describe, expect, it } from "vitest";
import { exitCodeOf, renderReports } from "../../../src/report/formats.js";
import type { Report } from "../../../src/report/report.js";
import { hosts, NASTY, nastyReport, notCheckedReport, reportsOf, someHeartbeat, variedReport } from "./reports.js";

interface Point {
  readonly ok: boolean;
  readonly name: string;
  readonly skip?: string | boolean;
  readonly diag?: { readonly findings: readonly Record<string, unknown>[] };
}

function read(reports: readonly Report[]) {
  const text = renderReports(reports, "tap", { colour: true, width: 100 });
  const points: Point[] = [];
  const comments: string[] = [];
  const strays: string[] = [];
  let results: FinalResults | undefined;
  const parser = new Parser({ strict: true }, (final) => {
    results = final;
  });
  parser.on("extra", (line: string) => strays.push(line));
  parser.on("child", (child) => {
    child.on("assert", (point: Point) => points.push(point));
    child.on("comment", (line: string) => comments.push(line.trim()));
    child.on("extra", (line: string) => strays.push(line));
  });
  parser.end(text);
  return { text, points, comments, strays, results };
}

describe("TAP", () => {
  it("makes a subtest of each report and a point of each rule", () => {
    const { text, points, comments, strays, results } = read([variedReport(), someHeartbeat()]);
    expect(text.split("\n")[0]).toBe("TAP version 14");
    expect(points.map(({ ok, name, skip }) => `${ok ? "ok" : "not ok"} ${name}${skip ? ` SKIP ${skip}` : ""}`)).toEqual(
      [
        "ok job.consistent",
        "ok target.os",
        "ok target.arch",
        "not ok compiler.cuda-ver: could not be determined",
        "not ok compiler.trt-ver",
        "ok compiler.driver SKIP Waived until 2027-01-01: Known (Too old)",
        "ok component.version SKIP Seen 1 of 3 times: Other",
        "ok component.state SKIP Not told",
        "ok device.memory SKIP No memory",
      ],
    );
    expect({ comments, strays }).toEqual({
      comments: ["# Subtest: bolts/inspect-7 on line-4-camera-2", "# A conflict"],
      strays: [],
    });
    expect(results).toMatchObject({ ok: false, count: 2, pass: 1, fail: 1, skip: 1, plan: { start: 1, end: 2 } });
  });

  it("returns the findings as YAML", () => {
    const { points } = read([variedReport()]);
    expect(points.find(({ name }) => name === "compiler.trt-ver")?.diag?.findings).toMatchObject([
      {
        message: "The package needs TensorRT 7, this device has 8.2.1",
        outcome: "DRIFT",
        severity: "BLOCKING",
        path: "ModelPackagingConfiguration.Greengrass.CompilerOptions.trt-ver",
        expected: "7.1.3",
        actual: "8.2.1",
        fingerprint: "00c0ffee00c0ffee",
        evidence: [{ from: "/usr/lib/aarch64-linux-gnu/libnvinfer.so.8.2.1", value: "8.2.1" }],
        remedy: ["JetPack 4.5.1 (L4T 32.5.1) brings TensorRT 7.1.3"],
      },
      { message: "JetPack 4.6.2 is later" },
    ]);
  });

  it("is not ok exactly where the exit code is not 0", () => {
    for (const host of hosts()) {
      const reports = reportsOf(host);
      const { results } = read(reports);
      expect([host.name, results?.pass, results?.bailout]).toEqual([
        host.name,
        reports.filter((report) => exitCodeOf([report]) === 0).length,
        false,
      ]);
    }
    expect(read([notCheckedReport()]).results).toMatchObject({ ok: false, fail: 1 });
  });

  it("survives texts that look like directives and characters that YAML forbids", () => {
    const { points, strays, results } = read([nastyReport()]);
    expect(strays).toEqual([]);
    // A name that says "# SKIP" skips nothing.
    expect(results).toMatchObject({ ok: false, pass: 0, fail: 1, skip: 0 });
    const failed = points.find(({ ok }) => !ok);
    expect(failed?.diag?.findings[0]).toMatchObject({ message: NASTY });
    expect(points.map(({ name, ok }) => `${ok} ${name}`)).toEqual([
      "true target.os",
      "true target.arch",
      "false compiler.trt-ver",
      "true device.access",
    ]);
  });
});
