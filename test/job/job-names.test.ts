import { describe, expect, it } from "vitest";
import { InvalidInputError } from "../../src/base/errors.js";
import { checkJobRef, describeType, quoted } from "../../src/job/job-names.js";

describe("checkJobRef", () => {
  it.each([
    ["weld-seams", "weld-seams-xavier"],
    ["0", "-"],
    ["P_1-", "4f1d8a3e-6f0b-4f5e-9a57-2c7f1e0b9d64"],
    ["p".repeat(255), "j".repeat(64)],
  ])("accepts %s and %s", (project, job) => {
    expect(checkJobRef(project, job)).toEqual({ project, job });
  });

  it.each([
    ["p", "a/b", 'Cannot use job name "a/b": must match [a-zA-Z0-9-]+'],
    ["p", "..", 'Cannot use job name "..": must match [a-zA-Z0-9-]+'],
    ["p", "a_b", 'Cannot use job name "a_b": must match [a-zA-Z0-9-]+'],
    ["p", "a\n", 'Cannot use job name "a\\u000a": must match [a-zA-Z0-9-]+'],
    ["p", "a\u001b[2J\u202e", 'Cannot use job name "a\\u001b[2J\\u202e": must match [a-zA-Z0-9-]+'],
    ["p", "ä", 'Cannot use job name "ä": must match [a-zA-Z0-9-]+'],
    ["p", "", 'Cannot use job name "": must have 1 to 64 characters, is empty'],
    ["p", "j".repeat(65), `Cannot use job name "${"j".repeat(65)}": must have 1 to 64 characters, has 65`],
    ["p", "/".repeat(5_000), `Cannot use job name "${"/".repeat(80)}…": must have 1 to 64 characters, has 5000`],
    ["p", undefined, "Cannot use job name missing: must be text, is missing"],
    ["p", 7, "Cannot use job name a number: must be text, is a number"],
    ["_p", "j", 'Cannot use project name "_p": must match [a-zA-Z0-9][a-zA-Z0-9_\\-]*'],
    ["-p", "j", 'Cannot use project name "-p": must match [a-zA-Z0-9][a-zA-Z0-9_\\-]*'],
    ["../p", "j", 'Cannot use project name "../p": must match [a-zA-Z0-9][a-zA-Z0-9_\\-]*'],
    ["p".repeat(256), "j", `Cannot use project name "${"p".repeat(80)}…": must have 1 to 255 characters, has 256`],
    [["p"], "j", "Cannot use project name an array: must be text, is an array"],
  ])("refuses project %j with job %j", (project, job, message) => {
    expect(() => checkJobRef(project, job)).toThrow(new InvalidInputError(message));
  });
});

describe("quoted", () => {
  it("escapes quotes and backslashes", () => {
    expect(quoted('a"b\\c')).toBe('"a\\"b\\\\c"');
  });

  it("cuts only what is longer than the limit", () => {
    expect([quoted("abc", 3), quoted("abcd", 3)]).toEqual(['"abc"', '"abc…"']);
  });
});

describe("describeType", () => {
  it.each([
    [null, "null"],
    [undefined, "missing"],
    [[], "an array"],
    [new Date(0), "a date"],
    [{}, "an object"],
    [true, "a boolean"],
  ])("calls %j %s", (value, kind) => {
    expect(describeType(value)).toBe(kind);
  });
});
