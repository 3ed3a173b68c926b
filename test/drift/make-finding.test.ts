import { describe, expect, it } from "vitest";
import { fingerprint } from "../../src/drift/fingerprint.js";
import { absence, evidence, match, notApplicable } from "../../src/drift/make-finding.js";
import { is, NONE, UNREADABLE } from "./builders.js";

describe("match", () => {
  it("has a fingerprint of what is compared, not of the evidence", () => {
    const statement = { rule: "target.os", path: "p", expected: "LINUX", actual: "LINUX", evidence: [] } as const;
    expect(match(statement, "x").fingerprint).toBe(fingerprint(["target.os", "p", "LINUX", "LINUX"]));
    const more = { ...statement, evidence: [{ from: "/proc", value: "y" }] };
    expect(match(more, "x").fingerprint).toBe(match(statement, "z").fingerprint);
  });
});

describe("notApplicable", () => {
  it("states and shows nothing", () => {
    expect(notApplicable("target.os", "p", "x")).toMatchObject({ expected: null, actual: null, evidence: [] });
  });
});

describe("evidence", () => {
  it("shows each reading with its other places, then the document", () => {
    const seen = [{ from: "/other", value: "11.0" }];
    expect(evidence("guide", [{ ...is("10.2"), seen }, "10.2"], [NONE, null])).toEqual([
      { from: "/place", value: "10.2" },
      { from: "/other", value: "11.0" },
      { from: "/place", value: "none" },
      { from: "rule", value: "guide" },
    ]);
  });
});

describe("absence", () => {
  it("reports what is not there, what could not be read and what is known", () => {
    expect([absence(NONE), absence(UNREADABLE), absence(is(1))]).toEqual([
      "none",
      "not readable: permission denied",
      "known",
    ]);
  });
});
