import { parse } from "junit2json";
import { describe, expect, it } from "vitest";
import { exitCodeOf, renderReports } from "../../../src/report/formats.js";
import type { Report } from "../../../src/report/report.js";
import { hosts, nastyReport, notCheckedReport, reportsOf, someHeartbeat, variedReport } from "./reports.js";

const STYLE = { colour: true, width: 100 };

async function read(reports: readonly Report[]) {
  const suites = await parse(renderReports(reports, "junit", STYLE));
  if (!suites || !("testsuite" in suites)) throw new Error("no test suites");
  return suites;
}

describe("JUnit", () => {
  it("makes a suite of each report and a case of each rule", async () => {
    const suites = await read([variedReport(), someHeartbeat()]);
    const cases = suites.testsuite?.map(({ testcase }) =>
      testcase?.map(({ name, failure, error, skipped, "system-out": out }) =>
        [
          name,
          failure?.[0] ? `failed: ${failure[0].type}: ${failure[0].message}` : "",
          error?.[0] ? `error: ${error[0].message}` : "",
          skipped?.[0] ? `skipped: ${skipped[0].message}` : "",
          ...(out ?? []),
        ]
          .filter(Boolean)
          .join(" "),
      ),
    );
    expect(cases).toEqual([
      [
        "job.consistent A conflict",
        "target.os",
        "target.arch",
        "compiler.cuda-ver error: No CUDA",
        "compiler.trt-ver failed: BLOCKING: The package needs TensorRT 7, this device has 8.2.1; JetPack 4.6.2 is later",
        "compiler.driver skipped: Waived until 2027-01-01: Known (Too old)",
        "component.version skipped: Seen 1 of 3 times: Other",
        "component.state skipped: Not told",
        "device.memory skipped: No memory",
      ],
      ["heartbeat skipped: No change since the last complete report: DRIFTED"],
    ]);
    const { tests, failures, errors } = suites;
    expect([{ tests, failures, errors }, suites.testsuite?.[0]?.name, suites.testsuite?.[0]?.skipped]).toEqual([
      { tests: 10, failures: 1, errors: 1 },
      "bolts/inspect-7 on line-4-camera-2",
      4,
    ]);
  });

  it("reports in a failure what was asked, found, seen and can be done", async () => {
    const [suite] = (await read([variedReport()])).testsuite ?? [];
    const failed = suite?.testcase?.find(({ name }) => name === "compiler.trt-ver")?.failure?.[0];
    expect(failed?.inner?.split("\n").slice(0, 6)).toEqual([
      "The package needs TensorRT 7, this device has 8.2.1",
      "path: ModelPackagingConfiguration.Greengrass.CompilerOptions.trt-ver",
      "expected: 7.1.3",
      "actual: 8.2.1",
      "evidence: /usr/lib/aarch64-linux-gnu/libnvinfer.so.8.2.1: 8.2.1",
      "fix: JetPack 4.5.1 (L4T 32.5.1) brings TensorRT 7.1.3",
    ]);
  });

  it("fails or errs exactly where the exit code is not 0", async () => {
    for (const host of hosts()) {
      for (const report of reportsOf(host)) {
        const { failures, errors } = await read([report]);
        const code = failures === 0 && errors === 0 ? 0 : failures === 0 ? 2 : 1;
        expect([report.id, host.name, code]).toEqual([report.id, host.name, exitCodeOf([report])]);
      }
    }
    expect(await read([notCheckedReport()])).toMatchObject({ failures: 0, errors: 2 });
  });

  it("survives texts that are not XML", async () => {
    const [suite] = (await read([nastyReport()])).testsuite ?? [];
    const inner = suite?.testcase?.find(({ name }) => name === "compiler.trt-ver")?.failure?.[0]?.inner;
    expect(inner?.slice(0, inner.indexOf("path: "))).toBe(
      "<b>&amp;\"'\\ # SKIP ]]> \ufffd\ufffd\ufffd[31m\n\r\tä€😀 \ufffd \u2028 \u202e \ufffd \ufffd \ufffd ok 7 - {}\n",
    );
  });
});
