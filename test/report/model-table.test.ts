import { describe, expect, it } from "vitest";
import { lengthOf } from "../../src/base/text-width.js";
import { PATHS } from "../../src/job/requirements.js";
import { modelTable } from "../../src/report/model-table.js";
import type { CompleteReport, ReportedModel } from "../../src/report/report.js";
import { someFinding, someReport } from "./builders.js";

const MODEL: ReportedModel = {
  component: "Inspect",
  version: "1.0.0",
  arch: "ARM64",
  accelerator: "NVIDIA",
  tensorrt: "7.1.3, 7",
  cuda: "10.2",
  codes: "sm_72, sm_53 PTX",
  ptxIsa: "6.5",
  glibc: "2.27",
  unread: 0,
  loaded: null,
};

function table(over: Partial<CompleteReport>, width = 80): readonly string[] {
  return modelTable(someReport({ model: MODEL, ...over }), width);
}

describe("modelTable", () => {
  it("is empty without a model", () => {
    expect(modelTable(someReport(), 80)).toEqual([]);
  });

  it("holds described, deployed, built and device side by side, and marks what a finding says differs", () => {
    // Without options the target device stands for them.
    const finding = someFinding({ path: PATHS.device });

    expect(table({ findings: [finding] })).toEqual([
      "                described       deployed         built             this device",
      "  version       1.0.0           1.0.0 (RUNNING)  1.0.0             –",
      "  architecture  ARM64           –                ARM64             ARM64",
      "  accelerator   NVIDIA          –                NVIDIA            integrated",
      "  GPU code      sm_72           –                sm_72, sm_53 PTX  sm_72",
      "  CUDA          10.2            –                10.2              10.2.300",
      "≠ TensorRT      7.1.3 or 8.2.1  –                7.1.3, 7          8.2.1",
      "",
    ]);
  });

  it("has a column for what the Edge Agent has loaded where it answered", () => {
    const [head, , row] = table({ model: { ...MODEL, loaded: "bolts/2 RUNNING" } }, 100);

    expect(head).toContain("loaded");
    expect(row).toContain("bolts/2 RUNNING");
  });

  it("shows what the options of a job for a platform say", () => {
    const job = {
      ...someReport().job,
      target: "LINUX X86_64 NVIDIA",
      compilerOptions: '{"gpu-code": "sm_75", "trt-ver": "7.1.3", "cuda-ver": "10.2"}',
    };

    expect(table({ job }).find((line) => line.includes("architecture"))).toMatch(/ X86_64 +– +ARM64/);
    expect(table({ job }).find((line) => line.includes("GPU code"))).toMatch(/ sm_75 +– +sm_72, sm_53 PTX/);
  });

  it("leaves out the description's column without a description", () => {
    const job = { ...someReport().job, project: null, name: null, modelVersion: null, target: null };
    const component = { ...someReport().component, expectedVersion: null };
    const [head] = table({ job, component });

    expect(head).not.toContain("described");
  });

  it("says how many files could not be read", () => {
    expect(table({ model: { ...MODEL, unread: 2 } })).toContain(
      "  2 of the model's files or folders could not be read whole",
    );
  });

  it.each([60, 80, 100, 200])("keeps within %d columns, whatever the values are", (width) => {
    const long = "a-rather-long-value ".repeat(20);
    const model = { ...MODEL, version: "1".repeat(200), codes: long, cuda: long, tensorrt: long, loaded: long };
    const lines = table({ model }, width);

    expect(Math.max(...lines.map(lengthOf))).toBeLessThanOrEqual(width);
    expect(lines.join("\n")).toContain("a-rather");
  });
});
