import { describe, expect, it } from "vitest";
import { pendingAnswers } from "../../src/lab/pending-answers.js";

describe("pendingAnswers", () => {
  it("gives each question its own answer, in any order", async () => {
    const pending = pendingAnswers<string>();
    const asked: string[] = [];
    const [one, two] = ["1", "2"].map((id) => pending.ask(id, 10_000, () => asked.push(id)));
    expect([pending.answer("2", "two"), pending.answer("1", "one"), asked]).toEqual([true, true, ["1", "2"]]);
    expect(await Promise.all([one, two])).toEqual(["one", "two"]);
  });

  it("accepts an answer that comes while the question is being sent", async () => {
    const pending = pendingAnswers<number>();
    expect(await pending.ask("id", 10_000, () => pending.answer("id", 7))).toBe(7);
  });

  it("resolves with undefined at the time limit and takes no answer afterwards", async () => {
    const pending = pendingAnswers<number>();
    expect(await pending.ask("id", 1, () => {})).toBeUndefined();
    expect(pending.answer("id", 7)).toBe(false);
  });

  it("accepts only one answer", async () => {
    const pending = pendingAnswers<number>();
    const asked = pending.ask("id", 10_000, () => {});
    expect([pending.answer("id", 1), pending.answer("id", 2), pending.answer("other", 3)]).toEqual([
      true,
      false,
      false,
    ]);
    expect(await asked).toBe(1);
  });
});
