import { describe, expect, it } from "vitest";
import { compare } from "../../../src/drift/compare.js";
import { answers, findingsOf, is, NONE, someDeployed, someInput, someJob, UNREADABLE } from "../builders.js";

const component = (changes: object) =>
  someJob({ component: { name: "bottle-model", version: "1.0.0", versionFrom: "OUTPUT", ...changes } });

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

  it("cannot tell a state that could not be read, and has nothing to compare where no source tells states", () => {
    expect(answers("component.state", { deployed: someDeployed({ state: UNREADABLE }) })).toEqual(["UNKNOWN WARNING"]);
    const { drift, findings } = compare(someInput({ deployed: someDeployed({ state: NONE }) }));
    expect([drift, findings.find(({ rule }) => rule === "component.state")?.outcome]).toEqual([
      "IN_SYNC",
      "NOT_APPLICABLE",
    ]);
  });
});

describe("the component rules", () => {
  it("do not apply where nothing is deployed by nature, as in preflight", () => {
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
  ])("answers %s to component.version for %s", (answer, arn) => {
    expect(answers("component.version", { job, deployed: model("RUNNING", arn) })).toEqual(["MATCH INFO", answer]);
  });
});
