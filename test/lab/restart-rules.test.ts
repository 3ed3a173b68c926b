import { describe, expect, it } from "vitest";
import { platformOf } from "../../src/lab/platform.js";
import { parseRecipe } from "../../src/lab/recipe.js";
import { isBroken, isFailure, stateAfter } from "../../src/lab/restart-rules.js";

const HOUR = 3_600_000;
const recipe = (steps: object) =>
  parseRecipe(
    JSON.stringify({
      RecipeFormatVersion: "2020-01-25",
      ComponentName: "c",
      ComponentVersion: "1.0.0",
      Manifests: [{ Lifecycle: steps }],
    }),
    platformOf("classic", "linux", "x64"),
  );

describe("isFailure", () => {
  it.each([
    ["classic", { code: 0, signal: null }, false],
    ["classic", { code: 3, signal: null }, true],
    ["classic", { code: null, signal: "SIGTERM" }, true],
    ["lite", { code: 0, signal: null }, false],
    ["lite", { code: 3, signal: null }, true],
    ["lite", { code: null, signal: "SIGTERM" }, false],
    ["lite", { code: null, signal: "SIGKILL" }, true],
  ] as const)("on %s of %j is %s", (flavour, exit, expected) => {
    expect(isFailure(flavour, exit)).toBe(expected);
  });
});

describe("isBroken", () => {
  it("needs three failures with less than an hour between neighbours", () => {
    expect(isBroken([])).toBe(false);
    expect(isBroken([0, 1])).toBe(false);
    expect(isBroken([0, HOUR - 1, 2 * HOUR - 2])).toBe(true);
    expect(isBroken([0, HOUR, HOUR + 1])).toBe(false);
    expect(isBroken([0, HOUR, HOUR + 1, HOUR + 2])).toBe(true);
  });
});

describe("stateAfter", () => {
  it("is ERRORED by a failure, FINISHED after a run step and RUNNING after a startup step", () => {
    const good = { code: 0, signal: null };
    expect(stateAfter("classic", recipe({ run: "x" }), { code: 1, signal: null })).toBe("ERRORED");
    expect(stateAfter("classic", recipe({ run: "x" }), good)).toBe("FINISHED");
    expect(stateAfter("classic", recipe({ startup: "x" }), good)).toBe("RUNNING");
    expect(stateAfter("classic", recipe({ install: "x" }), good)).toBe("FINISHED");
  });
});
