import { describe, expect, it } from "vitest";
import { lineWidth, printProblem, textStyle } from "../../../src/commands/shared/terminal.js";

const at = (env: Readonly<Record<string, string>>, isTerminal = false, columns = 100) => ({ env, isTerminal, columns });

describe("textStyle", () => {
  it.each([
    [{}, true, true],
    [{}, false, false],
    [{ TERM: "dumb" }, true, false],
    [{ NO_COLOR: "1" }, true, false],
    [{ NO_COLOR: "" }, true, true],
    [{ NO_COLOR: "1", FORCE_COLOR: "1", CLICOLOR_FORCE: "1" }, true, false],
    [{ FORCE_COLOR: "1" }, false, true],
    [{ FORCE_COLOR: "true", TERM: "dumb" }, false, true],
    [{ FORCE_COLOR: "0" }, true, false],
    [{ FORCE_COLOR: "false", CLICOLOR_FORCE: "1" }, true, false],
    [{ CLICOLOR_FORCE: "1" }, false, true],
    [{ CLICOLOR_FORCE: "0" }, false, false],
    [{ CLICOLOR_FORCE: "0" }, true, true],
    [{ CLICOLOR: "0" }, true, false],
    [{ CLICOLOR: "1" }, false, false],
  ])("with %j at a terminal %j: colour %j", (env, isTerminal, colour) => {
    expect(textStyle(at(env, isTerminal)).colour).toBe(colour);
  });

  it("keeps between 60 and 200 columns", () => {
    expect([20, 60, 80, 120, 200, 400].map((columns) => textStyle(at({}, true, columns)).width)).toEqual([
      60, 60, 80, 120, 200, 200,
    ]);
  });
});

describe("lineWidth", () => {
  it("leaves lines whole in a pipe, unless COLUMNS says how wide they may be", () => {
    const widths = [at({}), at({ COLUMNS: "80" }, false, 80), at({}, true, 120), at({ COLUMNS: "wide" })].map(
      lineWidth,
    );

    expect(widths).toEqual([Number.POSITIVE_INFINITY, 80, 120, Number.POSITIVE_INFINITY]);
  });
});

describe("printProblem", () => {
  const printed = (problem: string, errColumns: number | null) => {
    const texts: string[] = [];
    printProblem({ errColumns, err: (text) => void texts.push(text) }, problem);
    return texts.join("");
  };

  it("stays on one line in a pipe, and keeps to the width of a terminal", () => {
    const problem = `Cannot read "a\nb": ${"word ".repeat(20)}end`;

    expect(printed(problem, null)).toBe(`packdrift: Cannot read "a\\u000ab": ${"word ".repeat(20)}end\n`);
    expect(printed(problem, 80)).toBe(
      `packdrift: Cannot read "a\\u000ab": ${"word ".repeat(7)}word\n  ${"word ".repeat(12)}end\n`,
    );
  });
});
