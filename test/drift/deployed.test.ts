import { describe, expect, it } from "vitest";
import { type DeployedAnswer, deployedFrom } from "../../src/drift/deployed.js";

const answer = (from: string, result: DeployedAnswer["result"]): DeployedAnswer => ({ from, result });
const version = (from: string, text: string, state: string | null = null) =>
  answer(from, { kind: "version", version: text, state });
const absent = (from: string) => answer(from, { kind: "absent" });
const present = (from: string) => answer(from, { kind: "present" });
const unknown = (from: string, why: string) => answer(from, { kind: "unknown", why });
const model = (from: string, message = "") =>
  answer(from, { kind: "model", arn: "arn:model/bottles/1", status: "RUNNING", message });
const deployed = (...answers: DeployedAnswer[]) => deployedFrom("bottle-model", answers);
const known = <T>(value: T, from: string, seen: readonly object[], confidence = "FIRM") => ({
  ...{ state: "known", value, from, confidence, seen },
});

describe("deployedFrom", () => {
  it("uses the first version that a source states, and the first state", () => {
    const seen = [
      { from: "config", value: "1.0.0" },
      { from: "nucleus", value: "01.0.0 (RUNNING)" },
    ];
    expect(deployed(version("config", "1.0.0"), version("nucleus", "01.0.0", "RUNNING"))).toEqual({
      name: "bottle-model",
      present: known(true, "config", seen),
      version: known("1.0.0", "config", seen),
      state: { state: "known", value: "RUNNING", from: "nucleus", confidence: "FIRM" },
    });
  });

  it("uses a version even when an earlier source states less", () => {
    for (const first of [present("a"), unknown("a", "no access")]) {
      expect(deployed(first, version("b", "1.0.0"))).toMatchObject({
        present: { state: "known", from: "b" },
        version: { state: "known", value: "1.0.0", from: "b" },
      });
    }
  });

  it("has no state when no source states one", () => {
    const { state } = deployed(version("a", "1.0.0"), version("b", "1.0.0"));
    expect(state).toMatchObject({ state: "absent", from: "a, b" });
  });

  it.each([
    ["FIRM", "1.0.0", "01.00.000"],
    ["FIRM", "1.10.0", "1.10.00"],
    ["FIRM", "10.0.10", "010.0.010"],
    ["FIRM", "latest", "latest"],
    ["DISPUTED", "1.0.0", "1.0.1"],
    ["DISPUTED", "1.0.0", "1.0.0-beta"],
    ["DISPUTED", "1.0.0", "v1.0.0"],
    ["DISPUTED", "x1.0.0", "x01.0.0"],
    ["DISPUTED", "1.0.0x", "01.0.0x"],
  ])("is %s when one source says %s and another %s", (confidence, one, other) => {
    const { present: is, version: found } = deployed(version("a", one), version("b", other));
    expect([is, found]).toMatchObject([{ confidence }, { confidence, value: one }]);
  });

  it("is disputed when a later source says that it is absent", () => {
    expect(deployed(version("a", "1.0.0"), absent("b")).version).toMatchObject({
      value: "1.0.0",
      confidence: "DISPUTED",
    });
  });

  it("is absent when the first source that would know says so, whatever was left over", () => {
    const seen = [
      { from: "nucleus", value: "not deployed" },
      { from: "folder", value: "1.0.0" },
    ];
    const gone = { state: "absent", from: "nucleus", seen };
    expect(deployed(absent("nucleus"), version("folder", "1.0.0"))).toEqual({
      ...{ name: "bottle-model", present: gone, version: gone, state: gone },
    });
  });

  it("is present without a version when a source states no more", () => {
    const seen = [
      { from: "recipe", value: "deployed, version unknown" },
      { from: "nucleus", value: "unknown: no answer" },
    ];
    const unreadable = { state: "unreadable", from: "recipe, nucleus", why: "no answer", seen };
    expect(deployed(present("recipe"), unknown("nucleus", "no answer"))).toEqual({
      name: "bottle-model",
      present: known(true, "recipe", seen),
      version: unreadable,
      state: unreadable,
    });
  });

  it("uses the Edge Agent's model as evidence of the component, and passes it on with a version too", () => {
    const told = {
      state: "known",
      value: { arn: "arn:model/bottles/1", status: "RUNNING", message: "warm" },
      from: "agent",
      confidence: "FIRM",
    };
    const alone = deployed(model("agent", "warm"), model("second"));
    expect(alone).toMatchObject({ present: { state: "known", from: "agent" }, version: { state: "unreadable" } });
    expect(alone.model).toEqual(told);
    expect(deployed(version("nucleus", "1.0.0"), model("agent", "warm")).model).toEqual(told);
    expect("model" in deployed(version("nucleus", "1.0.0"))).toBe(false);
  });

  it("shows what the Edge Agent says in the evidence, with its message where there is one", () => {
    const { seen } = deployed(model("agent", "warm"), model("second")).present;
    expect(seen?.map(({ value }) => value)).toEqual([
      "arn:model/bottles/1 (RUNNING: warm)",
      "arn:model/bottles/1 (RUNNING)",
    ]);
  });

  it("is unknown when no source knows, and returns every reason", () => {
    const { present: is, version: found, state } = deployed(unknown("a", "no answer"), unknown("b", "denied"));
    expect(is).toMatchObject({ state: "unreadable", from: "a, b", why: "no answer; denied" });
    expect([found, state]).toEqual([is, is]);
    expect(deployed().present).toEqual({ state: "unreadable", from: "no source", why: "no source gives it", seen: [] });
  });
});
