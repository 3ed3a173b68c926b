import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { canonicalAnswer, epochMilliseconds } from "../../src/job/wire-answer.js";

const FIXTURES = new URL("./fixtures/answers/", import.meta.url);

describe("canonicalAnswer", () => {
  it("gives the same text for the same job from every client", () => {
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
  });

  it("gives another text for another value", () => {
    expect(canonicalAnswer({ Status: "FAILED" })).not.toBe(canonicalAnswer({ Status: "RUNNING" }));
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
