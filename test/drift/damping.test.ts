import { describe, expect, it } from "vitest";
import { ShapeError } from "../../src/base/shape.js";
import { compare } from "../../src/drift/compare.js";
import { type DampingRules, type DampingState, damp, parseDampingMemory } from "../../src/drift/damping.js";
import type { Finding } from "../../src/drift/finding.js";
import { library, someFacts, someInput, someJob, UNREADABLE } from "./builders.js";

const findings = (word: string): readonly Finding[] => {
  if (word === "match") return compare(someInput()).findings;
  const tensorrt = word === "unknown" ? UNREADABLE : library(word);
  return compare(someInput({ facts: someFacts({ tensorrt }) })).findings;
};

type Entry = DampingState[string];

function summaryOf({ outcome, actual, damped }: Finding): string {
  return [outcome, actual, damped && `${damped.state} ${damped.checks}/${damped.needed}`].filter(Boolean).join(" ");
}

/** Plays checks in a row, the state going through JSON in between; tells what is said of TensorRT after each. */
function play(rules: DampingRules, ...words: string[]): string[] {
  let state: DampingState = {};
  return words.map((word) => {
    const result = damp(JSON.parse(JSON.stringify(state)) as DampingState, findings(word), rules);
    state = result.state;
    const told = result.findings.filter(({ rule }) => rule === "compiler.trt-ver");
    return told.map(summaryOf).join(" and ");
  });
}

const damping = (raiseAfter: number, clearAfter: number): DampingRules => ({
  "compiler.trt-ver": { raiseAfter, clearAfter },
});

describe("damp", () => {
  it("changes nothing by default", () => {
    expect(play({}, "8.2.1", "match", "8.2.1")).toEqual(["DRIFT 8.2.1", "MATCH 7.1.3", "DRIFT 8.2.1"]);
    expect(damp({}, findings("8.2.1"), {}).findings).toEqual(findings("8.2.1"));
  });

  it("raises a finding after N checks in a row", () => {
    expect(play(damping(3, 1), "8.2.1", "8.2.1", "8.2.1", "8.2.1")).toEqual([
      "DRIFT 8.2.1 RISING 1/3",
      "DRIFT 8.2.1 RISING 2/3",
      "DRIFT 8.2.1",
      "DRIFT 8.2.1",
    ]);
  });

  it("starts again when the row breaks", () => {
    expect(play(damping(2, 1), "8.2.1", "match", "8.2.1", "8.2.1")).toEqual([
      "DRIFT 8.2.1 RISING 1/2",
      "MATCH 7.1.3",
      "DRIFT 8.2.1 RISING 1/2",
      "DRIFT 8.2.1",
    ]);
  });

  it("clears a finding after N checks in a row, reporting it meanwhile as last seen", () => {
    expect(play(damping(1, 3), "8.2.1", "match", "match", "match", "match")).toEqual([
      "DRIFT 8.2.1",
      "DRIFT 8.2.1 FALLING 1/3",
      "DRIFT 8.2.1 FALLING 2/3",
      "MATCH 7.1.3",
      "MATCH 7.1.3",
    ]);
  });

  it("is the same finding when only what was found changes", () => {
    expect(play(damping(2, 1), "8.2.1", "10.3.0")).toEqual(["DRIFT 8.2.1 RISING 1/2", "DRIFT 10.3.0"]);
  });

  it("does not count a check that could not tell", () => {
    expect(play(damping(2, 1), "8.2.1", "unknown", "8.2.1")).toEqual([
      "DRIFT 8.2.1 RISING 1/2",
      "UNKNOWN",
      "DRIFT 8.2.1",
    ]);
    expect(play(damping(2, 2), "8.2.1", "8.2.1", "match", "unknown", "match")).toEqual([
      "DRIFT 8.2.1 RISING 1/2",
      "DRIFT 8.2.1",
      "DRIFT 8.2.1 FALLING 1/2",
      "UNKNOWN",
      "MATCH 7.1.3",
    ]);
    expect(play(damping(1, 2), "8.2.1", "unknown", "match")).toEqual([
      "DRIFT 8.2.1",
      "UNKNOWN",
      "DRIFT 8.2.1 FALLING 1/2",
    ]);
  });

  it("forgets a contradiction that has gone before it was raised", () => {
    const rules: DampingRules = { "job.consistent": { raiseAfter: 2, clearAfter: 1 } };
    const problems = [{ path: "p", found: "7", needed: "text" }];
    const first = damp({}, compare(someInput({ job: someJob({ problems }) })).findings, rules);
    expect(damp(first.state, findings("match"), rules)).toEqual({ state: {}, findings: findings("match") });
  });

  it("keeps a contradiction that has gone until it is cleared, in its rule's place", () => {
    const rules: DampingRules = { "job.consistent": { raiseAfter: 1, clearAfter: 2 } };
    const wrong = compare(
      someInput({ job: someJob({ problems: [{ path: "p", found: "7", needed: "text" }] }) }),
    ).findings;
    const first = damp({}, wrong, rules);
    const second = damp(first.state, findings("match"), rules);
    const third = damp(second.state, findings("match"), rules);
    const told = (list: readonly Finding[]) =>
      list.filter(({ rule }) => rule === "job.consistent").map(({ outcome, damped }) => [outcome, damped?.state]);
    expect([told(first.findings), told(second.findings), told(third.findings)]).toEqual([
      [["DRIFT", undefined]],
      [
        ["MATCH", undefined],
        ["DRIFT", "FALLING"],
      ],
      [["MATCH", undefined]],
    ]);
    expect(second.findings.slice(0, 4).map(({ rule }) => rule)).toEqual([
      "job.status",
      "job.consistent",
      "job.consistent",
      "job.source-age",
    ]);
  });

  it("remembers nothing of a machine without differences", () => {
    expect(damp({}, findings("match"), damping(3, 3)).state).toEqual({});
    expect(damp({}, findings("unknown"), damping(3, 3)).state).toEqual({});
  });
});

describe("parseDampingMemory", () => {
  it("returns what damping remembered of each job", () => {
    const raised = damp({}, findings("8.2.1"), damping(1, 2)).state;
    const rising = damp({}, findings("8.2.1"), damping(2, 2)).state;
    const memory = { "bottles/pack-1": raised, "bottles/pack-2": rising };
    expect(parseDampingMemory(JSON.parse(JSON.stringify(memory)))).toEqual(memory);
    expect(parseDampingMemory({})).toEqual({});
  });

  it.each([
    ["not an object", () => [], "the text"],
    ["a job's state that is not an object", () => ({ job: 1 }), '"job"'],
    ["a count below zero", (entry: Entry) => ({ job: { x: { ...entry, checks: -1 } } }), "checks"],
    [
      "a finding without its rule",
      ({ raised }: Entry) => ({ job: { x: { checks: 0, raised: { ...raised, rule: "x" } } } }),
      "rule",
    ],
    [
      "a finding that was no drift",
      ({ raised }: Entry) => ({ job: { x: { checks: 0, raised: { ...raised, outcome: "MATCH" } } } }),
      "outcome",
    ],
  ])("throws for %s, naming the place", (_, broken, place) => {
    const [entry] = Object.values(damp({}, findings("8.2.1"), damping(1, 2)).state);
    const json = broken(entry as Entry);
    expect(() => parseDampingMemory(json)).toThrow(ShapeError);
    expect(() => parseDampingMemory(json)).toThrow(place);
  });
});
