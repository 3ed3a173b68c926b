import { describe, expect, it } from "vitest";
import type { Finding } from "../../src/drift/finding.js";
import { withoutConsequences } from "../../src/report/consequences.js";
import { someFinding } from "./builders.js";

const drift = (rule: Finding["rule"], more: Partial<Finding> = {}) =>
  someFinding({ rule, outcome: "DRIFT", severity: "BLOCKING", ...more });
const unknown = (rule: Finding["rule"]) => someFinding({ rule, outcome: "UNKNOWN" });
const shown = (...findings: Finding[]) =>
  withoutConsequences(findings).map(({ finding, consequences }) => [finding.rule, ...consequences]);

describe("withoutConsequences", () => {
  it("names with a missing GPU what needs one", () => {
    expect(shown(drift("target.accelerator"), drift("compiler.cuda-ver"), unknown("compiler.driver"))).toEqual([
      ["target.accelerator", "compiler.cuda-ver", "compiler.driver"],
    ]);
  });

  it("names everything with the wrong architecture, a missing GPU included", () => {
    expect(shown(drift("target.arch"), drift("target.accelerator"), drift("compiler.trt-ver"))).toEqual([
      ["target.arch", "target.accelerator", "compiler.trt-ver"],
    ]);
  });

  it("shows what does not follow", () => {
    expect(shown(drift("target.accelerator"), drift("component.version"), drift("device.memory"))).toEqual([
      ["target.accelerator"],
      ["component.version"],
      ["device.memory"],
    ]);
  });

  it("does not explain a drift by something unknown", () => {
    expect(shown(unknown("target.accelerator"), drift("compiler.cuda-ver"), unknown("compiler.driver"))).toEqual([
      ["target.accelerator", "compiler.driver"],
      ["compiler.cuda-ver"],
    ]);
  });

  it("treats neither a warning nor a waived finding as a cause", () => {
    const waived = { reason: "Known", expires: null };

    expect(shown(drift("target.device", { severity: "WARNING" }), drift("compiler.cuda-ver"))).toHaveLength(2);
    expect(shown(drift("target.device", { waived }), drift("compiler.cuda-ver"))).toHaveLength(2);
  });
});
