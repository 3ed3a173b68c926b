import { describe, expect, it } from "vitest";
import { indexDocument } from "./index-document.js";
import { limitsBroken, selects } from "./query.js";

/** What the developer guide says of a thing with these registry and shadow values. */
const THING = indexDocument({
  thingName: "TempSensor-7",
  thingTypeName: "edge-gpu",
  connected: true,
  shadow: {
    state: {
      reported: {
        schema: "1",
        board: "Jetson AGX Xavier",
        l4t: "r32.7.1",
        cuda: "v10.2.300",
        bare: "10.2",
        jetpack: "4.6",
        memMb: 15_823,
        temperature: -4.5,
        codes: ["compiler.trt-ver", "target.os"],
        counts: [1, 2, "3"],
        mixed: ["weld-7", "20221219"],
        palette: [{ name: "RED" }],
        nothing: null,
        empty: [],
        isOn: true,
      },
    },
    metadata: { reported: { schema: { timestamp: 1_796_040_000 } } },
  },
});
const at = (query: string) => query.replace(/\bP\b/g, "shadow.name.packdrift.reported");

describe("a query of fleet indexing", () => {
  it.each<[string, string, boolean]>([
    ["selects by a word of a value, in any case", "P.board:xavier", true],
    ["selects by a phrase", 'P.board:"agx XAVIER"', true],
    ["does not select by words in another order", 'P.board:"xavier agx"', false],
    ["distinguishes case in names of fields", "P.Board:xavier", false],
    ["selects by a prefix", "P.cuda:v10.2*", true],
    ["does not take a part for the whole", "P.cuda:v10.2", false],
    ["selects by an inner wildcard", "P.cuda:v*300", true],
    ["selects by one character", "thingName:TempSensor-?", true],
    ["selects where a field is there", "P.board:*", true],
    ["does not select where a field is not there", "P.driver:*", false],
    ["takes a text that looks like a number for one", "P.bare:10.20", true],
    ["takes a text with a letter before it for text", "P.cuda:10.2.300", false],
    ["has no prefix for a number", "P.bare:10*", false],
    ["takes a quoted number for a number", 'P.schema:"1.0"', true],
    ["selects by one of a list", 'P.codes:"compiler.trt-ver"', true],
    ["selects by a prefix of one of a list", "P.codes:compiler.*", true],
    ["selects by a number of a list that has numbers alone", "P.counts:3.0", true],
    ["takes a list with a text for texts", "P.mixed:20221219", true],
    ["has no range over such a list", "P.mixed>5", false],
    ["selects by <", "P.memMb<16000", true],
    ["does not select by > at the bound itself", "P.memMb>15823", false],
    ["selects by >= at the bound itself", "P.memMb>=15823", true],
    ["allows blanks around an operator", "P.temperature <= -4.5", true],
    ["selects by a range with its bounds", "P.memMb:[15823 TO 16000]", true],
    ["selects by a range without its bounds", "P.memMb:{15823 TO 16000}", false],
    ["selects by a range of texts", 'P.l4t:["r32" TO "r35"]', true],
    ["ends a range of texts before its bound", 'P.l4t:["r30" TO "r32.7.1"}', false],
    ["takes AND where there is no operator", "thingName:tempsensor* P.memMb<1", false],
    ["excludes with NOT", "P.schema:1 NOT P.jetpack:5.1", true],
    ["excludes with a hyphen", "thingName:(temp* AND -tempsensor-7)", false],
    ["groups", "(P.jetpack:5.1 OR P.jetpack:4.6) AND connectivity.connected:true", true],
    ["groups values of a field", "P.jetpack:(5.1 OR 4.60)", true],
    ["searches all fields without a name", "xavier", true],
    ["searches metadata too", "shadow.name.packdrift.metadata.reported.schema.timestamp>1796000000", true],
    ["knows whether desired and reported differ", "shadow.name.packdrift.hasDelta:false", true],
    ["does not index a list of objects", "P.palette:*", false],
    ["does not index null", "P.nothing:*", false],
    ["does not index an empty list", "P.empty:*", false],
    ["takes true for a word", "P.isOn:true", true],
    ["takes an escaped character for itself", "P.board:agx\\*", false],
  ])("%s: %s", (_, query, expected) => {
    expect(selects(at(query), THING)).toBe(expected);
  });

  it.each([
    ["a AND b OR c", "AND beside OR"],
    ["(a", "parenthesis is not closed"],
    ["a)", "from"],
    ["P.a:", "in place of a value"],
    ["P.a:[1 TO", "range"],
    ["P.a:[* TO 5]", "bounds"],
    ["P.a:AND", "in place of a value"],
    ["", "in place of a value"],
    ['P.a:"open', "at"],
  ])("is refused where the guide does not say what it means: %s", (query, problem) => {
    expect(() => selects(query, THING)).toThrow(problem);
  });
});

describe("limitsBroken", () => {
  it.each<[string, readonly string[]]>([
    ["P.a:1", []],
    [Array.from({ length: 12 }, (_, n) => `a:${n}`).join(" "), []],
    [Array.from({ length: 13 }, (_, n) => `a:${n}`).join(" "), ["over 12 terms"]],
    ['a:"one two three four five six seven" b:"one two three four five six"', ["over 12 terms"]],
    [`a:${"x".repeat(1_000)}`, ["over 1000 bytes"]],
    ["a:x*y*", []],
    ["a:x*y*z*", ["a term with over 2 *"]],
    ["a:x??????", ["a term with over 5 ?"]],
    ["a:*x", []],
    ["a:*x b:?y", ["over 1 leading wildcard"]],
    [`a:*${"x".repeat(100)}`, ["a leading wildcard and over 100 characters"]],
    ["a:x/y", ["a character that is not supported"]],
    ["ä.b:x", ["a field name with other characters than letters, digits, - and _"]],
  ])("%s: %j", (query, expected) => {
    expect(limitsBroken(query)).toEqual(expected);
  });
});
