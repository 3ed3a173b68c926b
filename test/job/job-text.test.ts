import { describe, expect, it } from "vitest";
import { decodeJobText, JobTextError, parseJobText } from "../../src/job/job-text.js";

describe("parseJobText", () => {
  it("reads JSON, with a byte order mark and white space around it", () => {
    expect(parseJobText('\uFEFF \n{"Status": "FAILED"}\n', "job.json")).toEqual({ Status: "FAILED" });
  });

  it.each([
    ["empty", "", "is empty, not JSON"],
    ["white space", " \n\t", "is empty, not JSON"],
    ["an HTML page", "<!DOCTYPE html>\n<html></html>", "is an HTML page, not JSON"],
    ["an HTML page without its type", "<html>", "is an HTML page, not JSON"],
    ["a page in a list", '[<html>, "<!doctype html"]', "is not valid JSON"],
    ["a fragment of a page", "<div><html>", "is XML or HTML, not JSON"],
    ["a dictionary in a list", "[{'a': 1}]", "is not valid JSON: error at line 1, column 3"],
    [
      "a printed dictionary over several lines",
      "{\n  'a': 1}",
      "is a printed Python dictionary, not JSON (write it with json.dumps)",
    ],
    ["a YAML document", "---\na: 1", "looks like YAML, not JSON (save it with --output json)"],
    ["YAML within JSON", '[{"a" "b: c"}, ---]', "is not valid JSON: error at line 1, column 7"],
    ["a word before brackets", "hello [1]", "is not JSON"],
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
    expect(() => parseJobText(text, "job.json")).toThrow(new JobTextError("job.json", why));
  });

  it("names the text in its message", () => {
    expect(() => parseJobText("", "job.json")).toThrow('Cannot read job from "job.json": is empty, not JSON');
  });

  it("keeps what JSON.parse said as the cause", () => {
    const cause = (text: string) => {
      try {
        return parseJobText(text, "job.json");
      } catch (error) {
        return (error as Error).cause;
      }
    };
    expect(cause("hello")).toBeInstanceOf(SyntaxError);
    expect(cause("[".repeat(1_048_577))).toBeUndefined();
  });

  it("drops a byte order mark at the beginning alone", () => {
    expect(parseJobText('{"Status": "\uFEFFFAILED"}', "job.json")).toEqual({ Status: "\uFEFFFAILED" });
  });

  it("reads a text of the greatest size", () => {
    expect(parseJobText(`{}${" ".repeat(1_048_574)}`, "job.json")).toEqual({});
  });

  it("refuses a text that is too large before it is parsed", () => {
    expect(() => parseJobText("[".repeat(1_048_577), "job.json")).toThrow(
      new JobTextError("job.json", "must have at most 1048576 characters, has 1048577"),
    );
  });
});

describe("decodeJobText", () => {
  it("reads UTF-16 as PowerShell writes it", () => {
    const bytes = Buffer.from('\uFEFF{"Status": "FÄILED"}', "utf16le");

    expect(decodeJobText(bytes, "job.json")).toBe('{"Status": "FÄILED"}');
  });

  it("refuses bytes that are not UTF-8", () => {
    for (const bytes of [
      [0x7f, 0x45, 0xff, 0x80],
      [0xff, 0x45],
      [0x45, 0xfe],
    ]) {
      expect(() => decodeJobText(Uint8Array.from(bytes), "job.json")).toThrow(
        new JobTextError("job.json", "is binary, not text in UTF-8"),
      );
    }
  });
});
