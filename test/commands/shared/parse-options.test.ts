import { describe, expect, it } from "vitest";
import { UsageError } from "../../../src/base/errors.js";
import type { Grammar } from "../../../src/commands/help/spec.js";
import { asksForHelp, parseOptions } from "../../../src/commands/shared/parse-options.js";

const SPEC = {
  name: "paint",
  arguments: { name: "FILE…", what: "what to paint" },
  options: {
    colour: { value: "NAME", choices: ["red", "green"], what: "the colour" },
    coats: { value: "N", range: [1, 9], default: 2, what: "how often" },
    out: { value: "FILE", short: "o", what: "where to" },
    job: { value: "FILE", multiple: true, spread: true, what: "what is painted for" },
    thinner: { value: "NAME", needs: ["colour"], what: "what thins it" },
    dry: { what: "without paint" },
  },
  conflicts: [
    ["dry", "colour"],
    ["dry", "FILE"],
  ],
} as const satisfies Grammar;

const parse = (line: string) => parseOptions(line === "" ? [] : line.split(" "), SPEC);

describe("parseOptions", () => {
  it("returns defaults, and false for flags that are not given", () => {
    expect(parse("")).toEqual({
      values: { colour: undefined, coats: 2, out: undefined, job: undefined, thinner: undefined, dry: false },
      positionals: [],
    });
  });

  it("reads every way to write an option", () => {
    expect(parse("--colour=red --coats 3 -o a b -- --dry").values).toMatchObject({ colour: "red", coats: 3, out: "a" });
    expect(parse("--colour=red --coats 3 -o a b -- --dry").positionals).toEqual(["b", "--dry"]);
    expect(parse("-oa --dry").values).toMatchObject({ out: "a", dry: true });
    expect(parse("--out -").values.out).toBe("-");
    expect(parse("--out=-x").values.out).toBe("-x");
  });

  it("adds the words after a list's value to the list, until the next option or --", () => {
    expect(parse("--job a b --out c d --job e -- f")).toMatchObject({
      values: { job: ["a", "b", "e"], out: "c" },
      positionals: ["d", "f"],
    });
    expect(parse("--job=a b")).toMatchObject({ values: { job: ["a"] }, positionals: ["b"] });
  });

  it.each([
    ["--color red", 'Unknown option "--color" (did you mean --colour?)'],
    ["-colour red", 'Unknown option "-colour" (did you mean --colour?)'],
    ["--weight=3", 'Unknown option "--weight"'],
    ["--constructor", 'Unknown option "--constructor"'],
    ["--hlep", 'Unknown option "--hlep" (did you mean --help?)'],
    ["--colour", "--colour needs a value: --colour NAME"],
    ["--colour=", "--colour needs a value: --colour NAME"],
    ["--coats -3", '--coats needs a value: --coats N (with "=" where it begins with "-": --coats=-3)'],
    ["--coats 10", 'Cannot use --coats "10": must be a whole number from 1 to 9'],
    ["--coats 1e0", 'Cannot use --coats "1e0": must be a whole number from 1 to 9'],
    ["--colour gren", 'Cannot use --colour "gren": must be one of red, green (did you mean "green"?)'],
    ["--out a --out b", "Cannot use --out twice: it takes one value"],
    ["--dry=no", "Cannot use --dry=no: --dry takes no value"],
    ["--dry --colour red", "Cannot use --dry together with --colour"],
    ["--dry a", "Cannot use --dry together with FILE"],
    ["--thinner water", "--thinner needs --colour NAME"],
  ])("refuses %s", (line, why) => {
    expect(() => parse(line)).toThrow(new UsageError(why));
  });

  it("refuses missing values, and more arguments than are accepted", () => {
    const name = "dip";
    const dir = { value: "DIR", required: true, what: "where" } as const;
    const one = { name: "JOB", required: true, what: "one" } as const;

    expect(() => parseOptions([], { name, options: { dir } })).toThrow("dip needs --dir DIR");
    expect(() => parseOptions(["a"], { name, options: {} })).toThrow('Unexpected argument "a": dip takes none');
    expect(() => parseOptions([], { name, options: {}, arguments: one })).toThrow("dip needs JOB");
    expect(() => parseOptions(["a", "b"], { name, options: {}, arguments: one })).toThrow(
      'Unexpected argument "b": dip takes one JOB',
    );
  });
});

describe("asksForHelp", () => {
  it.each([
    [["--help"], true],
    [["a", "--nonsense", "-h"], true],
    [["a", "--", "--help"], false],
    [["help"], false],
  ])("says of %j %s", (args, isAsked) => {
    expect(asksForHelp(args)).toBe(isAsked);
  });
});
