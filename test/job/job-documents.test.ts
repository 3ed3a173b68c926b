import { describe, expect, it } from "vitest";
import { jobDocuments } from "../../src/job/job-documents.js";

function read(text: string): readonly (readonly [string, unknown])[] {
  return jobDocuments(Buffer.from(text), "input").map((document) => [document.name, document.read()] as const);
}

describe("jobDocuments", () => {
  it.each([
    ["one", '{"a": 1}', [["input", { a: 1 }]]],
    ["one with a byte order mark", '\uFEFF{"a": 1}\n', [["input", { a: 1 }]]],
    [
      "several, whatever stands in their texts",
      '{"a": "}{"}\n\n{"b": "\\"]"}{"c": []}',
      [
        ["input #1", { a: "}{" }],
        ["input #2", { b: '"]' }],
        ["input #3", { c: [] }],
      ],
    ],
    [
      "a list",
      '[{"a": 1}, 2]',
      [
        ["input #1", { a: 1 }],
        ["input #2", 2],
      ],
    ],
  ])("reads %s", (_, text, documents) => {
    expect(read(text)).toEqual(documents);
  });

  it("names the document that is not JSON, and reads the others", () => {
    const [good, bad] = jobDocuments(Buffer.from('{"a": 1} {"b": x}'), "input");

    expect(good?.read()).toEqual({ a: 1 });
    expect(() => bad?.read()).toThrow('Cannot read job from "input #2": is not valid JSON');
  });

  it.each([
    ["", "is empty, not JSON"],
    ["<html>", "is an HTML page, not JSON"],
    ['{"a": 1', "is not valid JSON: cut off"],
    ["[1, 2", "is not valid JSON: cut off"],
  ])("says what %j is instead", (text, why) => {
    expect(() => read(text)).toThrow(`Cannot read job from "input": ${why}`);
  });
});
