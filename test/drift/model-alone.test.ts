import { describe, expect, it } from "vitest";
import type { DeviceFacts } from "../../src/device/facts.js";
import { compare } from "../../src/drift/compare.js";
import type { RuleId } from "../../src/drift/finding.js";
import { type JobLookup, judge } from "../../src/drift/judge.js";
import type { PackagedModel } from "../../src/model/model.js";
import {
  gpuOptions,
  is,
  library,
  NONE,
  NOW,
  noFacts,
  someDeployed,
  someFacts,
  someGpu,
  someInput,
  someJob,
  someTegraGpu,
  someXavier,
} from "./builders.js";
import {
  answersFor,
  COMPILED,
  code,
  FOLDER,
  RUNTIME,
  someModel,
  states,
  unreadModel,
  xavierModel,
} from "./model-builders.js";

/** A comparison with the model's files alone. */
function alone(model: PackagedModel, facts: DeviceFacts = someFacts()) {
  return compare(someInput({ job: null, origin: null, model, facts, loadable: answersFor(model) }));
}

function answersOf(rule: RuleId, model: PackagedModel, facts?: DeviceFacts): string[] {
  return alone(model, facts)
    .findings.filter((finding) => finding.rule === rule)
    .map(({ outcome, severity }) => `${outcome} ${severity}`);
}

describe("the comparison with a model's files alone", () => {
  it("is in sync and untested at best, and marks what rests on the files", () => {
    const { drift, runnable, findings } = alone(someModel());

    expect([drift, runnable]).toEqual(["IN_SYNC", "RUNNABLE_UNTESTED"]);
    expect(findings.filter(({ basis }) => basis === "MODEL").map(({ rule }) => rule)).toEqual([
      "target.os",
      "target.arch",
      "target.accelerator",
      "compiler.gpu-code",
      "compiler.cuda-ver",
      "compiler.trt-ver",
      "compiler.driver",
      "device.access",
      "device.cuda-driver",
      "device.glibc",
    ]);
    expect(findings.find(({ rule }) => rule === "target.arch")?.evidence[0]).toEqual({
      from: `model ${COMPILED} (e_machine)`,
      value: "X86_64",
    });
  });

  it("has nothing to say about a description that is not there", () => {
    const { findings } = alone(someModel());
    const silent = findings.filter(({ outcome }) => outcome === "NOT_APPLICABLE").map(({ rule }) => rule);

    expect(silent).toEqual([
      "job.status",
      "job.consistent",
      "job.source-age",
      "target.device",
      "compiler.mcpu",
      "compiler.mattr",
      "compiler.options",
      "component.version",
      "model.agrees",
    ]);
  });

  it.each([
    ["another architecture", someModel({ arch: states("ARM64", "ELF") }), "target.arch"],
    ["a 32-bit library, which a job could not ask for", someModel({ arch: states("ARM", "ELF") }), "target.arch"],
    ["code for another GPU", someModel({ codes: [code("sm_80")] }), "compiler.gpu-code"],
    ["another TensorRT", someModel({ tensorrt: [states("8.2.1")] }), "compiler.trt-ver"],
    ["another CUDA up to 10", someModel({ cuda: [states("10.1")] }), "compiler.cuda-ver"],
  ] as const)("will not run on certain evidence of %s", (_, model, rule) => {
    expect(alone(model).runnable).toBe("WILL_NOT_RUN");
    expect(answersOf(rule, model)[0]).toBe("DRIFT BLOCKING");
  });

  it.each([
    ["INFERRED", "the model's files tell it only indirectly"],
    ["DISPUTED", "the model's files contradict each other about it"],
  ] as const)("is unknown, never drift, when the evidence is %s", (confidence, why) => {
    const model = someModel({ tensorrt: [states("8.2.1", "BLOB", { confidence })] });
    const { drift, runnable, findings } = alone(model);

    expect([drift, runnable]).toEqual(["UNKNOWN", "CANNOT_TELL"]);
    expect(findings.find(({ rule }) => rule === "compiler.trt-ver")?.because).toMatch(new RegExp(`; ${why}$`));
  });

  it("matches on uncertain evidence all the same", () => {
    const model = someModel({ tensorrt: [states("7.1.3", "BLOB_SCAN", { confidence: "INFERRED" })] });

    expect(answersOf("compiler.trt-ver", model)).toEqual(["MATCH INFO"]);
  });

  it("is an error at most for what only the bundled runtime loads", () => {
    const model = someModel({ tensorrt: [states("8", "NEEDED", { path: RUNTIME })] });

    expect(answersOf("compiler.trt-ver", model)).toEqual(["DRIFT ERROR"]);
    expect(alone(model).runnable).toBe("RUNNABLE_UNTESTED");
  });

  it("is a warning at most for the toolkit of CUDA 11 and later", () => {
    const model = someModel({ cuda: [states("11.4")] });
    const facts = someFacts({ cuda: library("12.2"), driver: is("535.54.03") });

    expect(answersOf("compiler.cuda-ver", model, facts)).toEqual(["DRIFT WARNING"]);
  });

  it("cannot tell anything about files that could not be read, and says why", () => {
    const { drift, runnable, findings } = alone(unreadModel());

    expect([drift, runnable]).toEqual(["UNKNOWN", "CANNOT_TELL"]);
    expect(findings.filter(({ outcome }) => outcome === "DRIFT")).toEqual([]);
    expect(findings.find(({ rule }) => rule === "target.arch")?.because).toBe(
      `The model's files do not say which architecture the package is for: could not read ${FOLDER} (EACCES)`,
    );
  });

  it("never infers drift from code that may be in a file that was not read", () => {
    const model = someModel({ codes: [code("sm_80")], unread: [{ path: `${FOLDER}/other.so`, why: "EACCES" }] });

    expect(answersOf("compiler.gpu-code", model)).toEqual(["UNKNOWN WARNING"]);
  });

  it("asks for no GPU where the files say CPU with certainty, and leaves it open where they do not", () => {
    const cpu = { codes: [], cuda: [], tensorrt: [] };
    const sure = someModel({ accelerator: states("CPU", "META"), ...cpu });
    const unsure = someModel({ accelerator: states("CPU", "META", { confidence: "INFERRED" }), ...cpu });

    expect(alone(sure, someFacts({ gpus: is([]), accelerator: NONE })).runnable).toBe("RUNNABLE_UNTESTED");
    expect(answersOf("target.accelerator", sure)).toEqual(["NOT_APPLICABLE INFO"]);
    expect(answersOf("target.accelerator", unsure)).toEqual(["UNKNOWN WARNING"]);
  });

  it("asks for no TensorRT when all files were read and have their own GPU code but no TensorRT", () => {
    expect(answersOf("compiler.trt-ver", someModel({ tensorrt: [] }))).toEqual(["NOT_APPLICABLE INFO"]);
    const unread = [{ path: "/x", why: "EACCES" }];
    expect(answersOf("compiler.trt-ver", someModel({ tensorrt: [], unread }))).toEqual(["UNKNOWN WARNING"]);
  });

  it("asks for no GPU code where TensorRT builds its engine on the device", () => {
    expect(answersOf("compiler.gpu-code", someModel({ codes: [] }))).toEqual(["NOT_APPLICABLE INFO"]);
    expect(answersOf("compiler.gpu-code", someModel({ codes: [], tensorrt: [] }))).toEqual(["UNKNOWN WARNING"]);
  });

  it("does not hold AWS's list of JetPack releases against a model that no job describes", () => {
    const facts = someXavier({ jetpack: is("5.1.2"), l4t: is("35.4.1") });

    expect(answersOf("compiler.trt-ver", xavierModel(), facts)).toEqual(["MATCH INFO"]);
  });

  it("reports no drift on a machine when nothing could be read", () => {
    const { findings } = alone(someModel(), noFacts());
    const outcomes = new Set(
      findings.filter(({ rule }) => !rule.startsWith("component.")).map(({ outcome }) => outcome),
    );

    expect([...outcomes].sort()).toEqual(["NOT_APPLICABLE", "UNKNOWN"]);
  });

  it("shows no character of a file's name that a terminal would act on", () => {
    const path = "/store/a\u001b[2J\n.so";
    const dirty = { path, place: "x\u0007" };
    const model = unreadModel({
      component: "a\nb",
      arch: states("ARM64", "ELF", dirty),
      floors: { glibc: states("2.99", "ELF", dirty), glibcxx: null },
      loads: [states("libfoo.so.1", "NEEDED", dirty)],
      unread: [{ path, why: "EACCES\n" }],
    });
    const inputs = [someFacts(), someXavier()].map((facts) => ({ facts, loadable: answersFor(model, "libfoo.so.1") }));
    const shown = inputs.flatMap((each) =>
      [null, someJob()].flatMap((job) => compare(someInput({ ...each, job, model })).findings),
    );

    expect(shown.some(({ rule, outcome }) => rule === "model.libraries" && outcome === "DRIFT")).toBe(true);
    expect(shown.filter((finding) => /\\[nu]/.test(JSON.stringify(finding)))).toEqual([]);
  });

  it("is uncertain when another version is deployed than the one that was read", () => {
    const deployed = someDeployed({ version: is("2.0.0") });
    const { findings } = compare(someInput({ job: null, model: someModel(), deployed }));

    expect(findings.find(({ rule }) => rule === "component.version")).toMatchObject({
      outcome: "UNKNOWN",
      expected: "1.0.0",
      actual: "2.0.0",
    });
  });
});

describe("GPU code in a model's files", () => {
  const T4 = someFacts();
  const XAVIER = someXavier();
  const ORIN = someXavier({ gpus: is([someTegraGpu({ computeCapability: "8.7" })]) });

  it.each([
    ["a cubin of the GPU's own", T4, [code("sm_75")], "MATCH INFO"],
    [
      "a cubin of an older minor on a card",
      someFacts({ gpus: is([someGpu({ computeCapability: "8.6" })]) }),
      [code("sm_80")],
      "MATCH INFO",
    ],
    ["a cubin of another major", T4, [code("sm_80")], "DRIFT BLOCKING"],
    ["a Jetson's cubin on another Jetson", ORIN, [code("sm_72")], "DRIFT BLOCKING"],
    ["PTX for the GPU itself", T4, [code("sm_75", "PTX")], "MATCH INFO"],
    ["PTX for an older minor on a card", T4, [code("sm_70", "PTX")], "MATCH INFO"],
    ["PTX for an older major", T4, [code("sm_53", "PTX")], "DRIFT WARNING"],
    ["a Jetson's PTX on a newer Jetson", ORIN, [code("sm_72", "PTX")], "DRIFT WARNING"],
    ["PTX for a newer GPU", T4, [code("sm_80", "PTX")], "DRIFT BLOCKING"],
    ["a cubin that fits beside PTX that does not", XAVIER, [code("sm_87", "PTX"), code("sm_72")], "MATCH INFO"],
    ["a cubin that does not fit beside PTX that does", T4, [code("sm_72"), code("sm_53", "PTX")], "DRIFT WARNING"],
    ["PTX of one architecture alone on that one", T4, [code("sm_75a", "PTX")], "MATCH INFO"],
    ["PTX of one architecture alone on another", T4, [code("sm_70a", "PTX")], "DRIFT BLOCKING"],
    ["what is no GPU code", T4, [code("native")], "UNKNOWN WARNING"],
  ])("%s is judged as expected", (_, facts, codes, expected) => {
    expect(answersOf("compiler.gpu-code", someModel({ codes }), facts)).toEqual([expected]);
  });

  it("must be there for the GPU in each stage's file", () => {
    const other = { ...code("sm_80"), path: `${FOLDER}/second/compiled.so` };
    const both = { ...code("sm_75"), path: `${FOLDER}/second/compiled.so` };

    expect(answersOf("compiler.gpu-code", someModel({ codes: [code("sm_75"), other] }))).toEqual(["DRIFT BLOCKING"]);
    expect(answersOf("compiler.gpu-code", someModel({ codes: [code("sm_75"), other, both] }))).toEqual(["MATCH INFO"]);
  });
});

describe("a model's files with a description", () => {
  it("leave a fitting, agreeing model as runnable as the description alone", () => {
    const model = someModel();
    const { drift, runnable, findings } = compare(someInput({ model, loadable: answersFor(model) }));

    expect([drift, runnable]).toEqual(["IN_SYNC", "RUNNABLE"]);
    expect(findings.some(({ basis }) => basis !== undefined)).toBe(false);
  });

  it("answer where the description is silent", () => {
    const job = someJob({ compilerOptions: gpuOptions({ trtVer: null }) });
    const { findings } = compare(someInput({ job, model: someModel() }));

    expect(findings.filter(({ basis }) => basis === "MODEL").map(({ rule, outcome }) => [rule, outcome])).toEqual([
      ["compiler.trt-ver", "MATCH"],
    ]);
  });

  it("leave a rule to what the description states, and block where they themselves will not run", () => {
    const model = someModel({ tensorrt: [states("8.2.1")] });
    const { findings } = compare(someInput({ model }));

    expect(findings.find(({ rule }) => rule === "compiler.trt-ver")).toMatchObject({
      outcome: "MATCH",
      expected: "7.1.3",
    });
    expect(findings.find(({ rule }) => rule === "model.agrees")).toMatchObject({
      outcome: "DRIFT",
      severity: "BLOCKING",
    });
  });
});

describe("judge", () => {
  const gone = { reason: "GONE", message: "The service ended" };
  const lookup = (changes: Partial<JobLookup>): JobLookup => ({
    ref: { project: "bottles", job: null },
    job: null,
    model: null,
    origin: null,
    unavailable: gone,
    deployed: null,
    ...changes,
  });
  const judged = (facts: DeviceFacts, ...lookups: JobLookup[]) =>
    judge({ lookups, facts, now: NOW, maxCopyAgeDays: null, waivers: [], loadable: answersFor(someModel()) });

  it("judges a model without a job, and checks nothing where neither could be had", () => {
    const verdicts = judged(someFacts(), lookup({}), lookup({ model: someModel() }), lookup({}));

    expect(verdicts.map(({ drift }) => drift)).toEqual(["NOT_CHECKED", "IN_SYNC", "NOT_CHECKED"]);
    expect(verdicts[0]?.findings[0]?.because).toBe("The service ended");
  });

  it("finds conflicts between a job and a model, and calls each what it is", () => {
    const facts = someXavier(
      { tensorrt: library("8.2.1"), cuda: library("10.2.300"), l4t: is("32.7.1") },
      { l4t: "32.7.1" },
    );
    const job = someJob({
      name: "old",
      targetPlatform: { os: "LINUX", arch: "ARM64", accelerator: "NVIDIA" },
      compilerOptions: gpuOptions({ gpuCode: "sm_72" }),
    });
    const model = xavierModel({ component: "new", version: "2.0.0", tensorrt: [states("8.2.1")] });
    const [first] = judged(facts, lookup({ job }), lookup({ model }));

    expect(
      first?.findings.find(({ rule, severity }) => rule === "job.consistent" && severity === "WARNING"),
    ).toMatchObject({
      actual: "TensorRT 8.2.1 for model new",
      because: expect.stringContaining("satisfies this job (TensorRT 7.1.3) and model new (TensorRT 8.2.1)"),
    });
  });

  it("names the model that a fix would break", () => {
    const facts = someXavier(
      { tensorrt: library("8.2.1"), cuda: library("10.2.300"), l4t: is("32.7.1") },
      { l4t: "32.7.1" },
    );
    const old = xavierModel({ component: "old" });
    const model = xavierModel({ component: "new", version: "2.0.0", tensorrt: [states("8.2.1")] });
    const [first] = judged(facts, lookup({ model: old }), lookup({ model }));
    const [fix] = first?.findings.find(({ rule }) => rule === "compiler.trt-ver")?.remedy ?? [];

    expect(fix).toMatch(
      /^JetPack 4\.\d.* brings TensorRT 7\.1\.3.*; it breaks model new, which wants TensorRT 8\.2\.1$/,
    );
  });
});
