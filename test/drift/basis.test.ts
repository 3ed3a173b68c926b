import { describe, expect, it } from "vitest";
import { onBasis, silent, unreadNote } from "../../src/drift/basis.js";
import type { Severity } from "../../src/drift/finding.js";
import { drift, match, notApplicable, unknown } from "../../src/drift/make-finding.js";
import type { Limit, ModelRequirement } from "../../src/drift/requirements-of-model.js";
import { someJob } from "./builders.js";
import { someModel } from "./model-builders.js";

const SOURCE = { from: "model /a/compiled.so (e_machine)", value: "ARM64" };
const STATEMENT = {
  rule: "target.arch",
  path: "p",
  expected: "ARM64",
  actual: "X86_64",
  evidence: [{ from: "/bin/sh", value: "x" }],
} as const;
const need = (limit: Limit | null): ModelRequirement => ({
  path: "p",
  value: "ARM64",
  basis: "MODEL",
  sources: [SOURCE],
  limit,
});
const limit = (gravest: Limit["gravest"]): Limit => ({ gravest, why: "the files are not certain" });

describe("onBasis", () => {
  it("leaves a finding alone that rests on the job or on nothing, and one that does not apply", () => {
    const found = drift("BLOCKING", STATEMENT, "x");
    expect(onBasis(null, found)).toBe(found);
    expect(onBasis({ path: "p", value: "ARM64", basis: "JOB" }, found)).toBe(found);
    const none = notApplicable("target.arch", "p", "x");
    expect(onBasis(need(limit("UNKNOWN")), none)).toBe(none);
  });

  it("marks one that rests on the model's files, with their places first", () => {
    for (const found of [match(STATEMENT, "x"), unknown(STATEMENT, "x"), drift("BLOCKING", STATEMENT, "x")]) {
      expect(onBasis(need(null), found)).toEqual({
        ...found,
        basis: "MODEL",
        evidence: [SOURCE, { from: "/bin/sh", value: "x" }],
      });
    }
  });

  it("leaves a match and an unknown as they are, however uncertain the files", () => {
    expect(onBasis(need(limit("UNKNOWN")), match(STATEMENT, "x"))).toMatchObject({ outcome: "MATCH", because: "x" });
    expect(onBasis(need(limit("ERROR")), unknown(STATEMENT, "x"))).toMatchObject({ outcome: "UNKNOWN", because: "x" });
  });

  it("makes a difference unknown where the files prove nothing", () => {
    expect(onBasis(need(limit("UNKNOWN")), drift("BLOCKING", STATEMENT, "x"))).toMatchObject({
      outcome: "UNKNOWN",
      severity: "WARNING",
      because: "x; the files are not certain",
      basis: "MODEL",
      evidence: [SOURCE, { from: "/bin/sh", value: "x" }],
    });
  });

  it.each<[Severity, "ERROR" | "WARNING", Severity, string]>([
    ["BLOCKING", "ERROR", "ERROR", "x; the files are not certain"],
    ["ERROR", "ERROR", "ERROR", "x"],
    ["WARNING", "ERROR", "WARNING", "x"],
    ["ERROR", "WARNING", "WARNING", "x; the files are not certain"],
    ["INFO", "WARNING", "INFO", "x"],
  ])("limits a difference of %s to %s or less: %s", (found, gravest, severity, because) => {
    expect(onBasis(need(limit(gravest)), drift(found, STATEMENT, "x"))).toMatchObject({
      outcome: "DRIFT",
      severity,
      because,
      basis: "MODEL",
    });
  });
});

describe("silent", () => {
  it("names what could have said it", () => {
    expect(silent({ job: someJob(), model: null })).toBe("The description does not say");
    expect(silent({ job: null, model: null })).toBe("The description does not say");
    expect(silent({ job: null, model: someModel() })).toBe("The model's files do not say");
    expect(silent({ job: someJob(), model: someModel() })).toBe("Neither the description nor the model's files say");
  });
});

describe("unreadNote", () => {
  it("names the first file that could not be read, and counts the others", () => {
    const unread = (...paths: readonly string[]) => ({
      model: someModel({ unread: paths.map((path) => ({ path, why: "EACCES" })) }),
    });
    expect(unreadNote({ model: null })).toBe("");
    expect(unreadNote(unread())).toBe("");
    expect(unreadNote(unread("/a\u001b"))).toMatch(/^: could not read \/a\S* \(EACCES\)$/);
    expect(unreadNote(unread("/a"))).toBe(": could not read /a (EACCES)");
    expect(unreadNote(unread("/a", "/b", "/c"))).toBe(": could not read /a and 2 more (EACCES)");
  });
});
