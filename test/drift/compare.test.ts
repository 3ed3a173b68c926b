import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compare, notChecked } from "../../src/drift/compare.js";
import { RULE_IDS } from "../../src/drift/finding.js";
import { runs } from "../long-runs.js";
import {
  armJob,
  cpuJob,
  gpuOptions,
  NONE,
  noFacts,
  someDeployed,
  someFacts,
  someGpu,
  someInput,
  someJob,
  someOptions,
  someXavier,
  UNREADABLE,
  xavierJob,
} from "./builders.js";
import { anyAnswer, anyModel } from "./model-builders.js";

const JOBS = [
  someJob(),
  armJob(),
  xavierJob(),
  cpuJob(),
  cpuJob(someOptions({ mattr: ["+neon"] }), "ARM64"),
  someJob({ targetPlatform: null }),
];

const text = fc.oneof(
  fc.constantFrom("10.2", "8.2.1", "11", "sm_72", "sm_75", "4.6.1", "32.7.1", "tegra194", "x", ""),
  fc.string(),
);
const reading = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof(
    fc.record({
      state: fc.constant("known" as const),
      value,
      from: fc.constant("/f"),
      confidence: fc.constantFrom("FIRM" as const, "INFERRED" as const, "DISPUTED" as const),
    }),
    fc.constant(NONE),
    fc.constant(UNREADABLE),
  );
const installed = fc.record({ version: text, from: text, loadable: fc.option(fc.boolean()) });
const someLibrary = reading(fc.record({ version: text, installed: fc.array(installed, { maxLength: 3 }) }));
const gpu = fc.record({
  integrated: fc.boolean(),
  name: fc.option(text),
  pciId: fc.option(text),
  address: fc.option(text),
  chip: fc.option(text),
  computeCapability: fc.option(fc.constantFrom("7.2", "7.5", "8.6", "11.0", "x")),
  boundTo: fc.option(text),
  usable: fc.boolean(),
});
const facts = fc.record({
  os: reading(text),
  arch: reading(fc.constantFrom("ARM64" as const, "X86_64" as const)),
  unameMachine: reading(text),
  kernelRelease: reading(text),
  userland: reading(fc.record({ bits: fc.constantFrom(32 as const, 64 as const), machine: text })),
  distro: reading(fc.record({ id: text, version: fc.option(text) })),
  glibc: reading(text),
  accelerator: reading(fc.constant("NVIDIA" as const)),
  gpus: reading(fc.array(gpu, { maxLength: 3 })),
  jetson: reading(
    fc.record({
      model: fc.option(text),
      family: fc.option(text),
      product: fc.option(text),
      soc: fc.option(text),
      module: fc.option(text),
      l4t: fc.option(text),
      jetpack: fc.option(text),
      jetpackCandidates: fc.array(text, { maxLength: 2 }),
    }),
  ),
  l4t: reading(text),
  jetpack: reading(text),
  driver: reading(text),
  libcuda: reading(
    fc.record({
      version: fc.option(text),
      path: text,
      loadable: fc.option(fc.boolean()),
      compat: fc.boolean(),
    }),
  ),
  cuda: someLibrary,
  cudnn: someLibrary,
  tensorrt: someLibrary,
  container: reading(fc.boolean()),
  cpu: reading(
    fc.record({ name: fc.option(text), cores: fc.option(fc.nat()), part: fc.option(text), features: fc.array(text) }),
  ),
  memory: reading(fc.record({ totalBytes: fc.nat(), availableBytes: fc.option(fc.nat()) })),
  disk: reading(fc.record({ path: text, freeBytes: fc.nat() })),
  access: reading(fc.array(fc.record({ path: text, allowed: fc.boolean(), why: fc.option(text) }))),
});
const options = fc.record({
  form: fc.constantFrom("none" as const, "json" as const, "tolerated" as const, "unparseable" as const),
  text: fc.option(text),
  gpuCode: fc.option(text),
  trtVer: fc.option(text),
  cudaVer: fc.option(text),
  mcpu: fc.option(text),
  mattr: fc.array(text),
  other: fc.dictionary(fc.string(), text),
  problems: fc.array(text),
});
const identity = { name: fc.option(text), version: fc.option(text) };
const job = fc.record({
  project: fc.option(text),
  name: fc.option(text),
  modelVersion: fc.option(text),
  status: fc.option(text),
  statusMessage: fc.option(text),
  description: fc.option(text),
  method: fc.option(text),
  createdAt: fc.option(text),
  updatedAt: fc.option(text),
  component: fc.record({
    ...identity,
    versionFrom: fc.option(fc.constantFrom("OUTPUT" as const, "CONFIGURATION" as const, "DEFAULT" as const)),
  }),
  configured: fc.record(identity),
  output: fc.option(fc.record({ ...identity, arn: fc.option(text) })),
  targetDevice: fc.option(fc.oneof(fc.constant("jetson_xavier"), text)),
  targetPlatform: fc.option(
    fc.record({
      os: fc.option(fc.constantFrom("LINUX", "x")),
      arch: fc.option(fc.constantFrom("ARM64", "X86_64", "x")),
      accelerator: fc.option(fc.constantFrom("NVIDIA", "x")),
    }),
  ),
  compilerOptions: options,
  problems: fc.array(fc.record({ path: text, found: text, needed: text })),
});
const input = fc.record({
  job: fc.option(job),
  model: fc.option(anyModel),
  loadable: fc.array(anyAnswer, { maxLength: 4 }),
  facts,
  now: text,
  origin: fc.option(
    fc.record({
      source: text,
      fetchedAt: text,
      digest: text,
      stale: fc.option(fc.record({ reason: text, message: text })),
    }),
  ),
  deployed: fc.option(
    fc.record({
      name: text,
      present: reading(fc.constant(true as const)),
      version: reading(text),
      state: reading(text),
    }),
  ),
});

describe("compare", () => {
  it("finds what AWS tested in sync and runnable", () => {
    const a10g = someFacts({
      gpus: { state: "known", value: [someGpu({ computeCapability: "8.6" })], from: "/x", confidence: "FIRM" },
      driver: { state: "known", value: "525.60.11", from: "/x", confidence: "FIRM" },
      cuda: { state: "known", value: { version: "11.2", installed: [] }, from: "/x", confidence: "FIRM" },
      tensorrt: { state: "known", value: { version: "8.2.0", installed: [] }, from: "/x", confidence: "FIRM" },
    });
    const g5 = someJob({ compilerOptions: gpuOptions({ gpuCode: "sm_80", trtVer: "8.2.0", cudaVer: "11.2" }) });
    const verdicts = [
      compare(someInput()),
      compare(someInput({ job: xavierJob(), facts: someXavier() })),
      compare(someInput({ job: armJob(), facts: someXavier() })),
      compare(someInput({ job: g5, facts: a10g })),
      compare(someInput({ job: cpuJob() })),
    ];
    expect(verdicts.map(({ drift, runnable }) => `${drift} ${runnable}`)).toEqual(
      verdicts.map(() => "IN_SYNC RUNNABLE"),
    );
  });

  it("continues after the first difference", () => {
    const facts = someXavier({
      accelerator: NONE,
      cuda: NONE,
      container: { state: "known", value: true, from: "/x", confidence: "FIRM" },
    });
    const blocked = compare(someInput({ facts })).findings.filter(({ severity }) => severity === "BLOCKING");
    expect(blocked.map(({ rule }) => rule)).toEqual([
      "target.arch",
      "target.accelerator",
      "compiler.gpu-code",
      "compiler.cuda-ver",
    ]);
  });

  it("never treats what could not be read as a match or a drift", () => {
    const deployed = someDeployed({ present: UNREADABLE, version: UNREADABLE, state: UNREADABLE });
    for (const one of JOBS) {
      const { findings } = compare(someInput({ job: one, facts: noFacts(), deployed }));
      const machine = findings.filter(({ rule }) => !rule.startsWith("job.") && rule !== "compiler.options");
      expect(machine.filter(({ outcome }) => outcome === "MATCH" || outcome === "DRIFT")).toEqual([]);
    }
  });

  it("never throws, answers every rule in order and returns the same answer twice", () => {
    fc.assert(
      fc.property(input, (one) => {
        const verdict = compare(one);
        const rules = verdict.findings.map(({ rule }) => RULE_IDS.indexOf(rule));
        expect(rules).toEqual([...rules].sort((a, b) => a - b));
        expect(new Set(rules).size).toBe(RULE_IDS.length);
        expect(compare(structuredClone(one))).toEqual(verdict);
      }),
      { numRuns: runs(500) },
    );
  });

  it("says in every finding why, and in every drift what was found and by which rule", () => {
    fc.assert(
      fc.property(input, (one) => {
        for (const { outcome, because, actual, evidence, fingerprint } of compare(one).findings) {
          expect(because).not.toBe("");
          expect(fingerprint).toMatch(/^[0-9a-f]{16}$/);
          if (outcome !== "DRIFT") continue;
          expect(actual).not.toBe(null);
          expect(evidence.at(-1)?.from).toBe("rule");
        }
      }),
      { numRuns: runs(300) },
    );
  });
});

describe("notChecked", () => {
  it("answers every rule with the reason, and shows no evidence", () => {
    const { drift, runnable, findings } = notChecked("The service has ended");
    expect([drift, runnable]).toEqual(["NOT_CHECKED", "CANNOT_TELL"]);
    expect(findings.map(({ rule }) => rule)).toEqual(RULE_IDS);
    expect(findings.flatMap(({ evidence }) => evidence)).toEqual([]);
    expect(findings.filter(({ outcome }) => outcome === "UNKNOWN").map(({ rule, because }) => [rule, because])).toEqual(
      ["job.status", "job.consistent", "job.source-age"].map((rule) => [rule, "The service has ended"]),
    );
  });
});
