import { describe, expect, it } from "vitest";
import { InvalidInputError } from "../../src/base/errors.js";
import { parseYaml, parseYamlDocument } from "../../src/platform/yaml.js";

const lines = (count: number, line: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => line(at)).join("");

/** Texts of about 100 KB that a naive reader takes seconds for. */
const HOSTILE: readonly (readonly [string, string])[] = [
  ["anchors and aliases in pairs", `a:\n${lines(6_000, (at) => `- &a${at} 1\n- *a${at}\n`)}`],
  ["one anchor and many aliases", `a: &a 1\nb:\n${lines(20_000, () => "- *a\n")}`],
  ["anchors without aliases", `a:\n${lines(9_000, (at) => `- &a${at} 1\n`)}`],
  ["many keys", lines(10_000, (at) => `a${at}: 1\n`)],
  ["many keys in braces", `{${lines(8_000, (at) => `a${at}: 1, `)}}`],
  ["anchors of nothing", "&a ".repeat(33_000)],
  ["commas in brackets", `[${",".repeat(80_000)}]`],
  ["texts without an end", 'a: "\n'.repeat(20_000)],
  ["tabs that indent", `a:\n${"\t- b\n".repeat(20_000)}`],
  ["a megabyte of commas", `[${",".repeat(1_000_000)}]`],
  ["a megabyte of anchors", "&a ".repeat(333_000)],
  ["a megabyte of braces", "{a: ".repeat(250_000)],
  ["a megabyte of items", "-\n".repeat(500_000)],
];

/** User CPU time in milliseconds: other processes on the machine do not change it. */
function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  return process.cpuUsage(before).user / 1_000;
}

describe.each([
  ["parseYaml", (text: string): unknown => parseYaml(text)[0]],
  ["parseYamlDocument", (text: string): unknown => parseYamlDocument(text)],
])("%s", (_, parse) => {
  it("resolves a few aliases", () => {
    expect(parse("a: &a [1, 2]\nb: *a\n")).toEqual({ a: [1, 2], b: [1, 2] });
  });

  it("reads marks of anchors and aliases inside texts as they are", () => {
    const text = lines(300, (at) => `a${at}: "*x &y"\nb${at}: |\n  *x\n`);

    expect(parse(text)).toMatchObject({ a0: "*x &y", b299: "*x\n" });
  });

  it("refuses a key that is given twice", () => {
    expect(() => parse("a: 1\nb: 2\na: 3\n")).toThrow(/Map keys must be unique/);
    expect(() => parse("x: {a: 1, a: 3}")).toThrow(/Map keys must be unique/);
  });

  it("reads half a megabyte of described jobs", () => {
    const job = (at: number) =>
      `- JobName: job-${at}\n  Config: {Os: LINUX, Arch: ARM64}\n  Options: "{\\"gpu-code\\": 72}"\n`;

    expect(() => parse(lines(5_000, job))).not.toThrow(/tokens/);
  });

  it("says what is wrong first, and where", () => {
    expect(() => parse("a: 1\nb: [\n")).toThrow(/at line 3, column 1$/);
    expect(() => parse("a: &b &c 1\n&d &e f: 1\n")).toThrow(/at most one anchor at line 1, column 7$/);
  });

  it("refuses aliases that expand to gigabytes", () => {
    const bombs = lines(12, (at) => `b${at}: &b${at} [${`*${at === 0 ? "a" : `b${at - 1}`},`.repeat(10)}]\n`);

    expect(() => parse(`a: &a [x]\n${bombs}`)).toThrow(/more than 20 aliases|alias count/i);
  });

  it.each(HOSTILE)("needs less than half a second for %s", (_name, text) => {
    expect(
      cpuMs(() => {
        try {
          parse(text);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    ).toBeLessThan(500);
  });
});

describe("parseYamlDocument", () => {
  it("says what is wrong and where", () => {
    expect(() => parseYamlDocument("a: 1\nb: [\n")).toThrow(InvalidInputError);
    expect(() => parseYamlDocument("a: 1\nb: [\n")).toThrow(/line \d/);
  });

  it("reads every scalar as text with the schema failsafe", () => {
    expect(parseYamlDocument("a: 1\nb: null\n", "failsafe")).toEqual({ a: "1", b: "null" });
  });
});
