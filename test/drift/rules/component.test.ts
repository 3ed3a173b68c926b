import { describe, expect, it } from "vitest";
import type { Reading } from "../../../src/device/facts.js";
import { compare } from "../../../src/drift/compare.js";
import type { Deployed } from "../../../src/drift/deployed.js";
import { componentOf } from "../../../src/drift/rules/component.js";
import type { PackagedModel } from "../../../src/model/model.js";
import { answers, findingsOf, is, NONE, someDeployed, someInput, someJob, UNREADABLE } from "../builders.js";
import { FOLDER, someModel } from "../model-builders.js";

const component = (changes: object) =>
  someJob({ component: { name: "bottle-model", version: "1.0.0", versionFrom: "OUTPUT", ...changes } });

const OUTPUT_NAME = "ModelPackagingOutputDetails.Greengrass.ComponentName";

describe("component.deployed", () => {
  it.each([
    ["MATCH INFO", "the job's component", someJob(), someDeployed()],
    ["DRIFT ERROR", "none", someJob(), someDeployed({ present: NONE })],
    ["DRIFT ERROR", "another component", someJob(), someDeployed({ name: "can-model" })],
    ["UNKNOWN WARNING", "what no source tells", someJob(), someDeployed({ present: UNREADABLE })],
    ["UNKNOWN WARNING", "a component that the job does not name", component({ name: null }), someDeployed()],
  ])("answers %s for %s", (answer, _, job, deployed) => {
    expect(answers("component.deployed", { job, deployed })).toEqual([answer]);
  });

  it.each([
    ["bottle-model", is(true as const), "bottle-model"],
    ["not deployed", NONE, "none"],
    [null, UNREADABLE, "not readable: permission denied"],
  ])("shows %s as found, with the same evidence", (actual, present, value) => {
    const [finding] = findingsOf("component.deployed", { deployed: someDeployed({ present }) });
    expect([finding?.actual, finding?.evidence[0]]).toEqual([actual, { from: "/place", value }]);
  });

  it("says why it cannot tell which component holds the model", () => {
    expect(findingsOf("component.deployed", { job: component({ name: null }) })[0]?.because).toBe(
      "The description does not name the component that holds the model",
    );
    const other = findingsOf("component.deployed", { deployed: someDeployed({ name: "can-model" }) })[0];
    expect(other?.because).toBe("The job made component bottle-model, but can-model is what is deployed");
  });

  it("names the output's property, or the configuration's where the job has no output", () => {
    const path = (output: ReturnType<typeof someJob>["output"]) =>
      findingsOf("component.deployed", { job: someJob({ output }) })[0]?.path;
    expect([path({ name: "bottle-model", version: null, arn: null }), path(null)]).toEqual([
      OUTPUT_NAME,
      "ModelPackagingConfiguration.Greengrass.ComponentName",
    ]);
  });
});

describe("a compilation job, which makes no component", () => {
  const compiled = (name: string | null) =>
    someJob({ project: "sagemaker-neo", component: { name, version: null, versionFrom: null } });
  const all = (name: string | null) => {
    const input = { job: compiled(name), deployed: someDeployed() };
    return ["component.deployed", "component.version", "component.state"].flatMap((rule) =>
      answers(rule as "component.deployed", input),
    );
  };

  it("expects no version, and nothing at all without a component name", () => {
    expect(all(null)).toEqual(["NOT_APPLICABLE INFO", "NOT_APPLICABLE INFO", "NOT_APPLICABLE INFO"]);
    expect(all("bottle-model")).toEqual(["MATCH INFO", "NOT_APPLICABLE INFO", "MATCH INFO"]);
    const versioned = someJob({ project: "sagemaker-neo" });
    expect(answers("component.version", { job: versioned, deployed: someDeployed({ version: is("2.0.0") }) })).toEqual([
      "DRIFT ERROR",
    ]);
  });
});

describe("a model without a job", () => {
  const without = (model: PackagedModel, deployed: Deployed) =>
    findingsOf("component.version", { job: null, model, deployed })[0];

  it("is looked for by the component that its folder is of", () => {
    const deployed = (changes: Partial<Deployed>, model = someModel()) =>
      findingsOf("component.deployed", { job: null, model, deployed: someDeployed(changes) })[0];
    expect(deployed({})).toMatchObject({ outcome: "MATCH", path: OUTPUT_NAME });
    expect(deployed({ name: "can-model" })?.because).toBe(
      "The model's files are those of component bottle-model, but can-model is what is deployed",
    );
    expect(deployed({}, someModel({ component: null }))).toMatchObject({
      outcome: "UNKNOWN",
      because: "The folder of the model's files does not name their component",
    });
  });

  it("has nothing to compare where the version that was read is deployed, or one of the two is not known", () => {
    for (const [read, found] of [
      ["1.0.0", is("1.0.0")],
      [null, is("1.0.0")],
      ["1.0.0", UNREADABLE],
    ] as const) {
      expect(without(someModel({ version: read }), someDeployed({ version: found }))).toMatchObject({
        outcome: "NOT_APPLICABLE",
        because: "Only a description says which version ought to be deployed",
      });
    }
    expect(without(someModel({ version: "2.0.0" }), someDeployed({ present: NONE }))?.because).toContain(
      "neither version nor state",
    );
  });

  it("is not known where another version is deployed than the one whose files were read", () => {
    const finding = (model: PackagedModel) => without(model, someDeployed({ version: is("2.0.0") }));
    expect(finding(someModel())).toMatchObject({
      outcome: "UNKNOWN",
      basis: "MODEL",
      expected: "1.0.0",
      actual: "2.0.0",
      because:
        "The files of version 1.0.0 were read, but version 2.0.0 of bottle-model is deployed, so what they say may not hold for it",
      evidence: [{ from: FOLDER, value: "1.0.0" }, { from: "/place", value: "2.0.0" }, { from: "rule" }],
    });
    expect(finding(someModel({ folders: [] }))?.evidence[0]).toEqual({ from: "the model's files", value: "1.0.0" });
  });

  it("is not compared with the model version that the Edge Agent has", () => {
    const arn = "arn:aws:lookoutvision:eu-west-1:1:model/bottles/1";
    const deployed = someDeployed({ model: is({ arn, status: "RUNNING", message: "" }) });
    expect(findingsOf("component.version", { job: null, model: someModel(), deployed })[1]).toMatchObject({
      outcome: "NOT_APPLICABLE",
      because: "There is no description of the job: the model's own files are compared",
    });
  });
});

describe("component.version", () => {
  it.each([
    ["MATCH INFO", "1.0.0", "1.0.0"],
    ["MATCH INFO", "01.00.000", "1.0.0"],
    ["DRIFT ERROR", "1.0.0", "1.0.1"],
    ["DRIFT ERROR", "1.10.0", "1.9.0"],
    ["DRIFT ERROR", "1.0.0", "1.0.0-beta"],
    ["UNKNOWN WARNING", "1.0.0", "latest"],
    ["UNKNOWN WARNING", "1.0", "1.0.0"],
    ["UNKNOWN WARNING", null, "1.0.0"],
  ])("answers %s for %s wanted and %s deployed", (answer, version, deployed) => {
    expect(
      answers("component.version", { job: component({ version }), deployed: someDeployed({ version: is(deployed) }) }),
    ).toEqual([answer]);
  });

  it("cannot tell what could not be read", () => {
    expect(answers("component.version", { deployed: someDeployed({ version: UNREADABLE }) })).toEqual([
      "UNKNOWN WARNING",
    ]);
  });

  it("says whether the description or the machine leaves the version open", () => {
    const because = (version: string | null, found: Reading<string>) =>
      findingsOf("component.version", { job: component({ version }), deployed: someDeployed({ version: found }) })[0]
        ?.because;
    expect(because(null, UNREADABLE)).toContain("description does not say which component version");
    expect(because("1.0.0", UNREADABLE)).toBe(
      "Which version of bottle-model is deployed is not known: permission denied",
    );
    expect(because("1.0.0", NONE)).toBe("Which version of bottle-model is deployed is not known");
  });

  it("says that the service chose the version where the job did not", () => {
    const because = (versionFrom: string) =>
      findingsOf("component.version", { job: component({ versionFrom, version: "1.0.1" }) })[0]?.because;
    expect(because("DEFAULT")).toContain("version 1.0.1, the service's default, of bottle-model");
    expect(because("OUTPUT")).toContain("version 1.0.1 of bottle-model");
  });

  it("names the property that the version comes from", () => {
    const path = (versionFrom: string) => findingsOf("component.version", { job: component({ versionFrom }) })[0]?.path;
    expect([path("OUTPUT"), path("CONFIGURATION"), path("DEFAULT")]).toEqual([
      "ModelPackagingOutputDetails.Greengrass.ComponentVersion",
      "ModelPackagingConfiguration.Greengrass.ComponentVersion",
      "ModelPackagingConfiguration.Greengrass.ComponentVersion",
    ]);
  });
});

describe("component.state", () => {
  it.each([
    ["MATCH INFO", "RUNNING"],
    ["MATCH INFO", "FINISHED"],
    ["UNKNOWN WARNING", "NEW"],
    ["UNKNOWN WARNING", "INSTALLED"],
    ["UNKNOWN WARNING", "STARTING"],
    ["DRIFT WARNING", "STOPPING"],
    ["DRIFT ERROR", "ERRORED"],
    ["DRIFT ERROR", "BROKEN"],
    ["UNKNOWN WARNING", "DREAMING"],
  ])("answers %s for %s", (answer, state) => {
    expect(answers("component.state", { deployed: someDeployed({ state: is(state) }) })).toEqual([answer]);
  });

  it("does not ask for the state of a component that is not deployed", () => {
    const deployed = someDeployed({ present: NONE, state: is("BROKEN") });
    expect(answers("component.state", { deployed })).toEqual(["NOT_APPLICABLE INFO"]);
  });

  it("knows states on the way to running, and says why it cannot tell others", () => {
    const because = (state: Reading<string>) =>
      findingsOf("component.state", { deployed: someDeployed({ state }) })[0]?.because;
    for (const state of ["NEW", "INSTALLED", "STARTING"]) expect(because(is(state))).toContain("still starting");
    expect(because(is("DREAMING"))).toContain("not a component state that packdrift knows");
    expect(because(UNREADABLE)).toBe("The state of bottle-model is not known: permission denied");
  });

  it("cannot tell a state that could not be read, and has nothing to compare where no source states one", () => {
    expect(answers("component.state", { deployed: someDeployed({ state: UNREADABLE }) })).toEqual(["UNKNOWN WARNING"]);
    const { drift, findings } = compare(someInput({ deployed: someDeployed({ state: NONE }) }));
    expect([drift, findings.find(({ rule }) => rule === "component.state")?.outcome]).toEqual([
      "IN_SYNC",
      "NOT_APPLICABLE",
    ]);
  });
});

describe("the component rules", () => {
  it("do not apply when nothing can be deployed, as in preflight", () => {
    const { findings, runnable } = compare(someInput({ deployed: null }));
    const outcomes = findings.filter(({ rule }) => rule.startsWith("component.")).map(({ outcome }) => outcome);
    expect([outcomes, runnable]).toEqual([["NOT_APPLICABLE", "NOT_APPLICABLE", "NOT_APPLICABLE"], "RUNNABLE"]);
  });

  it("say once that a component is absent", () => {
    const deployed = someDeployed({ present: NONE, version: NONE, state: NONE });
    const { findings } = compare(someInput({ deployed }));
    const outcomes = findings.filter(({ rule }) => rule.startsWith("component.")).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(["DRIFT", "NOT_APPLICABLE", "NOT_APPLICABLE"]);
  });
});

describe("the model of the Edge Agent", () => {
  const model = (status: string, arn = "arn:aws:lookoutvision:eu-west-1:1:model/bottles/1") =>
    someDeployed({ model: is({ arn, status, message: "" }) });
  const job = someJob({ project: "bottles", modelVersion: "1" });

  it.each([
    ["MATCH INFO", "RUNNING"],
    ["DRIFT ERROR", "FAILED"],
    ["DRIFT WARNING", "STOPPED"],
    ["UNKNOWN WARNING", "STARTING"],
    ["UNKNOWN WARNING", "7"],
  ])("answers %s to component.state while it is %s, beside the component's own state", (answer, status) => {
    expect(answers("component.state", { job, deployed: model(status) })).toEqual(["MATCH INFO", answer]);
  });

  it.each([
    ["MATCH INFO", "arn:aws:lookoutvision:eu-west-1:1:model/bottles/1"],
    ["DRIFT ERROR", "arn:aws:lookoutvision:eu-west-1:1:model/bottles/2"],
    ["DRIFT ERROR", "arn:aws:lookoutvision:eu-west-1:1:model/cans/1"],
    ["UNKNOWN INFO", "no ARN"],
    ["UNKNOWN INFO", "arn:aws:lookoutvision:eu-west-1:1:model/bottles/1/part"],
    ["DRIFT ERROR", "arn:aws:lookoutvision:eu-west-1:1:model/bottles/12"],
  ])("answers %s to component.version for %s", (answer, arn) => {
    expect(answers("component.version", { job, deployed: model("RUNNING", arn) })).toEqual(["MATCH INFO", answer]);
  });

  it("passes on the reason that the Edge Agent states, if it states one", () => {
    const arn = "arn:aws:lookoutvision:eu-west-1:1:model/bottles/1";
    const failed = (message: string) =>
      findingsOf("component.state", {
        job,
        deployed: someDeployed({ model: is({ arn, status: "FAILED", message }) }),
      })[1];
    expect(failed("out of memory")).toMatchObject({
      expected: "model RUNNING",
      actual: "model FAILED",
      because: "The Edge Agent says that the model has FAILED: out of memory",
      evidence: [{ from: "/place", value: `${arn} FAILED: out of memory` }, expect.anything()],
    });
    expect(failed("")).toMatchObject({
      because: "The Edge Agent says that the model has FAILED",
      evidence: [{ from: "/place", value: `${arn} FAILED` }, expect.anything()],
    });
  });

  it.each([
    ["model version", { modelVersion: null }],
    ["project", { project: null }],
  ])("cannot be compared with a job that names no %s", (_, changes) => {
    const finding = findingsOf("component.version", { job: someJob(changes), deployed: model("RUNNING") })[1];
    expect(finding).toMatchObject({
      expected: null,
      actual: "bottles/1",
      outcome: "UNKNOWN",
      severity: "INFO",
      because: "The description does not say which model version it packaged",
    });
  });

  it("is not judged where the Edge Agent could not be asked", () => {
    const deployed = someDeployed({ model: UNREADABLE });
    expect(answers("component.state", { job, deployed })).toEqual(["MATCH INFO"]);
    expect(answers("component.version", { job, deployed })).toEqual(["MATCH INFO"]);
  });
});

describe("componentOf", () => {
  it("uses the job's name, then that of what is deployed, and a general term for a component without a name", () => {
    const deployed = someDeployed({ name: "can-model" });
    expect(componentOf({ job: someJob(), model: null, deployed })).toBe("bottle-model");
    expect(componentOf({ job: component({ name: null }), model: null, deployed })).toBe("can-model");
    expect(componentOf({ job: null, model: null, deployed: null })).toBe("the component");
  });
});
