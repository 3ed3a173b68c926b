import { describe, expect, it } from "vitest";
import type { DeviceFacts } from "../../src/device/facts.js";
import { compare, notChecked } from "../../src/drift/compare.js";
import { withConflicts } from "../../src/drift/conflict.js";
import type { PackagingJob } from "../../src/job/job.js";
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
    findings.map(({ because }) => because).filter((because) => because.startsWith("No one state of this machine")),
  );
}

describe("withConflicts", () => {
  it("tells two jobs with two TensorRT majors on one Jetson of each other", () => {
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
            "No one state of this machine satisfies this job (TensorRT 7.1.3) and job B (TensorRT 8.2.1), because no JetPack for this Jetson brings what both need",
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

  it("leaves a job in sync that this machine satisfies, whatever another job wants", () => {
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
  ])("tells of %s", (_, [first, second], reason) => {
    const [one, other] = conflicts(someXavier(), named("A", first as PackagingJob), named("B", second as PackagingJob));
    expect([one?.[0], other?.[0]]).toEqual([expect.stringContaining(reason), expect.stringContaining("job A")]);
  });

  it("tells of two versions of one component, which cannot be deployed together", () => {
    const second = {
      ...someJob(),
      component: { name: "bottle-model", version: "2.0.0", versionFrom: "OUTPUT" },
    } as const;
    expect(conflicts(someFacts(), someJob(), second)[0]?.[0]).toContain(
      "of which one device runs one version at a time",
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

  it("tells each of three jobs of both others, together where both want the same other thing", () => {
    const jobs = ["7.1.3", "8.2.1", "10.3.0"].map((trtVer, i) =>
      named(`J${i}`, armJob({ trtVer, gpuCode: i === 2 ? "sm_87" : "sm_72" })),
    );
    expect(conflicts(someXavier(), ...jobs)).toEqual([
      [expect.stringContaining("and job J1 (TensorRT 8.2.1)"), expect.stringContaining("and job J2 (sm_87)")],
      [expect.stringContaining("and job J0 (TensorRT 7.1.3)"), expect.stringContaining("and job J2 (sm_87)")],
      [expect.stringContaining("satisfies this job (sm_87) and jobs J0 and J1 (sm_72)")],
    ]);
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

  it("leaves a verdict alone where nothing was checked", () => {
    const verdicts = [
      { job: named("A", armJob()), model: null, verdict: notChecked("x") },
      { job: named("B", armJob({ trtVer: "8.2.1" })), model: null, verdict: notChecked("x") },
    ];
    expect(withConflicts(verdicts, someXavier())).toEqual([notChecked("x"), notChecked("x")]);
  });
});
