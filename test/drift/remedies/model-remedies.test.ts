import { describe, expect, it } from "vitest";
import type { LoaderAnswer } from "../../../src/device/loader-answers.js";
import { needsOf } from "../../../src/drift/needs.js";
import { agreesRemedies } from "../../../src/drift/remedies/model-remedies.js";
import type { PackagedModel } from "../../../src/model/model.js";
import { fixesOf, is, NONE, someFacts, someInput, someJob, someXavier } from "../builders.js";
import { answersFor, COMPILED, RUNTIME, runtimeLoads, someModel, states, xavierModel } from "../model-builders.js";

const byModel = (soname: string) => states(soname, "NEEDED", { path: COMPILED, place: "DT_NEEDED" });
const FINDING =
  "Where they are installed already: letting the loader find their folder (a line in /etc/ld.so.conf.d, then ldconfig) changes no installed version";
const fixes = (model: PackagedModel, loadable: readonly LoaderAnswer[], facts = someFacts()) =>
  fixesOf("model.libraries", { job: null, model, loadable, facts });
const floors = (changes: Partial<PackagedModel["floors"]>) => ({ floors: { glibc: null, glibcxx: null, ...changes } });

describe("librariesRemedies", () => {
  it("install what the loader does not find, with the product that a library belongs to", () => {
    const model = someModel({ loads: [byModel("libnvinfer.so.7"), byModel("libfoo.so.1"), byModel("libbar.so.1")] });
    expect(fixes(model, answersFor(model, "libnvinfer.so.7", "libfoo.so.1"))).toEqual([
      "Installing libnvinfer.so.7 (TensorRT 7) and libfoo.so.1",
      FINDING,
    ]);
  });

  it("install what a library that is there lacks, each once", () => {
    const model = someModel({ loads: [byModel("liba.so.1"), byModel("libb.so.1"), byModel("libc.so.6")] });
    const [a, b, c] = answersFor(model).map((answer) => ({ ...answer, lacks: ["libz.so.1"] }));
    const loadable = [a, b, { ...c, lacks: [] }] as readonly LoaderAnswer[];
    expect(fixes(model, loadable)[0]).toBe("Installing libz.so.1");
  });

  it("leave out what is less certain to keep the model from running than the finding says", () => {
    const model = someModel({ loads: [byModel("libfoo.so.1"), runtimeLoads("libbar.so.1")] });
    expect(fixes(model, answersFor(model, "libfoo.so.1", "libbar.so.1"))[0]).toBe("Installing libfoo.so.1");
  });

  it("name at most eight libraries", () => {
    const names = "abcdefghij".split("").map((letter) => `lib${letter}.so.1`);
    const model = someModel({ loads: names.map(byModel) });
    expect(fixes(model, answersFor(model, ...names))[0]).toBe(
      `Installing ${names.slice(0, 7).join(", ")} and ${names[7]}`,
    );
  });

  it("say where to install: in a container's image, from a Jetson's JetPack", () => {
    const model = someModel({ loads: [byModel("libfoo.so.1")] });
    const inContainer = fixes(model, answersFor(model, "libfoo.so.1"), someFacts({ container: is(true) }));
    expect(inContainer[0]).toBe("Installing libfoo.so.1 in this container's image");
    const onJetson = xavierModel({ loads: [byModel("libfoo.so.1")] });
    expect(fixes(onJetson, answersFor(onJetson, "libfoo.so.1"), someXavier())[0]).toBe(
      "Installing libfoo.so.1 (NVIDIA's come with the JetPack, package nvidia-jetpack)",
    );
  });

  it("take a newer system for a newer C library, and a package for a newer C++ library", () => {
    const glibc = someModel({ loads: [], ...floors({ glibc: states("2.31", "NEEDED") }) });
    expect(fixes(glibc, [])).toEqual([
      "Nothing on this machine helps: the C library comes with the system",
      "A system with a newer C library, or a container of one",
    ]);
    const glibcxx = someModel({
      loads: [byModel("libstdc++.so.6")],
      ...floors({ glibcxx: states("3.4.29", "NEEDED") }),
    });
    const loadable = answersFor(glibcxx).map((answer) => ({ ...answer, glibcxx: "3.4.25" }));
    expect(fixes(glibcxx, loadable)).toEqual(["A newer C++ library (package libstdc++6) that has GLIBCXX_3.4.29"]);
  });
});

describe("agreesRemedies", () => {
  const texts = (changes: Parameters<typeof someInput>[0]) => {
    const input = someInput(changes);
    return agreesRemedies({ ...input, needs: needsOf(input) }).map(({ change }) => change);
  };
  const WANTED = "if the description is that of the model wanted";

  it("name the two that differ, and which version each is of", () => {
    expect(fixesOf("model.agrees", { model: xavierModel({ component: "can-model", version: "2.0.0" }) })).toEqual([
      "Checking against the description of the job that made can-model 2.0.0",
      `Deploying can-model 1.0.0, ${WANTED}`,
    ]);
  });

  it("name the job's component when the model's folder names none, and a general term when neither does", () => {
    const model = xavierModel({ component: null, version: null });
    expect(texts({ model })).toEqual([
      "Checking against the description of the job that made bottle-model in the version that is deployed",
      `Deploying bottle-model 1.0.0, ${WANTED}`,
    ]);
    const component = { name: null, version: null, versionFrom: null };
    expect(texts({ model, job: someJob({ component }) })).toEqual([
      "Checking against the description of the job that made the component in the version that is deployed",
      `Deploying the component in the version that the job made, ${WANTED}`,
    ]);
    expect(texts({ model: null, job: null })[0]).toContain("made the component in the version that is deployed");
  });
});

describe("the runtime's own floor", () => {
  it("is fixed as the model's is", () => {
    const model = someModel({ loads: [], ...floors({ glibc: states("2.31", "NEEDED", { path: RUNTIME }) }) });
    expect(fixes(model, [])[1]).toBe("A system with a newer C library, or a container of one");
    expect(fixes(model, [], someFacts({ glibc: NONE }))[0]).toContain("comes with the system");
  });
});
