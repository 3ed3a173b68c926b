import { describe, expect, it } from "vitest";
import type { LoaderAnswer } from "../../src/device/loader-answers.js";
import { notChecked } from "../../src/drift/compare.js";
import type { DampingRules } from "../../src/drift/damping.js";
import type { Verdict } from "../../src/drift/finding.js";
import { type JobLookup, type JudgeInput, judge, judgeAgain } from "../../src/drift/judge.js";
import { notApplicable } from "../../src/drift/make-finding.js";
import { armJob, library, NOW, someDeployed, someFacts, someJob, someOrigin, someXavier } from "./builders.js";
import { answersFor, someModel } from "./model-builders.js";

const REF = { project: "bottles", job: "pack-1" };
const lookup = (changes: Partial<JobLookup> = {}): JobLookup => ({
  ...{ ref: REF, job: someJob(), model: null, origin: someOrigin(), unavailable: null, deployed: someDeployed() },
  ...changes,
});
const GONE = { job: null, origin: null, unavailable: { reason: "GONE", message: "The service has ended" } };
const input = (changes: Partial<JudgeInput> = {}): JudgeInput => ({
  ...{ lookups: [lookup()], facts: someFacts(), now: NOW, maxCopyAgeDays: null, waivers: [] },
  ...changes,
});
const drifted = someFacts({ tensorrt: library("8.2.1") });
const rule = (verdict: Verdict | undefined, id: string) => verdict?.findings.find((finding) => finding.rule === id);

describe("judge", () => {
  it("judges each lookup in its place, and those without a description by why it was unavailable", () => {
    const verdicts = judge(input({ lookups: [lookup(GONE), lookup(), lookup({ ...GONE, unavailable: null })] }));
    expect(verdicts.map(({ drift }) => drift)).toEqual(["NOT_CHECKED", "IN_SYNC", "NOT_CHECKED"]);
    expect(verdicts[0]).toEqual(notChecked("The service has ended"));
    expect(verdicts[2]).toEqual(notChecked("The job's description could not be obtained"));
  });

  it("judges every job of a machine, each with its own findings", () => {
    const jobs = [someJob(), someJob({ status: "FAILED" }), someJob({ status: "RUNNING" })];
    const verdicts = judge(input({ lookups: jobs.map((job) => lookup({ job })) }));
    expect(verdicts.map((verdict) => rule(verdict, "job.status")?.actual)).toEqual(["SUCCEEDED", "FAILED", "RUNNING"]);
  });

  it("replaces the rule that had nothing to compare by what is known of the candidates", () => {
    const choice = notApplicable("component.deployed", "p", "two jobs made it");
    const [verdict] = judge(input({ lookups: [lookup({ ...GONE, choice })] }));
    const plain = notChecked("The service has ended");
    expect(verdict).toEqual({
      ...plain,
      findings: plain.findings.map((finding) => (finding.rule === "component.deployed" ? choice : finding)),
    });
  });

  it("adds fixes and applies waivers", () => {
    const [verdict] = judge(input({ facts: drifted }));
    expect(rule(verdict, "compiler.trt-ver")?.remedy).not.toEqual([]);
    const waivers = [{ rule: "compiler.trt-ver", reason: "tested" }];
    expect(judge(input({ facts: drifted, waivers }))[0]?.drift).toBe("IN_SYNC");
  });

  it("warns of an old copy only from the age that is given", () => {
    const origin = someOrigin({
      fetchedAt: "2026-11-01T00:00:00.000Z",
      stale: { reason: "UNREACHABLE", message: "x" },
    });
    const severity = (maxCopyAgeDays: number | null) =>
      rule(judge(input({ lookups: [lookup({ origin })], maxCopyAgeDays }))[0], "job.source-age")?.severity;
    expect([severity(null), severity(30), severity(10)]).toEqual(["INFO", "INFO", "WARNING"]);
  });

  it("passes on what the loader finds for the model's libraries", () => {
    const outcome = (loadable?: readonly LoaderAnswer[]) => {
      const asked = loadable === undefined ? {} : { loadable };
      return rule(judge(input({ lookups: [lookup({ model: someModel() })], ...asked }))[0], "model.libraries")?.outcome;
    };
    expect([outcome(answersFor(someModel())), outcome()]).toEqual(["MATCH", "UNKNOWN"]);
  });

  it("judges a model by its files alone when no description was available", () => {
    const [verdict] = judge(input({ lookups: [lookup({ ...GONE, model: someModel() })] }));
    expect([rule(verdict, "target.arch")?.outcome, rule(verdict, "job.status")?.outcome]).toEqual([
      "MATCH",
      "NOT_APPLICABLE",
    ]);
  });

  it("names the other job of the machine that a fix would break", () => {
    const at461 = someXavier(
      { tensorrt: library("8.2.1"), cuda: library("10.2.300") },
      { l4t: "32.7.1", jetpack: "4.6.1" },
    );
    const jobs = [
      armJob(),
      armJob({ trtVer: "8.2.1" }, { name: "B", component: { ...someJob().component, name: "b" } }),
    ];
    const [first] = judge(input({ facts: at461, lookups: jobs.map((job) => lookup({ job })) }));
    expect(rule(first, "compiler.trt-ver")?.remedy).toEqual([
      "JetPack 4.5.1 (L4T 32.5.2) brings TensorRT 7.1.3 and keeps CUDA 10.2; it breaks job B, which wants TensorRT 8.2.1",
    ]);
  });

  it("reports jobs to each other when no state of the machine satisfies both", () => {
    const jobs = [armJob(), armJob({ trtVer: "8.2.1" }, { component: { ...someJob().component, name: "can-model" } })];
    const [, second] = judge(input({ facts: someXavier(), lookups: jobs.map((job) => lookup({ job })) }));
    expect(rule(second, "job.consistent")?.because).toContain("No single state of this machine");
  });
});

describe("judgeAgain", () => {
  const rules: DampingRules = { "compiler.trt-ver": { raiseAfter: 2, clearAfter: 1 } };
  const first = () => judgeAgain(input({ facts: drifted }), rules, {});

  it("remembers damped findings by project and job, and counts them in the next check", () => {
    expect([first().verdicts[0]?.drift, Object.keys(first().memory)]).toEqual(["IN_SYNC", ["bottles/pack-1"]]);
    const second = judgeAgain(input({ facts: drifted }), rules, first().memory);
    expect(second.verdicts[0]?.drift).toBe("DRIFTED");
  });

  it("remembers nothing of a job in sync, nor without damping", () => {
    expect(judgeAgain(input(), rules, first().memory).memory).toEqual({});
    expect(judgeAgain(input({ facts: drifted }), {}, first().memory).memory).toEqual({});
  });

  it("keeps what it remembers of a job over a check that did not take place", () => {
    expect(judgeAgain(input({ lookups: [lookup(GONE)] }), rules, first().memory).memory).toEqual(first().memory);
    expect(judgeAgain(input({ lookups: [lookup(GONE)] }), rules, {}).memory).toStrictEqual({});
  });

  it.each([
    ["bottles/bottle-model", { deployed: someDeployed() }],
    ["bottles/bottle-model", { deployed: null, model: someModel() }],
    ["bottles/null", { deployed: null }],
  ])("remembers a job without a name as %s", (key, changes) => {
    const unnamed = lookup({ ref: { project: "bottles", job: null }, ...changes });
    expect(Object.keys(judgeAgain(input({ facts: drifted, lookups: [unnamed] }), rules, {}).memory)).toEqual([key]);
  });
});
