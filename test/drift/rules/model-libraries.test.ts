import { describe, expect, it } from "vitest";
import type { LoaderAnswer } from "../../../src/device/loader-answers.js";
import { remedies } from "../../../src/drift/remedies.js";
import type { PackagedModel } from "../../../src/model/model.js";
import { answers, findingsOf, is, NONE, someFacts, someInput, someJob, UNREADABLE } from "../builders.js";
import {
  answersFor,
  COMPILED,
  FOLDER,
  RUNTIME,
  runtimeLoads,
  someModel,
  states,
  unreadModel,
} from "../model-builders.js";

const RULE = "model.libraries";
const LIBC: LoaderAnswer = { soname: "libc.so.6", state: "FOUND", path: "/usr/lib/libc.so.6", why: null };
const NVINFER: LoaderAnswer = {
  soname: "libnvinfer.so.7",
  state: "FOUND",
  path: "/usr/lib/libnvinfer.so.7",
  why: null,
};

function because(model: PackagedModel, ...missing: string[]): string {
  const [finding] = findingsOf(RULE, { job: null, model, loadable: answersFor(model, ...missing) });
  return finding?.because ?? "";
}

describe("model.libraries", () => {
  it("does not apply where no model's files were looked at", () => {
    const [finding] = findingsOf(RULE, { model: null });

    expect(finding?.outcome).toBe("NOT_APPLICABLE");
    expect(finding?.because).toBe("The packaged model's own files were not looked at");
  });

  it("matches where the loader finds everything, with or without a job", () => {
    const loadable = answersFor(someModel());

    expect(answers(RULE, { model: someModel(), loadable })).toEqual(["MATCH INFO"]);
    expect(answers(RULE, { job: null, model: someModel(), loadable })).toEqual(["MATCH INFO"]);
  });

  it("blocks where the compiled model loads what the loader does not find, and names both", () => {
    const [finding] = findingsOf(RULE, { model: someModel(), loadable: answersFor(someModel(), "libc.so.6") });

    expect(finding).toMatchObject({
      outcome: "DRIFT",
      severity: "BLOCKING",
      expected: "libc.so.6",
      actual: "not found by the loader",
      because: "compiled.so loads libc.so.6, which this machine's loader does not find",
    });
    expect(finding?.evidence[0]).toEqual({ from: `model ${COMPILED} (DT_NEEDED)`, value: "libc.so.6" });
  });

  it.each([
    ["blocks where the job names the same TensorRT", someJob(), someModel({ tensorrt: [] }), "DRIFT BLOCKING"],
    ["blocks where the blob names it", null, someModel(), "DRIFT BLOCKING"],
    ["is an error where only the runtime names it", null, someModel({ tensorrt: [] }), "DRIFT ERROR"],
    ["is an error where the blob names another", null, someModel({ tensorrt: [states("8.2.1")] }), "DRIFT ERROR"],
  ])("for what only the bundled runtime loads it %s", (_, job, model, expected) => {
    expect(answers(RULE, { job, model, loadable: answersFor(model, "libnvinfer.so.7") })).toEqual([expected]);
  });

  it("takes the CUDA of libcudart's name, and of no library with numbers of its own", () => {
    const model = someModel({
      cuda: [states("11.4")],
      loads: [runtimeLoads("libcudart.so.11.0"), runtimeLoads("libcurand.so.11"), runtimeLoads("libcudnn.so.8")],
    });
    const loadable = answersFor(model, "libcudart.so.11.0", "libcurand.so.11", "libcudnn.so.8");

    expect(
      findingsOf(RULE, { job: null, model, loadable }).map(({ severity, expected }) => [severity, expected]),
    ).toEqual([
      ["BLOCKING", "libcudart.so.11.0"],
      ["ERROR", "libcurand.so.11, libcudnn.so.8"],
    ]);
  });

  it("says of a library that is there but lacks its own what is missing below it", () => {
    const loadable = [LIBC, { ...NVINFER, lacks: ["libcudnn.so.8"] }];

    expect(findingsOf(RULE, { job: null, model: someModel(), loadable })).toMatchObject([
      {
        severity: "BLOCKING",
        expected: "libcudnn.so.8",
        because:
          "libdlr.so loads libnvinfer.so.7, which this machine has, but what that loads is missing: libcudnn.so.8",
      },
    ]);
  });

  it.each([
    ["the loader was not asked", someModel(), undefined, "this machine's loader was not asked"],
    [
      "there is no cache to read",
      someModel(),
      [LIBC, { ...NVINFER, state: "UNKNOWN", path: null, why: "/etc/ld.so.cache is not there" } as const],
      "/etc/ld.so.cache is not there",
    ],
    ["a file was not read", unreadModel(), [], `could not read ${FOLDER} (EACCES)`],
  ])("is unknown and decides nothing where %s", (_, model, loadable, why) => {
    const changes = loadable === undefined ? { model } : { model, loadable };
    const [finding] = findingsOf(RULE, changes);

    expect([finding?.outcome, finding?.severity]).toEqual(["UNKNOWN", "INFO"]);
    expect(finding?.because).toContain(why);
  });

  it("does not apply on another architecture, whose loader would be another", () => {
    const model = someModel({ arch: states("ARM64", "ELF") });

    expect(answers(RULE, { model, loadable: answersFor(model, "libc.so.6") })).toEqual(["NOT_APPLICABLE INFO"]);
  });

  it("blocks where the C library is older than the compiled model needs, or another one", () => {
    const model = someModel({ floors: { glibc: states("2.29", "ELF"), glibcxx: null } });
    const loadable = answersFor(model);

    expect(findingsOf(RULE, { model, loadable, facts: someFacts({ glibc: is("2.27") }) })).toMatchObject([
      { severity: "BLOCKING", because: "compiled.so needs glibc 2.29, and this system has 2.27, so it does not load" },
    ]);
    expect(answers(RULE, { model, loadable, facts: someFacts({ glibc: is("2.29") }) })).toEqual(["MATCH INFO"]);
    expect(answers(RULE, { model, loadable, facts: someFacts({ glibc: NONE }) })).toEqual(["DRIFT BLOCKING"]);
    expect(answers(RULE, { model, loadable, facts: someFacts({ glibc: UNREADABLE }) })).toEqual(["UNKNOWN INFO"]);
  });

  it("is an error where only the bundled runtime needs the newer C library", () => {
    const model = someModel({ floors: { glibc: states("2.29", "ELF", { path: RUNTIME }), glibcxx: null } });

    expect(answers(RULE, { model, loadable: answersFor(model) })).toEqual(["DRIFT ERROR"]);
  });

  it.each([
    ["3.4.25", "MATCH INFO"],
    ["3.4.29", "MATCH INFO"],
    ["3.4.24", "DRIFT BLOCKING"],
    [undefined, "UNKNOWN INFO"],
  ])("compares the C++ library's floor with GLIBCXX %s: %s", (glibcxx, expected) => {
    const model = someModel({
      loads: [states("libstdc++.so.6", "NEEDED")],
      floors: { glibc: null, glibcxx: states("3.4.25", "ELF") },
    });
    const found = { soname: "libstdc++.so.6", state: "FOUND", path: "/usr/lib/libstdc++.so.6", why: null } as const;

    expect(answers(RULE, { model, loadable: [glibcxx === undefined ? found : { ...found, glibcxx }] })).toEqual([
      expected,
    ]);
  });

  it("shortens a long list of names", () => {
    const names = Array.from({ length: 30 }, (_, at) => `libpart${at}.so.1`);
    const model = someModel({ loads: names.map((name) => states(name, "NEEDED")) });

    expect(because(model, ...names)).toMatch(/libpart7\.so\.1 and 22 more, which this machine's loader does not find$/);
  });

  it("has a fix for what is missing, for the C library and for the C++ library", () => {
    const model = someModel({
      loads: [runtimeLoads("libnvinfer.so.7"), states("libstdc++.so.6", "NEEDED")],
      floors: { glibc: states("2.99", "ELF"), glibcxx: states("3.4.99", "ELF") },
    });
    const loadable = answersFor(model, "libnvinfer.so.7").map((one) =>
      one.soname === "libstdc++.so.6" ? { ...one, glibcxx: "3.4.25" } : one,
    );
    const { verdict } = remedies(someInput({ job: null, model, loadable }), []);

    expect(verdict.findings.filter(({ rule }) => rule === RULE).map(({ remedy }) => remedy[0])).toEqual([
      "Installing libnvinfer.so.7 (TensorRT 7)",
      "Nothing on this machine helps: the C library comes with the system",
      "A newer C++ library (package libstdc++6) that has GLIBCXX_3.4.99",
    ]);
  });
});
