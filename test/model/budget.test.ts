import { describe, expect, it } from "vitest";
import { READING_LIMITS, readingBudget } from "../../src/model/budget.js";

describe("readingBudget", () => {
  it("counts each limit by itself, and says which is reached", () => {
    const budget = readingBudget(() => 0, { ...READING_LIMITS, elfFiles: 2, scanBytes: 10 });

    expect([budget.spend("elfFiles"), budget.spend("elfFiles"), budget.spend("elfFiles")]).toEqual([
      null,
      null,
      "more than 2 libraries",
    ]);
    expect([budget.spend("scanBytes", 11), budget.spend("scanBytes", 10)]).toEqual([
      "more than 10 bytes to search",
      null,
    ]);
  });

  it("ends all reading after 2 s", () => {
    let now = 1_000;
    const budget = readingBudget(() => now);

    now = 3_000;
    expect(budget.spend("folderEntries")).toBeNull();
    now = 3_001;
    expect(budget.spend("folderEntries")).toBe("reading took longer than 2 s");
  });
});
