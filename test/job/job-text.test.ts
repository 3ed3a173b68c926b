import { describe, expect, it } from "vitest";
import { InvalidInputError } from "../../src/base/errors.js";
import { decodeJobText, parseJobText } from "../../src/job/job-text.js";

describe("parseJobText", () => {
  it("reads JSON, with a byte order mark and white space around it", () => {
    expect(parseJobText('\uFEFF \n{"Status": "FAILED"}\n', "job.json")).toEqual({ Status: "FAILED" });
  });

  it.each([
    ["empty", "", "is empty, not JSON"],
    ["white space", " \n\t", "is empty, not JSON"],
    ["an HTML page", "<!DOCTYPE html>\n<html></html>", "is an HTML page, not JSON"],
    ["XML", "<?xml version='1.0'?><Error/>", "is XML or HTML, not JSON"],
    ["binary", "PK\u0003\u0004\u0000", "is binary, not JSON"],
    ["cut off in a member", '{"ModelPackagingDescription": {"JobName": "a"', "is not valid JSON: cut off"],
    ["cut off in a text", '{"ModelPackagingDescription": {"JobName": "a', "is not valid JSON: cut off"],
    ["YAML", "ModelPackagingDescription:\n  JobName: a\n", "looks like YAML, not JSON (save it with --output json)"],
    [
      "a printed Python dictionary",
      "{'ModelPackagingDescription': {}}",
      "is a printed Python dictionary, not JSON (write it with json.dumps)",
    ],
    ["wrong in the middle", '{\n  "a": 1\n  "b": 2\n}', "is not valid JSON: error at line 3, column 3"],
    ["wrong in a word", '{\n  "a": x,\n  "b": 2\n}', "is not valid JSON"],
    ["not JSON at all", "hello", "is not JSON"],
  ])("says what is wrong with a text: %s", (_, text, why) => {
    expect(() => parseJobText(text, "job.json")).toThrow(
      new InvalidInputError(`Cannot read job from "job.json": ${why}`),
    );
  });

  it("refuses a text that is too large before it is parsed", () => {
    expect(() => parseJobText("[".repeat(1_048_577), "job.json")).toThrow(
      new InvalidInputError('Cannot read job from "job.json": must have at most 1048576 characters, has 1048577'),
    );
  });
});

describe("decodeJobText", () => {
  it("reads UTF-16 as PowerShell writes it", () => {
    const bytes = Buffer.from('\uFEFF{"Status": "FÄILED"}', "utf16le");

    expect(decodeJobText(bytes, "job.json")).toBe('{"Status": "FÄILED"}');
  });

  it("refuses bytes that are not UTF-8", () => {
    expect(() => decodeJobText(Uint8Array.of(0x7f, 0x45, 0xff, 0x80), "job.json")).toThrow(
      new InvalidInputError('Cannot read job from "job.json": is binary, not text in UTF-8'),
    );
  });
});
