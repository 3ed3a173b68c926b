import { describe, expect, it } from "vitest";
import { KnownTexts } from "../../../src/fleet/ingest/known-texts.js";

describe("KnownTexts", () => {
  it("calls its function once for a text", () => {
    const { get, made } = counted(new KnownTexts<number>(10, 100));

    expect([get("a"), get("b"), get("a")]).toEqual([1, 2, 1]);
    expect(made()).toBe(2);
  });

  it("forgets the oldest entry beyond its limit of entries or characters", () => {
    const byEntries = counted(new KnownTexts<number>(2, 100));
    expect(["a", "b", "c", "b", "a"].map(byEntries.get)).toEqual([1, 2, 3, 2, 4]);

    const byCharacters = counted(new KnownTexts<number>(10, 4));
    expect(["aa", "bb", "c", "bb", "aa"].map(byCharacters.get)).toEqual([1, 2, 3, 2, 4]);
  });

  it("calls its function again without a text, and for a text that is too long", () => {
    const { get } = counted(new KnownTexts<number>(10, 4));

    expect([undefined, undefined, "aaaaa", "aaaaa"].map(get)).toEqual([1, 2, 3, 4]);
  });
});

function counted(remembered: KnownTexts<number>) {
  let count = 0;
  return {
    get: (text: string | undefined) =>
      remembered.get(text, () => {
        count += 1;
        return count;
      }),
    made: () => count,
  };
}
