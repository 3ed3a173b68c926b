import { describe, expect, it } from "vitest";
import { InvalidInputError } from "../../src/base/errors.js";
import { decodeJobText, parseJobText } from "../../src/job/job-text.js";

describe("parseJobText", () => {
  it("reads JSON, with a byte order mark and white space around it", () => {
    expect(parseJobText('\uFEFF \n{"Status": "FAILED"}\n', "job.json")).toEqual({ Status: "FAILED" });
  });

  it.each([
    ["empty", "", "needs JSON, is empty"],
    ["white space", " \n\t", "needs JSON, is empty"],
    ["an HTML page", "<!DOCTYPE html>\n<html></html>", "needs JSON, is an HTML page"],
    ["XML", "<?xml version='1.0'?><Error/>", "needs JSON, is XML or HTML"],
    ["binary", "PK\u0003\u0004\u0000", "needs JSON, is binary"],
    ["cut off in a member", '{"ModelPackagingDescription": {"JobName": "a"', "needs JSON, is cut off"],
    ["cut off in a text", '{"ModelPackagingDescription": {"JobName": "a', "needs JSON, is cut off"],
    ["YAML", "ModelPackagingDescription:\n  JobName: a\n", "needs JSON, looks like YAML (save it with --output json)"],
    [
      "Python's print",
      "{'ModelPackagingDescription': {}}",
      "needs JSON, is Python's print of an answer (write it with json.dumps)",
    ],
    ["wrong in the middle", '{\n  "a": 1\n  "b": 2\n}', "needs JSON, has an error at line 3, column 3"],
    ["wrong in a word", '{\n  "a": x,\n  "b": 2\n}', "needs JSON, has an error"],
    ["no JSON at all", "hello", "needs JSON, is none"],
  ])("says what a text is that is %s", (_, text, why) => {
    expect(() => parseJobText(text, "job.json")).toThrow(
      new InvalidInputError(`Cannot read job from "job.json": ${why}`),
    );
  });

  it("refuses a text that is too large before it is parsed", () => {
    expect(() => parseJobText("[".repeat(1_048_577), "job.json")).toThrow(
      new InvalidInputError('Cannot read job from "job.json": needs at most 1048576 characters, has 1048577'),
    );
  });
});

describe("decodeJobText", () => {
  it("reads UTF-16 as PowerShell writes it", () => {
    const bytes = Buffer.from('\uFEFF{"Status": "FÄILED"}', "utf16le");

    expect(decodeJobText(bytes, "job.json")).toBe('{"Status": "FÄILED"}');
  });

  it("refuses bytes that are no UTF-8", () => {
    expect(() => decodeJobText(Uint8Array.of(0x7f, 0x45, 0xff, 0x80), "job.json")).toThrow(
      new InvalidInputError('Cannot read job from "job.json": needs JSON text in UTF-8, is binary'),
    );
  });
});
