import { describe, expect, it } from "vitest";
import { compare } from "../../src/drift/compare.js";
import { RULE_IDS, type Severity } from "../../src/drift/finding.js";
import type { CompareInput } from "../../src/drift/make-finding.js";
import { RULE_TABLE } from "../../src/drift/rule-table.js";
import {
  armJob,
  cpuJob,
  gpuOptions,
  is,
  library,
  NONE,
  someCpu,
  someDeployed,
  someFacts,
  someGpu,
  someInput,
  someJob,
  someOptions,
  someXavier,
  xavierJob,
} from "./builders.js";
import { answersFor, code, RUNTIME, runtimeLoads, someModel, states } from "./model-builders.js";

/** A model whose bundled runtime alone names libraries. */
const RUNTIME_ALONE = someModel({
  cuda: [states("9.0", "NEEDED", { path: RUNTIME })],
  tensorrt: [states("9", "NEEDED", { path: RUNTIME })],
  loads: [runtimeLoads("libnvinfer.so.9")],
});

/** Inputs that between them reach every difference that a rule knows. */
const CASES: readonly Partial<CompareInput>[] = [
  {},
  { job: someJob({ status: "FAILED" }) },
  {
    job: someJob({
      status: "RUNNING",
      targetDevice: "jetson_xavier",
      problems: [{ path: "p", found: "1", needed: "2" }],
    }),
  },
  {
    facts: someFacts({
      os: is("DARWIN"),
      accelerator: NONE,
      gpus: is([someGpu({ usable: false, boundTo: "nouveau" })]),
      driver: NONE,
      cuda: NONE,
      tensorrt: NONE,
    }),
  },
  {
    facts: someFacts({
      memory: is({ totalBytes: 1e9, availableBytes: null }),
      access: is([{ path: "/dev/nvidia0", allowed: false, why: null }]),
    }),
  },
  {
    facts: someFacts({
      access: is([{ path: "/dev/nvidia-uvm", allowed: false, why: "not in this container" }]),
      libcuda: NONE,
      glibc: NONE,
    }),
  },
  { facts: someFacts({ glibc: is("2.17") }) },
  { job: xavierJob() },
  { job: xavierJob(), facts: someXavier({ tensorrt: library("8.0.1") }, { product: "Xavier NX" }) },
  { job: armJob({ cudaVer: "11.2", trtVer: null }), facts: someXavier({ cuda: library("11.4") }) },
  {
    job: cpuJob(someOptions({ mcpu: "core-avx2", mattr: ["+avx2"] })),
    facts: someFacts({ cpu: is(someCpu({ features: [] })) }),
  },
  { deployed: someDeployed({ present: NONE }) },
  { deployed: someDeployed({ version: is("2.0.0"), state: is("BROKEN") }) },
  { deployed: someDeployed({ state: is("STOPPING") }) },
  { job: someJob({ compilerOptions: gpuOptions({ gpuCode: "sm_80" }) }) },
  { model: someModel(), loadable: answersFor(someModel(), "libc.so.6") },
  {
    job: null,
    model: RUNTIME_ALONE,
    loadable: answersFor(RUNTIME_ALONE, "libnvinfer.so.9"),
    facts: someFacts({ driver: is("300.1") }),
  },
  {
    model: someModel({ cuda: [states("11.2")] }),
    job: someJob({ compilerOptions: gpuOptions({ cudaVer: "11.8", trtVer: "8.2.1" }) }),
  },
  { model: someModel({ codes: [code("sm_80")] }) },
  { model: someModel({ cuda: [states("10.1", "NEEDED", { path: RUNTIME })] }) },
  {
    job: null,
    model: someModel({ cuda: [states("11.2")], codes: [code("sm_53", "PTX")] }),
    facts: someFacts({ driver: is("300.1") }),
  },
];

describe("RULE_TABLE", () => {
  it("has every rule, in order", () => {
    expect(RULE_TABLE.map(({ id }) => id)).toEqual([...RULE_IDS]);
  });

  it("names exactly the severities that the rules give", () => {
    const given = new Map<string, Set<Severity>>(RULE_IDS.map((id) => [id, new Set()]));
    for (const changes of CASES) {
      for (const { rule, outcome, severity } of compare(someInput(changes)).findings)
        if (outcome === "DRIFT") given.get(rule)?.add(severity);
    }
    const order: readonly Severity[] = ["BLOCKING", "ERROR", "WARNING", "INFO"];
    const told = RULE_TABLE.map(({ id, severities }) => [id, severities]);
    expect(told).toEqual(RULE_IDS.map((id) => [id, order.filter((severity) => given.get(id)?.has(severity))]));
  });

  it("says something in every cell, on one line that fits a table", () => {
    for (const { compares, decision, source } of RULE_TABLE) {
      for (const cell of [compares, decision, source]) expect(cell).toMatch(/^[^|\n]+[^|\n.]$/);
    }
  });
});
