import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FactFileError, parseFactFile } from "../../src/device/fact-file.js";
import { summarize } from "../../src/device/summary.js";
import { someFacts } from "../drift/builders.js";
import { runs } from "../long-runs.js";

const facts = someFacts();
const one = summarize(facts);

describe("parseFactFile", () => {
  it.each([
    ["what facts --json printed", JSON.stringify(one, null, 1), [null]],
    ["the same with a byte order mark", `\uFEFF${JSON.stringify(one)}\r\n`, [null]],
    ["a list", JSON.stringify([one, { ...one, thing: "line-4" }]), [null, "line-4"]],
    [
      "an object per line",
      `${JSON.stringify(one)}\n${JSON.stringify({ ...one, thing: 'a}{\\"b' })}\n`,
      [null, 'a}{\\"b'],
    ],
    ["printed objects one after the other", `${JSON.stringify(one, null, 1)}\n`.repeat(3), [null, null, null]],
    ["a thing without a name", JSON.stringify({ ...one, thing: " " }), [null]],
  ])("reads %s", (_, text, things) => {
    expect(parseFactFile(text)).toEqual(things.map((thing) => ({ thing, facts })));
  });

  it.each([
    ["", "it is empty"],
    [" \n", "it is empty"],
    ["[]", "it holds the facts of no machine"],
    ["facts", "it is not valid JSON"],
    ['{"a": ', "it is not valid JSON"],
    ["{}}", "it is not valid JSON"],
    ['{"a": 1} x {"b": 2}', "it is not valid JSON"],
    ['{"os": "LINUX"}\n{"os": LINUX}', "its JSON text number 2 is broken"],
    ["7", "the text must be an object, is 7"],
    ['[{"os": "LINUX"}, 7]', "machine 2 of 2: the text must be an object, is 7"],
    ['{"schema": "packdrift.facts/2"}', '"schema" must be "packdrift.facts/1", is "packdrift.facts/2"'],
    ['{"hello": 1}', '"readings" must be there, or os, arch or gpus, is missing'],
  ])("says of %j that %s", (text, reason) => {
    expect(() => parseFactFile(text)).toThrow(new FactFileError(reason));
  });

  it.each([
    ["escaped quotes without an end", `"${'\\"'.repeat(80_000)}`],
    ["escaped quotes before an error", `{"a": "${'\\"'.repeat(80_000)}" x`],
    ["quotes", '"'.repeat(160_001)],
    ["brackets", "[".repeat(160_000)],
    ["objects one after the other with an error at the end", `${"{}".repeat(50_000)}x`],
  ])("refuses 160 KB of %s at once", (_, text) => {
    const before = process.cpuUsage();

    expect(() => parseFactFile(text)).toThrow(FactFileError);
    expect(process.cpuUsage(before).user).toBeLessThan(500_000);
  });

  it("throws nothing but its own error, whatever it is fed", () => {
    const text = JSON.stringify([one, one]);
    const mangled = fc
      .tuple(fc.nat(text.length), fc.nat(40), fc.string())
      .map(([at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut));
    fc.assert(
      fc.property(fc.oneof(mangled, fc.string(), fc.json()), (fed) => {
        try {
          parseFactFile(fed);
        } catch (error) {
          expect(error).toBeInstanceOf(FactFileError);
        }
      }),
      { numRuns: runs(2_000) },
    );
  });
});
