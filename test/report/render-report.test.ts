import { describe, expect, it } from "vitest";
import { renderReport } from "../../src/report/render-report.js";
import { someFinding, someReport } from "./builders.js";
import {
  hosts,
  nastyReport,
  notCheckedReport,
  nothingToCheckReport,
  reportsOf,
  someHeartbeat,
  variedReport,
} from "./formats/reports.js";

const STYLE = { colour: false, width: 100 };
const linesOf = (text: string) => text.split("\n");

describe("renderReport", () => {
  it("states the verdict first, then what keeps the model from running, what could not be determined, and notes", () => {
    expect(renderReport(variedReport(), STYLE)).toBe(`✗ DRIFTED: the model will not run here
fix        JetPack 4.5.1 (L4T 32.5.1) brings TensorRT 7.1.3
job        bolts/inspect-7, model version 1, packaged for jetson_xavier
device     line-4-camera-2: AGX Xavier · ARM64 · ubuntu 18.04 · NVIDIA Carmel · integrated (compute
           7.2) · JetPack 4.6.1 (L4T 32.7.1) · CUDA 10.2.300 · TensorRT 8.2.1
component  Inspect 1.0.0; deployed 1.0.0 (RUNNING)
checked    2026-11-23T18:00:00.000Z, report 1, by START

✗ BLOCKING compiler.trt-ver
    The package needs TensorRT 7, this device has 8.2.1
    expected   7.1.3
    actual     8.2.1 (/usr/lib/aarch64-linux-gnu/libnvinfer.so.8.2.1)
    fix        JetPack 4.5.1 (L4T 32.5.1) brings TensorRT 7.1.3

✗ BLOCKING component.version
    Other
    expected   7.1.3
    actual     8.2.1 (/usr/lib/aarch64-linux-gnu/libnvinfer.so.8.2.1)
    fix        JetPack 4.5.1 (L4T 32.5.1) brings TensorRT 7.1.3
    damped     seen, counts after 3 checks in a row, 1 so far

! WARNING compiler.trt-ver
    JetPack 4.6.2 is later
    expected   7.1.3
    actual     8.2.1 (/usr/lib/aarch64-linux-gnu/libnvinfer.so.8.2.1)

? UNKNOWN compiler.cuda-ver
    No CUDA
    expected   7.1.3
    fix        JetPack 4.5.1 (L4T 32.5.1) brings TensorRT 7.1.3

~ WAIVED compiler.driver
    Too old
    expected   7.1.3
    actual     8.2.1 (/usr/lib/aarch64-linux-gnu/libnvinfer.so.8.2.1)
    fix        JetPack 4.5.1 (L4T 32.5.1) brings TensorRT 7.1.3
    waived     Known (until 2027-01-01)

· job.consistent: A conflict
· device.memory: No memory

✓ 2 rules match: target.os, target.arch
– 1 rule does not apply: component.state
`);
  });

  it("names a path once where the value names it too", () => {
    const evidence = ["/lib/libcuda.so.1", "/proc/driver"].map((from) => ({ from, value: "550" }));
    const text = renderReport(
      someReport({ findings: [someFinding({ actual: "550 at /lib/libcuda.so.1", evidence })] }),
      STYLE,
    );

    expect(text).toContain("actual     550 at /lib/libcuda.so.1 (/proc/driver)\n");
  });

  it("names what follows from another finding next to it", () => {
    const text = renderReport(
      someReport({
        findings: [
          someFinding({ rule: "target.accelerator", outcome: "DRIFT", severity: "BLOCKING", because: "No GPU" }),
          someFinding({ rule: "compiler.gpu-code", outcome: "UNKNOWN", because: "No GPU to ask" }),
          someFinding({ rule: "component.version", outcome: "DRIFT", severity: "ERROR", because: "Another version" }),
        ],
      }),
      STYLE,
    );

    expect(text).toContain("also       compiler.gpu-code\n");
    expect(text).not.toContain("No GPU to ask");
    expect(text).toContain("Another version");
  });

  it("reports once what several rules say alike", () => {
    const text = renderReport(notCheckedReport(), STYLE);
    expect(linesOf(text)[0]).toBe("? NOT CHECKED: there is no description of the job to compare with");
    expect(text.match(/The service has been shut down$/gm)).toHaveLength(1);
  });

  it("says what a device without a job is, and names no job", () => {
    const [head = "", ...rest] = linesOf(renderReport(nothingToCheckReport(), STYLE));

    expect(head).toBe("? NOT CHECKED: there is no job to check");
    expect(rest.join("\n")).toMatch(/^device +line-4-camera-2: /);
    expect(rest.join("\n")).not.toMatch(/null|\?/);
  });

  it("stays within its width for every sample job on every sample machine, and whatever the texts hold", () => {
    const reports = [...hosts().flatMap((host) => reportsOf(host)), nastyReport(), someHeartbeat()];
    const long = someReport({ findings: [someFinding({ because: "x".repeat(500), actual: "é".repeat(300) })] });
    for (const width of [60, 100]) {
      const lines = [...reports, long].flatMap((report) => linesOf(renderReport(report, { colour: false, width })));
      expect(lines.filter((line) => [...line].length > width)).toEqual([]);
    }
  });

  it("names every rule: above, as a match, or as one that does not apply", () => {
    for (const host of hosts().slice(0, 6)) {
      for (const report of reportsOf(host)) {
        const text = renderReport(report, STYLE);
        const missing = report.findings.map(({ rule }) => rule as string).filter((rule) => !text.includes(rule));
        expect(missing).toEqual([]);
      }
    }
  });

  it("lets no text from outside move the cursor, colour a line or turn its direction", () => {
    expect(renderReport(nastyReport(), { colour: false, width: 100 })).not.toMatch(/[^\P{Cc}\n]|\u202e|\u2028/u);
  });

  it("uses colours when allowed, with the same words in the same places", () => {
    const plain = renderReport(variedReport(), STYLE);
    const coloured = renderReport(variedReport(), { ...STYLE, colour: true });
    expect(coloured).toContain("\u001b[31m✗ BLOCKING\u001b[0m");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours are what is taken out
    expect(coloured.replace(/\u001b\[\d+m/g, "")).toBe(plain);
  });
});
