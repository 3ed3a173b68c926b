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
    expect(finding?.because).toBe("The packaged model's own files were not read");
  });

  it("matches where the loader finds everything, with or without a job", () => {
    const loadable = answersFor(someModel());

    expect(answers(RULE, { model: someModel(), loadable })).toEqual(["MATCH INFO"]);
    expect(answers(RULE, { job: null, model: someModel(), loadable })).toEqual(["MATCH INFO"]);
  });

  it("shows for each library which file names it and what the loader finds", () => {
    const loads = [
      states("liba.so.1", "NEEDED", { place: "DT_NEEDED" }),
      runtimeLoads("liba.so.1"),
      runtimeLoads("libb.so.1"),
    ];
    const [finding] = findingsOf(RULE, {
      model: someModel({ loads }),
      loadable: [
        { ...LIBC, soname: "liba.so.1", path: "/usr/lib/liba.so.1" },
        { ...LIBC, soname: "libb.so.1", path: null, why: "part of the loader" },
      ],
    });
    expect(finding).toMatchObject({
      outcome: "MATCH",
      expected: "liba.so.1, libb.so.1",
      actual: "found by the loader",
      because: "This machine's loader finds everything that the model's files load: liba.so.1, libb.so.1",
    });
    expect(finding?.evidence).toEqual([
      { from: `model ${COMPILED} (DT_NEEDED)`, value: "liba.so.1" },
      { from: "the dynamic loader", value: "liba.so.1: /usr/lib/liba.so.1" },
      { from: `model ${RUNTIME} (DT_NEEDED)`, value: "libb.so.1" },
      { from: "the dynamic loader", value: "libb.so.1: part of the loader" },
      { from: "rule", value: expect.any(String) },
    ]);
  });

  it("does not apply where the files load nothing, and applies where the machine's architecture is not known", () => {
    const nothing = someModel({ loads: [], floors: { glibc: null, glibcxx: null } });
    expect(findingsOf(RULE, { model: nothing })).toMatchObject([
      { outcome: "NOT_APPLICABLE", because: "The model's files load no library from outside" },
    ]);
    expect(
      answers(RULE, {
        model: someModel(),
        loadable: answersFor(someModel()),
        facts: someFacts({ arch: UNREADABLE }),
      }),
    ).toEqual(["MATCH INFO"]);
  });

  it("names at most three files that load what is missing", () => {
    const from = (...files: readonly string[]) =>
      someModel({ loads: files.map((path) => states("libx.so.1", "NEEDED", { path: `/m/${path}` })) });
    const end = "libx.so.1, which this machine's loader does not find";
    expect(because(from("a.so"), "libx.so.1")).toBe(`a.so loads ${end}`);
    expect(because(from("a.so", "b.so", "c.so", "d.so"), "libx.so.1")).toBe(`a.so, b.so and c.so load ${end}`);
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

  it("reads the CUDA version from libcudart's name, but not from libraries with other numbers", () => {
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

  it("says what is missing below a library that is there but lacks a library of its own", () => {
    const loadable = [LIBC, { ...NVINFER, lacks: ["libcudnn.so.8"] }];

    expect(findingsOf(RULE, { job: null, model: someModel(), loadable })).toMatchObject([
      {
        severity: "BLOCKING",
        expected: "libcudnn.so.8",
        because:
          "libdlr.so loads libnvinfer.so.7, which this machine has, but what that loads is missing: libcudnn.so.8",
      },
    ]);
    expect(findingsOf(RULE, { job: null, model: someModel(), loadable })[0]?.evidence[1]).toEqual({
      from: "the dynamic loader",
      value: "libnvinfer.so.7: /usr/lib/libnvinfer.so.7, which lacks libcudnn.so.8",
    });
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

  it("shows this system's C library and the file that needs a newer one", () => {
    const model = someModel({ floors: { glibc: states("2.29", "ELF", { place: ".gnu.version_r" }), glibcxx: null } });
    const found = (glibc: ReturnType<typeof someFacts>["glibc"], floored = model) =>
      findingsOf(RULE, { model: floored, loadable: answersFor(floored), facts: someFacts({ glibc }) })[0];
    expect(found(is("2.27"))).toMatchObject({ expected: "glibc 2.29 or later", actual: "glibc 2.27" });
    expect(found(is("2.27"))?.evidence).toEqual([
      { from: `model ${COMPILED} (.gnu.version_r)`, value: "2.29" },
      { from: "/place", value: "2.27" },
      { from: "rule", value: expect.any(String) },
    ]);
    expect(found(NONE)).toMatchObject({
      actual: "no glibc",
      because: "compiled.so needs glibc 2.29, and this system has another C library (/place)",
    });
    expect(found(UNREADABLE)).toMatchObject({
      actual: null,
      because:
        "Whether glibc 2.29 or later is there, which compiled.so needs, is not known (not readable: permission denied)",
    });
    const strange = someModel({ floors: { glibc: states("PRIVATE", "ELF"), glibcxx: null } });
    expect(found(is("2.27"), strange)).toMatchObject({ outcome: "UNKNOWN", severity: "INFO" });
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

  it("shows the C++ library and its versions, and compares none that is not loaded", () => {
    const floors = { glibc: null, glibcxx: states("3.4.29", "ELF") };
    const model = someModel({ loads: [states("libstdc++.so.6", "NEEDED")], floors });
    const path = "/usr/lib/libstdc++.so.6";
    const found = (answer: Partial<LoaderAnswer>, floored = model) =>
      findingsOf(RULE, { model: floored, loadable: [{ ...LIBC, soname: "libstdc++.so.6", path, ...answer }] });
    expect(found({ glibcxx: "3.4.25" })).toMatchObject([
      {
        expected: "GLIBCXX_3.4.29 or later",
        actual: "GLIBCXX_3.4.25",
        because: `compiled.so needs GLIBCXX_3.4.29, and ${path} has 3.4.25, so it does not load`,
      },
    ]);
    expect(found({ glibcxx: "3.4.25" })[0]?.evidence).toEqual([
      { from: `model ${COMPILED} (__tvm_dev_mblob)`, value: "3.4.29" },
      { from: path, value: "GLIBCXX_3.4.25" },
      { from: "rule", value: expect.any(String) },
    ]);
    const [unread] = found({});
    expect(unread).toMatchObject({
      actual: null,
      because: `Whether GLIBCXX_3.4.29 or later is there, which compiled.so needs, is not known (${path} could not be read)`,
    });
    expect(unread?.evidence[1]).toEqual({ from: path, value: "not readable" });
    expect(found({ path: null })[0]?.evidence[1]?.from).toBe("libstdc++.so.6");
    expect(found({ state: "MISSING", path: null })).toMatchObject([{ expected: "libstdc++.so.6" }]);
    expect(found({ glibcxx: "3.4.25" }, someModel({ ...model, floors: { glibc: null, glibcxx: null } }))).toMatchObject(
      [{ outcome: "MATCH" }],
    );
    const unloaded = someModel({ loads: [states("libc.so.6", "NEEDED")], floors });
    expect(findingsOf(RULE, { model: unloaded, loadable: [LIBC] })).toMatchObject([{ outcome: "MATCH" }]);
  });

  it("shows no more libraries than it names, and counts none beyond eight of eight", () => {
    const names = Array.from({ length: 9 }, (_, at) => `libpart${at}.so.1`);
    const missing = (count: number) => {
      const model = someModel({ loads: names.slice(0, count).map((name) => states(name, "NEEDED")) });
      return findingsOf(RULE, { job: null, model, loadable: answersFor(model, ...names) })[0];
    };
    expect(missing(8)?.because).toMatch(/libpart7\.so\.1, which/);
    expect(missing(9)?.because).toMatch(/libpart7\.so\.1 and 1 more, which/);
    expect([missing(8)?.evidence.length, missing(9)?.evidence.length]).toEqual([17, 17]);
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
