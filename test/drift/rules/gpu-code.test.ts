import { describe, expect, it } from "vitest";
import type { Gpu } from "../../../src/device/facts.js";
import {
  answers,
  armJob,
  findingsOf,
  gpuOptions,
  is,
  NONE,
  someFacts,
  someGpu,
  someJob,
  someTegraGpu,
  someXavier,
  UNREADABLE,
  xavierJob,
} from "../builders.js";
import { code, someModel } from "../model-builders.js";

const on = (code: string, ...gpus: Gpu[]) =>
  answers("compiler.gpu-code", {
    job: someJob({ compilerOptions: gpuOptions({ gpuCode: code }) }),
    facts: someFacts({ gpus: is(gpus) }),
  })[0];
const card = (computeCapability: string | null) => someGpu({ computeCapability });
const tegra = (computeCapability: string | null) => someTegraGpu({ computeCapability });

describe("compiler.gpu-code", () => {
  it.each([
    ["MATCH INFO", "sm_75", "7.5"],
    ["DRIFT BLOCKING", "sm_75", "7.0"],
    ["MATCH INFO", "sm_70", "7.5"],
    ["DRIFT BLOCKING", "sm_75", "8.0"],
    ["MATCH INFO", "sm_80", "8.6"],
    ["MATCH INFO", "sm_80", "8.9"],
    ["DRIFT BLOCKING", "sm_86", "8.0"],
    ["DRIFT BLOCKING", "sm_80", "9.0"],
    ["MATCH INFO", "sm_120", "12.1"],
    ["DRIFT BLOCKING", "sm_12", "12.0"],
    ["MATCH INFO", "sm_90a", "9.0"],
    ["DRIFT BLOCKING", "sm_100a", "10.3"],
    ["MATCH INFO", "sm_100f", "10.3"],
    ["DRIFT BLOCKING", "sm_72", "7.5"],
  ])("answers %s for %s code on a card of %s", (answer, code, capability) => {
    expect(on(code, card(capability))).toBe(answer);
  });

  it.each([
    ["MATCH INFO", "sm_53", "5.3"],
    ["MATCH INFO", "sm_62", "6.2"],
    ["MATCH INFO", "sm_72", "7.2"],
    ["MATCH INFO", "sm_87", "8.7"],
    ["MATCH INFO", "sm_110", "11.0"],
    ["MATCH INFO", "sm_101", "11.0"],
    ["MATCH INFO", "sm_110", "10.1"],
    ["DRIFT BLOCKING", "sm_70", "7.2"],
    ["DRIFT BLOCKING", "sm_75", "7.2"],
    ["DRIFT BLOCKING", "sm_80", "8.7"],
    ["DRIFT BLOCKING", "sm_86", "8.7"],
    ["DRIFT BLOCKING", "sm_50", "5.3"],
    ["DRIFT BLOCKING", "sm_72", "8.7"],
    ["DRIFT BLOCKING", "sm_100", "11.0"],
  ])("answers %s for %s code on a Jetson of %s", (answer, code, capability) => {
    expect(on(code, tegra(capability))).toBe(answer);
  });

  it.each(["sm_8", "sm80", "compute_80", "SM_80", "sm_", "80", "sm_800x", "sm_ 80"])(
    "cannot tell what %j is",
    (code) => {
      expect(on(code, card("8.0"))).toBe("UNKNOWN WARNING");
    },
  );

  it("is content with one usable GPU that fits, whatever the others are", () => {
    expect(on("sm_75", card("6.1"), card("7.5"))).toBe("MATCH INFO");
    expect(on("sm_75", card(null), card("7.5"))).toBe("MATCH INFO");
    expect(on("sm_75", card("6.1"), card("8.6"))).toBe("DRIFT BLOCKING");
  });

  it("is UNKNOWN when no table knows a usable GPU and no other fits", () => {
    expect(on("sm_75", card(null))).toBe("UNKNOWN WARNING");
    expect(on("sm_75", card("6.1"), card(null))).toBe("UNKNOWN WARNING");
    expect(on("sm_72", tegra(null))).toBe("UNKNOWN WARNING");
  });

  it("is certain that an unknown card runs no Jetson code", () => {
    expect(on("sm_72", card(null))).toBe("DRIFT BLOCKING");
  });

  it("does not count a GPU that cannot be used", () => {
    const idle = someGpu({ usable: false, boundTo: "nouveau" });
    const facts = someFacts({ gpus: is([idle, card("6.1")]) });
    expect(findingsOf("compiler.gpu-code", { facts })[0]).toMatchObject({
      outcome: "DRIFT",
      severity: "BLOCKING",
      because: "The Tesla T4 would run sm_75 code, but it is held by the driver nouveau and cannot be used",
    });
  });

  it("does not count an unusable GPU that no table knows either", () => {
    expect(on("sm_75", someGpu({ usable: false, computeCapability: null }))).toBe("DRIFT BLOCKING");
  });

  it("blocks where there is no GPU, and is UNKNOWN where they could not be read", () => {
    expect(on("sm_75")).toBe("DRIFT BLOCKING");
    expect(answers("compiler.gpu-code", { facts: someFacts({ gpus: NONE }) })).toEqual(["DRIFT BLOCKING"]);
    expect(answers("compiler.gpu-code", { facts: someFacts({ gpus: UNREADABLE }) })).toEqual(["UNKNOWN WARNING"]);
  });

  it("cannot tell when a job does not say what it needs", () => {
    const job = someJob({ compilerOptions: gpuOptions({ gpuCode: null }) });
    expect(answers("compiler.gpu-code", { job })).toEqual(["UNKNOWN WARNING"]);
  });

  it("implies sm_72 for jetson_xavier", () => {
    expect(findingsOf("compiler.gpu-code", { job: xavierJob(), facts: someXavier() })[0]).toMatchObject({
      path: "ModelPackagingConfiguration.Greengrass.TargetDevice",
      expected: "sm_72",
      actual: "sm_72",
      outcome: "MATCH",
    });
  });

  it("notes that AWS tested sm_80 code on an A10G", () => {
    const facts = someFacts({ gpus: is([someGpu({ name: "A10G", computeCapability: "8.6" })]) });
    const job = someJob({ compilerOptions: gpuOptions({ gpuCode: "sm_80" }) });
    expect(findingsOf("compiler.gpu-code", { job, facts })).toEqual([
      {
        rule: "compiler.gpu-code",
        path: "ModelPackagingConfiguration.Greengrass.CompilerOptions.gpu-code",
        expected: "sm_80",
        actual: "sm_86",
        outcome: "MATCH",
        severity: "INFO",
        because:
          "sm_80 code runs on the A10G, whose compute capability 8.6 has the same major, and AWS tested exactly this on an A10G",
        evidence: [
          { from: "/place", value: "A10G (8.6)" },
          { from: "rule", value: "CUDA C++ programming guide, binary compatibility" },
        ],
        remedy: [],
        fingerprint: expect.any(String),
      },
    ]);
  });

  it.each([
    ["sm_61, sm_86", [card("6.1"), card("8.6")], "needs compute capability 7.5 or a later one of the same major"],
    ["sm_61, sm_72", [card("6.1"), tegra("7.2")], "needs compute capability 7.5 or a later one of the same major"],
    ["sm_72", [tegra("7.2")], "which is for cards and runs on no Jetson, but this machine has Jetson GPU GV11B (7.2)"],
    ["sm_61", [someGpu({ usable: false, computeCapability: "6.1" })], "but this machine has Tesla T4 (6.1)"],
    ["none", [], "The model holds sm_75 code, but this machine has no NVIDIA GPU"],
  ])("shows %s and says why none of these runs sm_75 code", (actual, gpus, because) => {
    const [finding] = findingsOf("compiler.gpu-code", { facts: someFacts({ gpus: is(gpus) }) });
    expect(finding).toMatchObject({ outcome: "DRIFT", actual, because: expect.stringContaining(because) });
  });

  it("says that Jetson code runs on its Jetson alone", () => {
    const facts = someXavier({ gpus: is([tegra("8.7")]) });
    expect(findingsOf("compiler.gpu-code", { job: armJob(), facts })[0]?.because).toBe(
      "The model holds sm_72 code, which runs only on that Jetson GPU, but this machine has Jetson GPU GV11B (8.7)",
    );
  });

  it("says whether a GPU runs its own code or that of an earlier one, and claims no test that AWS did not make", () => {
    const because = (gpuCode: string, capability: string) =>
      findingsOf("compiler.gpu-code", {
        job: someJob({ compilerOptions: gpuOptions({ gpuCode }) }),
        facts: someFacts({ gpus: is([card(capability)]) }),
      })[0]?.because;
    expect(because("sm_75", "7.5")).toBe("The Tesla T4 runs sm_75 code");
    expect(because("sm_80", "8.9")).toMatch(/capability 8\.9 has the same major$/);
    expect(because("sm_70", "7.5")).toMatch(/capability 7\.5 has the same major$/);
  });

  it("shows in the evidence that there is no GPU, or why GPUs could not be read", () => {
    const [without] = findingsOf("compiler.gpu-code", { facts: someFacts({ gpus: NONE }) });
    expect(without?.evidence[0]).toEqual({ from: "/place", value: "none" });
    const [unread] = findingsOf("compiler.gpu-code", { facts: someFacts({ gpus: UNREADABLE }) });
    expect(unread).toMatchObject({
      actual: null,
      because: "This machine's GPUs could not be read: permission denied",
    });
  });

  it("names the GPU that may not have a driver", () => {
    const facts = (...gpus: readonly Gpu[]) => someFacts({ accelerator: UNREADABLE, gpus: is(gpus) });
    const idle = someGpu({ usable: false, name: "T4 in slot 2" });
    const older = someGpu({ usable: false, computeCapability: "6.1" });
    expect(findingsOf("compiler.gpu-code", { facts: facts(card("6.1"), older, idle) })[0]).toMatchObject({
      outcome: "UNKNOWN",
      because: "The T4 in slot 2 would run sm_75 code, but whether it is driven is not known: permission denied",
    });
    expect(findingsOf("compiler.gpu-code", { facts: facts(card("6.1"), older) })[0]).toMatchObject({
      outcome: "DRIFT",
      severity: "BLOCKING",
    });
  });

  it("says why a Jetson's idle GPU cannot be used: the mode for cards, or no driver", () => {
    const because = (...gpus: readonly Gpu[]) =>
      findingsOf("compiler.gpu-code", { job: armJob(), facts: someXavier({ gpus: is(gpus) }) })[0]?.because;
    const idle = someTegraGpu({ usable: false });
    const rtx = someGpu({ name: "RTX A6000", computeCapability: "8.6" });
    expect(because(idle, rtx)).toBe(
      "The Jetson GPU GV11B would run sm_72 code, but this machine is in the mode for cards, where only RTX A6000 (8.6) runs CUDA",
    );
    for (const gpus of [[idle], [idle, { ...rtx, usable: false }], [idle, tegra("8.7")]]) {
      expect(because(...gpus)).toBe(
        "The Jetson GPU GV11B would run sm_72 code, but it is not driven and cannot be used",
      );
    }
  });

  it("claims AWS's test on an A10G for sm_80 code alone", () => {
    const job = someJob({ compilerOptions: gpuOptions({ gpuCode: "sm_82" }) });
    const facts = someFacts({ gpus: is([card("8.6")]) });
    expect(findingsOf("compiler.gpu-code", { job, facts })[0]?.because).toMatch(/has the same major$/);
  });

  it("says that code for cards runs on no Jetson", () => {
    const [finding] = findingsOf("compiler.gpu-code", { job: armJob({ gpuCode: "sm_75" }), facts: someXavier() });
    expect(finding?.because).toContain("which is for cards and runs on no Jetson");
  });
});

describe("compiler.gpu-code, of a model whose files alone are known", () => {
  const found = (changes: Parameters<typeof someModel>[0], facts = someFacts()) =>
    findingsOf("compiler.gpu-code", { job: null, model: someModel(changes), facts })[0];

  it("is UNKNOWN where one of several codes might run on a GPU that no table knows", () => {
    const facts = someFacts({ gpus: is([card(null)]) });
    expect(found({ codes: [code("sm_72"), code("sm_75")] }, facts)).toMatchObject({
      outcome: "UNKNOWN",
      because: "The model holds sm_72, sm_75 code, but no table has this machine's GPU",
    });
  });

  it("does not apply where TensorRT alone runs, unless a file could not be read", () => {
    expect(found({ codes: [] })).toMatchObject({ outcome: "NOT_APPLICABLE" });
    expect(found({ codes: [], unread: [{ path: "/a", why: "EACCES" }] })).toMatchObject({ outcome: "UNKNOWN" });
    expect(found({ codes: [], tensorrt: [] })).toMatchObject({ outcome: "UNKNOWN" });
  });

  it.each([
    ["sm_80 PTX code, which needs compute capability 8.0 or later", [code("sm_80", "PTX")]],
    ["sm_90a PTX code, which needs compute capability 9.0", [code("sm_90a", "PTX")]],
    ["sm_80, sm_86 PTX code, which is for other GPUs", [code("sm_80"), code("sm_86", "PTX")]],
  ])("says that the model holds %s", (text, codes) => {
    expect(found({ codes })?.because).toBe(`The model holds ${text}, but this machine has Tesla T4 (7.5)`);
  });
});
