import { describe, expect, it } from "vitest";
import type { DeviceFacts } from "../../src/device/facts.js";
import { compare, notChecked } from "../../src/drift/compare.js";
import { withConflicts } from "../../src/drift/conflict.js";
import type { PackagingJob } from "../../src/job/job.js";
import type { GpuCode, ModelStatement, PackagedModel } from "../../src/model/model.js";
import {
  armJob,
  cpuJob,
  gpuOptions,
  library,
  someFacts,
  someInput,
  someJob,
  someXavier,
  xavierJob,
} from "./builders.js";
import { code, states, xavierModel } from "./model-builders.js";

/** A job of another component than the ordinary one. */
const named = (name: string, job: PackagingJob): PackagingJob => ({
  ...job,
  name,
  component: { name, version: "1.0.0", versionFrom: "OUTPUT" },
});

const ofComponent = (name: string | null, version: string | null) =>
  someJob({ component: { name, version, versionFrom: "OUTPUT" } });
const platform = (changes: object) => ({
  targetPlatform: { os: "LINUX", arch: "ARM64", accelerator: null, ...changes },
});
const noArch = armJob({}, platform({ arch: null, accelerator: "NVIDIA" }));
const armCpuJob = armJob({ gpuCode: "sm_87" }, platform({}));
const armTpuJob = armJob({ trtVer: "8.2.1" }, platform({ accelerator: "TPU" }));

const head = <T>(list: readonly T[] | undefined, length: number) => (list ?? []).slice(0, length);

function conflicts(facts: DeviceFacts, ...jobs: PackagingJob[]): string[][] {
  const judged = jobs.map((job) => ({ job, model: null, verdict: compare(someInput({ job, facts, deployed: null })) }));
  return withConflicts(judged, facts).map(({ findings }) =>
    findings.map(({ because }) => because).filter((because) => because.startsWith("No single state of this machine")),
  );
}

describe("withConflicts", () => {
  it("reports a conflict of two jobs with two TensorRT majors on one Jetson to both", () => {
    const facts = someXavier();
    const jobs = [named("A", armJob()), named("B", armJob({ trtVer: "8.2.1" }))];
    const judged = jobs.map((job) => ({
      job,
      model: null,
      verdict: compare(someInput({ job, facts, deployed: null })),
    }));
    const verdicts = withConflicts(judged, facts);
    expect(verdicts.map(({ findings }) => findings.filter(({ rule }) => rule === "job.consistent"))).toEqual([
      [
        expect.objectContaining({ outcome: "MATCH" }),
        {
          rule: "job.consistent",
          path: "ModelPackagingConfiguration.Greengrass.CompilerOptions.trt-ver",
          expected: "TensorRT 7.1.3",
          actual: "TensorRT 8.2.1 for job B",
          outcome: "NOT_APPLICABLE",
          severity: "WARNING",
          because:
            "No single state of this machine satisfies this job (TensorRT 7.1.3) and job B (TensorRT 8.2.1), because no JetPack for this Jetson brings what both need",
          evidence: [
            { from: "job B", value: "TensorRT 8.2.1" },
            { from: "rule", value: "packdrift: one machine is in one state at a time" },
          ],
          remedy: [],
          fingerprint: expect.any(String),
        },
      ],
      [expect.objectContaining({ outcome: "DRIFT", expected: "TensorRT 8.2.1", actual: "TensorRT 7.1.3 for job A" })],
    ]);
    expect(verdicts.map(({ drift, runnable }) => `${drift} ${runnable}`)).toEqual([
      "IN_SYNC RUNNABLE",
      "DRIFTED WILL_NOT_RUN",
    ]);
  });

  it("leaves a job in sync when this machine satisfies it, whatever another job needs", () => {
    const facts = someXavier();
    const jobs = [named("A", xavierJob()), named("B", cpuJob())];
    const judged = jobs.map((job) => ({
      job,
      model: null,
      verdict: compare(someInput({ job, facts, deployed: null })),
    }));
    expect(withConflicts(judged, facts).map(({ drift, runnable }) => `${drift} ${runnable}`)).toEqual([
      "IN_SYNC RUNNABLE",
      "DRIFTED WILL_NOT_RUN",
    ]);
  });

  it.each([
    [
      "two CUDA versions",
      [armJob({ cudaVer: "10.2", trtVer: "8.2.1" }), armJob({ cudaVer: "11.4", trtVer: "8.4.1" })],
      "CUDA 11.4",
    ],
    ["two chips", [xavierJob(), armJob({ gpuCode: "sm_87" })], "the one GPU of its chip"],
    ["a Jetson's chip and a card", [xavierJob(), armJob({ gpuCode: "sm_75" })], "the one GPU of its chip"],
    ["two chips of one minor", [xavierJob(), armJob({ gpuCode: "sm_62" })], "the one GPU of its chip"],
    ["two architectures", [xavierJob(), cpuJob()], "one architecture"],
    [
      "two CUDA versions where the jobs share one of two TensorRT majors",
      [xavierJob(), armJob({ cudaVer: "11.4", trtVer: "8.4.1" })],
      "CUDA 11.4",
    ],
    [
      "two CUDA versions where the first does not name its TensorRT",
      [armJob({ trtVer: null }), armJob({ cudaVer: "11.4", trtVer: "8.4.1" })],
      "CUDA 11.4",
    ],
    [
      "two CUDA versions where the second does not name its TensorRT",
      [armJob(), armJob({ cudaVer: "11.4", trtVer: null })],
      "CUDA 11.4",
    ],
    [
      "a CUDA version that the other's TensorRT does not come with",
      [armJob({ cudaVer: null }), armJob({ cudaVer: "11.4", trtVer: null })],
      "this job (CUDA any) and job B (CUDA 11.4)",
    ],
    [
      "a TensorRT that the other's CUDA version does not come with",
      [armJob({ cudaVer: "11.4", trtVer: null }), armJob({ cudaVer: null })],
      "this job (CUDA 11.4) and job B (CUDA any)",
    ],
  ])("reports %s", (_, [first, second], reason) => {
    const [one, other] = conflicts(someXavier(), named("A", first as PackagingJob), named("B", second as PackagingJob));
    expect([one?.[0], other?.[0]]).toEqual([expect.stringContaining(reason), expect.stringContaining("job A")]);
  });

  it("reports two versions of one component, which cannot be deployed together", () => {
    const second = {
      ...someJob(),
      component: { name: "bottle-model", version: "2.0.0", versionFrom: "OUTPUT" },
    } as const;
    expect(conflicts(someFacts(), someJob(), second)[0]?.[0]).toContain(
      "and a device runs one version of it at a time",
    );
    expect(conflicts(someFacts(), someJob(), someJob())).toEqual([[], []]);
  });

  it.each([
    [true, "1.0.0-beta", "1.0.0-rc"],
    [true, "1.0.0", "1.0.0-beta"],
    [false, "1.0.0-beta", "1.0.0-beta"],
    [false, "01.0.0", "1.0.0"],
    [false, null, "1.0.0"],
    [false, "1.0.0", null],
  ])("answers %s to whether %s and %s of one component differ", (differ, one, other) => {
    expect(
      conflicts(someFacts(), ofComponent("bottle-model", one), ofComponent("bottle-model", other))[0],
    ).toHaveLength(differ ? 1 : 0);
  });

  it.each([
    ["without names", null, null],
    ["of different names", "bottle-model", "other-model"],
  ])("is silent about two versions of components %s", (_, one, other) => {
    expect(conflicts(someFacts(), ofComponent(one, "1.0.0"), ofComponent(other, "2.0.0"))).toEqual([[], []]);
  });

  it.each([
    ["jobs that one JetPack satisfies", someXavier(), [armJob(), xavierJob()]],
    ["jobs that differ in a minor", someXavier(), [armJob({ trtVer: "8.2.1" }), armJob({ trtVer: "8.0.1" })]],
    [
      "jobs whose libraries stand side by side on this Jetson",
      someXavier({ tensorrt: library("8.2.1", { version: "7.1.3", from: "/opt", loadable: true }) }),
      [armJob(), armJob({ trtVer: "8.2.1" })],
    ],
    ["a second job that no state satisfies by itself", someXavier(), [armJob(), armJob({ trtVer: "99.0.0" })]],
    ["a first job that no state satisfies by itself", someXavier(), [armJob({ trtVer: "99.0.0" }), armJob()]],
    ["a first job that names no architecture", someXavier(), [noArch, armJob()]],
    ["a second job that names no architecture", someXavier(), [armJob(), noArch]],
    ["a first job that names no GPU code", someXavier(), [armJob({ gpuCode: null }), xavierJob()]],
    ["a second job that names no GPU code", someXavier(), [xavierJob(), armJob({ gpuCode: null })]],
    ["the GPU code of a job for the CPU", someXavier(), [armCpuJob, xavierJob()]],
    ["the GPU code of a second job for the CPU", someXavier(), [xavierJob(), armCpuJob]],
    ["a job that may not need the GPU", someXavier(), [armJob(), armTpuJob]],
    ["a first job that may not need the GPU", someXavier(), [armTpuJob, armJob()]],
    [
      "two TensorRT majors off a Jetson",
      someFacts(),
      [someJob(), someJob({ compilerOptions: gpuOptions({ trtVer: "8.2.1", cudaVer: "11.2" }) })],
    ],
    [
      "two cards' codes, since cards stand side by side",
      someFacts(),
      [someJob(), someJob({ compilerOptions: gpuOptions({ gpuCode: "sm_80" }) })],
    ],
    ["a CPU job beside a GPU job", someFacts(), [someJob(), cpuJob()]],
  ])("is silent about %s", (_, facts, [first, second]) => {
    expect(conflicts(facts, named("A", first as PackagingJob), named("B", second as PackagingJob))).toEqual([[], []]);
  });

  it("reports to each of three jobs both others, together where both want the same other thing", () => {
    const jobs = ["7.1.3", "8.2.1", "10.3.0"].map((trtVer, i) =>
      named(`J${i}`, armJob({ trtVer, gpuCode: i === 2 ? "sm_87" : "sm_72" })),
    );
    expect(conflicts(someXavier(), ...jobs)).toEqual([
      [expect.stringContaining("and job J1 (TensorRT 8.2.1)"), expect.stringContaining("and job J2 (sm_87)")],
      [expect.stringContaining("and job J0 (TensorRT 7.1.3)"), expect.stringContaining("and job J2 (sm_87)")],
      [expect.stringContaining("satisfies this job (sm_87) and jobs J0 and J1 (sm_72)")],
    ]);
  });

  it("leaves a stuck job's verdict unchanged when no other job conflicts with it", () => {
    const facts = someXavier({ tensorrt: library("10.3.0") });
    const job = named("A", armJob());
    const verdict = compare(someInput({ job, facts, deployed: null }));
    expect(verdict.runnable).toBe("WILL_NOT_RUN");
    expect(withConflicts([{ job, model: null, verdict }], facts)).toEqual([verdict]);
  });

  it("adds to a stuck job's findings behind those about the job, and replaces only that nothing contradicts", () => {
    const contradiction = { path: "p", found: "7", needed: "text" };
    const jobs = [armJob(), armJob({ trtVer: "8.2.1" }), armJob({ trtVer: "8.2.1" }, { problems: [contradiction] })];
    const judged = jobs.map((job, i) => ({
      job: named(`J${i}`, job),
      model: null,
      verdict: compare(someInput({ job, facts: someXavier(), deployed: null })),
    }));

    const [satisfied, stuck, contradicting] = withConflicts(judged, someXavier()).map(({ findings }) => findings);

    const before = judged.map(({ verdict }) => verdict.findings);
    const about = (outcome: string) => expect.objectContaining({ rule: "job.consistent", outcome });
    expect(satisfied).toEqual([...head(before[0], 2), about("NOT_APPLICABLE"), ...(before[0] ?? []).slice(2)]);
    expect(stuck).toEqual([...head(before[1], 1), about("DRIFT"), ...(before[1] ?? []).slice(2)]);
    expect(contradicting).toEqual([...head(before[2], 2), about("DRIFT"), ...(before[2] ?? []).slice(2)]);
  });

  describe("of models whose files alone are known", () => {
    const model = (component: string, ...codes: readonly ModelStatement<GpuCode>[]) =>
      xavierModel({ component, codes });
    const reasons = (one: PackagedModel, other: PackagedModel) => {
      const judged = [one, other].map((built) => ({
        job: null,
        model: built,
        verdict: compare(someInput({ job: null, model: built, facts: someXavier(), deployed: null })),
      }));
      return withConflicts(judged, someXavier()).map(({ findings }) =>
        findings
          .map(({ because }) => because)
          .filter((because) => because.startsWith("No single state of this machine")),
      );
    };

    it.each([
      ["a Jetson's cubin and PTX for newer GPUs of its major", code("sm_72"), code("sm_75", "PTX")],
      ["a Jetson's cubin and PTX for a newer major", code("sm_62"), code("sm_70", "PTX")],
      ["PTX for one GPU alone and a Jetson's cubin", code("sm_90a", "PTX"), code("sm_72")],
      ["a Jetson's cubin and a card's", code("sm_87"), code("sm_80")],
      ["two Jetsons' cubins of one major", code("sm_72"), code("sm_70")],
    ])("reports %s", (_, left, right) => {
      for (const [one, other] of [
        [left, right],
        [right, left],
      ] as const) {
        expect(reasons(model("A", one), model("B", other))).toEqual([
          [expect.stringContaining("because a Jetson has the one GPU of its chip")],
          [expect.stringContaining("because a Jetson has the one GPU of its chip")],
        ]);
      }
    });

    it.each([
      ["a Jetson's cubin and PTX for older GPUs", code("sm_72"), code("sm_53", "PTX")],
      ["a Jetson's cubin and PTX for the same GPU", code("sm_72"), code("sm_72", "PTX")],
      ["a card's cubin and PTX for newer GPUs", code("sm_75"), code("sm_80", "PTX")],
      ["PTX of any two architectures", code("sm_90", "PTX"), code("sm_53", "PTX")],
      ["PTX for one card alone and another card's cubin", code("sm_90a", "PTX"), code("sm_80")],
    ])("is silent about %s", (_, left, right) => {
      expect(reasons(model("A", left), model("B", right))).toEqual([[], []]);
      expect(reasons(model("B", right), model("A", left))).toEqual([[], []]);
    });

    it("is silent where one of several codes can be shared", () => {
      expect(reasons(model("A", code("sm_72"), code("sm_53")), model("B", code("sm_53"), code("sm_62")))).toEqual([
        [],
        [],
      ]);
    });

    it("names models and jobs each by its noun", () => {
      const jobs = [named("J1", armJob({ gpuCode: "sm_87" })), named("J2", armJob({ gpuCode: "sm_87" }))];
      const built = model("A", code("sm_72"));
      const subjects = [...jobs.map((job) => ({ job, model: null })), { job: null, model: built }];
      const judged = subjects.map((subject) => ({
        ...subject,
        verdict: compare(someInput({ ...subject, facts: someXavier(), deployed: null })),
      }));
      const told = withConflicts(judged, someXavier()).map(({ findings }) =>
        findings.filter(({ because }) => because.startsWith("No single")).map(({ because }) => because),
      );

      expect(told).toEqual([
        [expect.stringContaining("satisfies this job (sm_87) and model A (sm_72)")],
        [expect.stringContaining("satisfies this job (sm_87) and model A (sm_72)")],
        [expect.stringContaining("satisfies this model (sm_72) and jobs J1 and J2 (sm_87)")],
      ]);
    });

    it("is silent about two versions of two models' components, and reports one component's", () => {
      const versions = (one: string, other: string) =>
        reasons(xavierModel({ component: one, version: "1.0.0" }), xavierModel({ component: other, version: "2.0.0" }));

      expect(versions("A", "B")).toEqual([[], []]);
      expect(versions("A", "A")[0]).toEqual([expect.stringContaining("both are component A")]);
    });

    it("does not hold what files state uncertainly against another model", () => {
      const inferred = { confidence: "INFERRED" } as const;
      const unsure = xavierModel({
        component: "A",
        arch: states("X86_64", "ELF", inferred),
        codes: [states({ kind: "CUBIN", sm: "sm_53" }, "BLOB", inferred)],
        tensorrt: [states("8.2.1", "BLOB", inferred)],
        cuda: [states("11.4", "BLOB", inferred)],
      });

      expect(reasons(unsure, model("B", code("sm_72")))).toEqual([[], []]);
      expect(reasons(model("B", code("sm_72")), unsure)).toEqual([[], []]);
    });
  });

  it("leaves a verdict alone where nothing was checked", () => {
    const verdicts = [
      { job: named("A", armJob()), model: null, verdict: notChecked("x") },
      { job: named("B", armJob({ trtVer: "8.2.1" })), model: null, verdict: notChecked("x") },
    ];
    expect(withConflicts(verdicts, someXavier())).toEqual([notChecked("x"), notChecked("x")]);
  });
});
