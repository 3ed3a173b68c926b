import { describe, expect, it } from "vitest";
import { foldedAccount, type JobAccount, renderAccount } from "../../../src/archive/import/account.js";

const REFUSED: JobAccount = {
  project: null,
  job: null,
  outcome: "REFUSED",
  origin: null,
  reconstructed: false,
  guessed: [],
  why: "needs an object, is null",
};

describe("renderAccount", () => {
  it("has one line for all entries of a file that are refused alike, in the order of the first ones", () => {
    const taken: JobAccount = { ...REFUSED, project: "p", job: "j", outcome: "TAKEN", origin: "DESCRIBE", why: null };
    const other = { ...REFUSED, why: "needs an object, is a list" };

    expect(renderAccount({ file: "a.jsonl", jobs: [REFUSED, taken, REFUSED, other, { ...taken }, REFUSED] }, 80)).toBe(
      `a.jsonl
  refused   needs an object, is null (3 times)
  imported  p/j (answer of DescribeModelPackagingJob)
  refused   needs an object, is a list
  imported  p/j (answer of DescribeModelPackagingJob)
`,
    );
  });
});

describe("foldedAccount", () => {
  it("lists what is refused alike once, with how many there are, and every job that has a name", () => {
    const taken: JobAccount = { ...REFUSED, project: "p", job: "j", outcome: "TAKEN", origin: "DESCRIBE", why: null };

    expect(foldedAccount({ file: "a.jsonl", jobs: [REFUSED, taken, REFUSED, { ...taken }] })).toEqual({
      file: "a.jsonl",
      jobs: [{ ...REFUSED, times: 2 }, taken, { ...taken }],
    });
  });
});
