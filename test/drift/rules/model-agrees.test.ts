import { describe, expect, it } from "vitest";
import { compare } from "../../../src/drift/compare.js";
import { remedies } from "../../../src/drift/remedies.js";
import type { PackagingJob } from "../../../src/job/job.js";
import type { PackagedModel } from "../../../src/model/model.js";
import {
  answers,
  cpuJob,
  findingsOf,
  gpuOptions,
  noFacts,
  someFacts,
  someInput,
  someJob,
  xavierJob,
} from "../builders.js";
import { COMPILED, code, RUNTIME, someModel, states, unreadModel, xavierModel } from "../model-builders.js";

const RULE = "model.agrees";
const GREENGRASS = "ModelPackagingConfiguration.Greengrass";

/** On a machine of which nothing is known, so that only the two are held against each other. */
function differences(job: PackagingJob, model: PackagedModel, facts = noFacts()): string[] {
  return findingsOf(RULE, { job, model, facts }).map(
    ({ outcome, severity, path, expected, actual }) =>
      `${outcome} ${severity} ${path.replace(`${GREENGRASS}.`, "")}: ${expected} / ${actual}`,
  );
}

describe("model.agrees", () => {
  it("does not apply without a description or without the model's files", () => {
    expect(answers(RULE, { model: null })).toEqual(["NOT_APPLICABLE INFO"]);
    expect(answers(RULE, { job: null, model: someModel() })).toEqual(["NOT_APPLICABLE INFO"]);
  });

  it("matches when both say the same, and names what they agree on", () => {
    const [finding] = findingsOf(RULE, { model: someModel() });

    expect(finding?.outcome).toBe("MATCH");
    expect(finding?.because).toBe(
      "The description and the model's files say the same: architecture X86_64, accelerator NVIDIA, GPU code sm_75, CUDA 10.2, TensorRT 7.1.3",
    );
    const inBlob = (value: string) => ({ from: `model ${COMPILED} (__tvm_dev_mblob)`, value });
    expect(finding?.evidence).toEqual([
      { from: `model ${COMPILED} (e_machine)`, value: "X86_64" },
      ...["NVIDIA", "sm_75", "10.2", "7.1.3"].map(inBlob),
      { from: "rule", value: expect.any(String) },
    ]);
  });

  it.each([
    [
      "a job for jetson_xavier, which stands for two releases of TensorRT",
      xavierJob(),
      xavierModel({ tensorrt: [states("8.2.1")] }),
    ],
    [
      "a job that leaves parts of a version out",
      someJob({ compilerOptions: gpuOptions({ trtVer: "7.1" }) }),
      someModel(),
    ],
    [
      "a job whose accelerator packdrift does not know, in all else",
      someJob({ targetPlatform: { os: "LINUX", arch: "X86_64", accelerator: "TPU" } }),
      someModel(),
    ],
    [
      "a job whose GPU code cannot be parsed, in all else",
      someJob({ compilerOptions: gpuOptions({ gpuCode: "turing" }) }),
      someModel(),
    ],
    ["files that tell the major alone", someJob(), someModel({ tensorrt: [states("7", "NEEDED")] })],
    [
      "files that hold the job's code among others",
      someJob(),
      someModel({ codes: [code("sm_53", "PTX"), code("sm_75", "PTX")] }),
    ],
    [
      "a model for the CPU",
      cpuJob(),
      someModel({ accelerator: states("CPU", "META"), codes: [], cuda: [], tensorrt: [] }),
    ],
  ])("matches %s", (_, job, model) => {
    expect(differences(job, model)).toEqual([expect.stringMatching(/^MATCH /)]);
  });

  it.each([
    ["architecture", someModel({ arch: states("ARM64", "ELF") }), "TargetPlatform.Arch: X86_64 / ARM64"],
    ["GPU code", someModel({ codes: [code("sm_72")] }), "CompilerOptions.gpu-code: sm_75 / sm_72"],
    ["CUDA", someModel({ cuda: [states("10.1")] }), "CompilerOptions.cuda-ver: 10.2 / 10.1"],
    ["TensorRT", someModel({ tensorrt: [states("8.2.1")] }), "CompilerOptions.trt-ver: 7.1.3 / 8.2.1"],
    [
      "accelerator",
      someModel({ accelerator: states("CPU", "META"), codes: [], cuda: [], tensorrt: [] }),
      "TargetPlatform.Accelerator: NVIDIA / CPU",
    ],
  ])("is an error for another %s, with both values", (_, model, expected) => {
    expect(differences(someJob(), model)).toEqual([`DRIFT ERROR ${expected}`]);
  });

  it("is an error for GPU code of another major, and for a job for the CPU it only says that the files need a GPU", () => {
    expect(differences(someJob(), someModel({ codes: [code("sm_85")] }))).toEqual([
      "DRIFT ERROR CompilerOptions.gpu-code: sm_75 / sm_85",
    ]);
    const cpu = cpuJob({ ...gpuOptions({ gpuCode: "sm_80", cudaVer: "11.4", trtVer: "8.2.1" }), mcpu: "core-avx2" });
    expect(differences(cpu, someModel())).toEqual(["DRIFT ERROR TargetPlatform.Accelerator: CPU / NVIDIA"]);
  });

  it("shows what the files say of the accelerator also where they hold no GPU code", () => {
    const model = someModel({ accelerator: states("CPU", "META"), codes: [], cuda: [], tensorrt: [] });
    const [finding] = findingsOf(RULE, { model, facts: noFacts() });
    expect(finding?.because).toBe(
      "The description says accelerator NVIDIA, but the model's files say CPU (the model's files)",
    );
    expect(finding?.evidence.slice(1)).toEqual([
      { from: "the model's files", value: "CPU" },
      { from: "rule", value: expect.any(String) },
    ]);
  });

  it("names a file without its folder, if it has one", () => {
    const codes = [{ ...code("sm_72"), path: "compiled.so" }];
    expect(findingsOf(RULE, { model: someModel({ codes }), facts: noFacts() })[0]?.because).toMatch(
      /say sm_72 \(compiled\.so \(__tvm_dev_mblob\)\)$/,
    );
  });

  it("reports each difference on its own, with the place in the files", () => {
    const model = someModel({ codes: [code("sm_72")], tensorrt: [states("8.2.1")] });
    const found = findingsOf(RULE, { model, facts: noFacts() });

    expect(found.map(({ because }) => because)).toEqual([
      `The description says GPU code sm_75, but the model's files say sm_72 (compiled.so (__tvm_dev_mblob))`,
      `The description says TensorRT 7.1.3, but the model's files say 8.2.1 (compiled.so (__tvm_dev_mblob))`,
    ]);
    expect(found[0]?.evidence.map(({ from }) => from)).toEqual([
      `job ${GREENGRASS}.CompilerOptions.gpu-code`,
      `model ${COMPILED} (__tvm_dev_mblob)`,
      "rule",
    ]);
  });

  it("is a warning where only the bundled runtime says so, or a toolkit of CUDA 11 or later", () => {
    const runtime = someModel({ cuda: [states("10.1", "NEEDED", { path: RUNTIME })] });
    const toolkit = someModel({ cuda: [states("11.2")] });

    expect(differences(someJob(), runtime)).toEqual([expect.stringMatching(/^DRIFT WARNING .*10\.2 \/ 10\.1$/)]);
    expect(differences(someJob({ compilerOptions: gpuOptions({ cudaVer: "11.4" }) }), toolkit)).toEqual([
      expect.stringMatching(/^DRIFT WARNING .*11\.4 \/ 11\.2$/),
    ]);
  });

  it("is unknown where the files are not certain, or have nothing in common with the description", () => {
    const disputed = someModel({ tensorrt: [states("8.2.1", "BLOB", { confidence: "DISPUTED" })] });

    expect(differences(someJob(), disputed)).toEqual([expect.stringMatching(/^UNKNOWN INFO .*7\.1\.3 \/ 8\.2\.1$/)]);
    expect(answers(RULE, { model: unreadModel() })).toEqual(["UNKNOWN INFO"]);
  });

  it.each([
    [
      "GPU code",
      someModel({ codes: [code("sm_80")] }),
      "The model holds sm_80 code, which needs compute capability 8.0",
    ],
    [
      "TensorRT",
      someModel({ tensorrt: [states("8.2.1")] }),
      "The model needs TensorRT 8.2.1 and is linked to libnvinfer.so.8",
    ],
    ["architecture", someModel({ arch: states("ARM64", "ELF") }), "The package is for ARM64"],
  ])(
    "blocks when the built model will not run here because of its %s, although the description fits",
    (_, model, why) => {
      const verdict = compare(someInput({ model }));
      const found = verdict.findings.find(({ rule }) => rule === RULE);

      expect([verdict.runnable, found?.severity]).toEqual(["WILL_NOT_RUN", "BLOCKING"]);
      expect(found?.because).toContain(`; what was built will not run here: ${why}`);
    },
  );

  it("does not block where what was built runs here, whatever the description says, or where the files are not certain", () => {
    const described = someJob({ compilerOptions: gpuOptions({ trtVer: "8.2.1" }) });
    const unsure = someModel({ tensorrt: [states("8.2.1", "BLOB", { confidence: "INFERRED" })] });

    expect(differences(described, someModel(), someFacts())).toEqual([expect.stringMatching(/^DRIFT ERROR /)]);
    const near = someModel({ tensorrt: [states("7.2.3")] });
    expect(differences(someJob(), near, someFacts())).toEqual([expect.stringMatching(/^DRIFT ERROR /)]);
    const toolkit = someModel({ cuda: [states("11.2")] });
    expect(differences(someJob(), toolkit, someFacts())).toEqual([expect.stringMatching(/^DRIFT WARNING /)]);
    expect(differences(someJob(), unsure, someFacts())).toEqual([expect.stringMatching(/^UNKNOWN INFO /)]);
  });

  it("says when the files are of another version than the description", () => {
    const model = someModel({ version: "2.0.0", codes: [code("sm_80")] });
    const [finding] = findingsOf(RULE, { model, facts: noFacts() });

    expect(finding?.because).toMatch(/; the files are those of version 2\.0\.0, the description is that of 1\.0\.0$/);
  });

  it("does not mention versions when one of the two is not known", () => {
    const because = (version: string | null, described: string | null) =>
      findingsOf(RULE, {
        job: someJob({ component: { name: "bottle-model", version: described, versionFrom: null } }),
        model: someModel({ version, codes: [code("sm_80")] }),
        facts: noFacts(),
      })[0]?.because;
    for (const [version, described] of [
      ["2.0.0", null],
      [null, "1.0.0"],
      [null, null],
      ["1.0.0", "1.0.0"],
    ] as const) {
      expect(because(version, described)).toMatch(/\(compiled\.so \(__tvm_dev_mblob\)\)$/);
    }
  });

  it("has a fix that names the component and both versions", () => {
    const model = someModel({ version: "2.0.0", codes: [code("sm_80")] });
    const { verdict } = remedies(someInput({ model }), []);

    expect(verdict.findings.find(({ rule }) => rule === RULE)?.remedy).toEqual([
      "Checking against the description of the job that made bottle-model 2.0.0",
      "Deploying bottle-model 1.0.0, if the description is that of the model wanted",
    ]);
  });
});
