import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { canonicalAnswer, descriptionOf, epochMilliseconds } from "../../src/job/wire-answer.js";

const FIXTURES = new URL("./fixtures/answers/", import.meta.url);

describe("canonicalAnswer", () => {
  it("returns the same text for the same job from every client", () => {
    const texts = readdirSync(FIXTURES).map((name) =>
      canonicalAnswer(JSON.parse(readFileSync(new URL(name, FIXTURES), "utf8"))),
    );

    expect(texts).toHaveLength(6);
    expect(new Set(texts).size).toBe(1);
  });

  it("sorts keys, leaves out nulls and the client's own members, and includes unknown members", () => {
    const answer = {
      Status: "FAILED",
      New: { b: [1, null], a: null },
      CreationTimestamp: 1.5,
      $metadata: { attempts: 2 },
    };

    expect(canonicalAnswer(answer)).toBe('{"CreationTimestamp":1500,"New":{"b":[1,null]},"Status":"FAILED"}');
    const listed = { Status: "FAILED", New: [{ b: 1, a: null }] };
    expect(canonicalAnswer(listed)).toBe('{"New":[{"b":1}],"Status":"FAILED"}');
  });

  it("returns another text for another value", () => {
    expect(canonicalAnswer({ Status: "FAILED" })).not.toBe(canonicalAnswer({ Status: "RUNNING" }));
  });
});

describe("descriptionOf", () => {
  const nested = (levels: number): unknown => (levels === 0 ? "x" : [nested(levels - 1)]);
  const refusal = (answer: unknown) => {
    try {
      descriptionOf(answer);
      return null;
    } catch (error) {
      return (error as Error).message;
    }
  };

  it("accepts 32 levels, 20,000 values and a mebibyte of texts and keys, and no more", () => {
    const status = { Status: "FAILED" };
    expect(refusal({ ...status, x: nested(31) })).toBeNull();
    expect(refusal({ ...status, x: nested(32) })).toBe("Cannot read job: nested deeper than 32 levels");
    expect(refusal({ ...status, x: Array(19_997).fill(0) })).toBeNull();
    expect(refusal({ ...status, x: Array(19_998).fill(0) })).toBe("Cannot read job: more than 20000 values");
    const rest = 1_048_576 - "StatusFAILEDx".length;
    expect(refusal({ ...status, x: "y".repeat(rest) })).toBeNull();
    expect(refusal({ ...status, x: "y".repeat(rest + 1) })).toBe("Cannot read job: more than 1048576 characters");
    expect(refusal({ ...status, ["y".repeat(rest + 1)]: "z" })).toContain("more than 1048576 characters");
  });

  it("names the first five members of something that is not a job", () => {
    const members = Object.fromEntries(["a", "b", "c", "d", "e", "f"].map((key) => [key, 1]));
    expect(refusal({ none: null, ...members })).toBe(
      'Cannot read job: needs ModelPackagingDescription, has "a", "b", "c", "d", "e"',
    );
  });
});

describe("epochMilliseconds", () => {
  it.each([
    [1671439322.915, 1671439322915],
    [0, 0],
    ["2022-12-19T08:42:02.915Z", 1671439322915],
    ["2022-12-19T09:42:02.915000+01:00", 1671439322915],
    ["2022-12-19T00:42:02.915-0800", 1671439322915],
    ["2022-01-01 00:00:00+00:00", 1640995200000],
    ["2022-12-19t08:42:02,915z", 1671439322915],
    ["9999-12-31T23:59:59.999Z", 253_402_300_799_999],
    [new Date(5), 5],
  ])("reads %s", (value, expected) => {
    expect(epochMilliseconds(value)).toBe(expected);
  });

  it.each([
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1671439322915,
    "1671439322.915",
    "2022-12-19",
    "2022-12-19T08:42:02",
    "2022-13-19T08:42:02Z",
    "yesterday",
    "",
    new Date(Number.NaN),
    true,
    null,
    [1671439322],
  ])("does not read %s", (value) => {
    expect(epochMilliseconds(value)).toBeNull();
  });

  it("does not read a fraction of 100,000 digits", () => {
    expect(epochMilliseconds(`2022-12-19T08:42:02.${"9".repeat(100_000)}Z`)).toBeNull();
  });
});
