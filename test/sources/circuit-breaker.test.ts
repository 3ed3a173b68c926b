import { describe, expect, it } from "vitest";
import { type JobFailure, JobUnavailableError } from "../../src/base/errors.js";
import { circuitBreaker } from "../../src/sources/circuit-breaker.js";
import type { JobSource } from "../../src/sources/source.js";

const REF = { project: "bolts", job: "inspect-7" };
const START = Date.parse("2026-11-29T10:00:00Z");
const HOUR = 3_600_000;

/** The API as `circuitBreaker` asks it, with what it was asked and what was noted. */
function someApi(fail: { reason: JobFailure; cause?: unknown } | null) {
  const state = { asked: 0, noted: null as string | null, nowMs: START, fail };
  const ask = async <T>(answer: T): Promise<T> => {
    state.asked += 1;
    if (state.fail === null) return answer;
    throw new JobUnavailableError("Cannot get it", state.fail.reason, null, { cause: state.fail.cause });
  };
  const source: JobSource = {
    name: "api https://service.example",
    describe: () => ask({ answer: {}, fetchedAt: "2026-11-29T10:00:00.000Z" }),
    list: () => ask(["inspect-7"]),
  };
  const note = {
    load: () => state.noted,
    save(text: string) {
      state.noted = text;
    },
  };
  return { state, source: circuitBreaker(source, note, () => state.nowMs), note };
}

const reasonOf = (call: Promise<unknown>) =>
  call.then(
    () => "answered",
    (error: JobUnavailableError) => error.reason,
  );

describe("circuitBreaker", () => {
  it("asks an API that was found gone once a day, and says so with what to do", async () => {
    const { state, source } = someApi({ reason: "GONE" });

    expect(await reasonOf(source.describe(REF))).toBe("GONE");
    state.nowMs += 23 * HOUR;
    await expect(source.describe(REF)).rejects.toThrow(
      'Cannot get job "inspect-7" of project "bolts" from api https://service.example: not asked, since it refused with GONE at 2026-11-29T10:00:00.000Z and is asked once a day; Amazon Lookout for Vision ended on 2025-10-31',
    );
    await expect(source.list?.("bolts")).rejects.toThrow("not asked");
    expect(state.asked).toBe(1);
    state.nowMs += 2 * HOUR;
    await reasonOf(source.describe(REF));
    expect(state.asked).toBe(2);
  });

  it.each<{ reason: JobFailure; cause?: unknown }>([
    { reason: "DENIED" },
    { reason: "NOT_A_JOB" },
    { reason: "UNREACHABLE", cause: { code: "ENOTFOUND" } },
  ])("remembers that the API is gone after $reason", async (fail) => {
    const { state, source } = someApi(fail);

    await reasonOf(source.describe(REF));
    await reasonOf(source.describe(REF));
    expect(state.asked).toBe(1);
  });

  it.each<{ reason: JobFailure; cause?: unknown }>([
    { reason: "NOT_FOUND" },
    { reason: "THROTTLED" },
    { reason: "FAILED" },
    { reason: "TIMEOUT" },
    { reason: "UNREACHABLE", cause: { code: "EAI_AGAIN" } },
  ])("asks again after $reason", async (fail) => {
    const { state, source } = someApi(fail);

    await reasonOf(source.describe(REF));
    await reasonOf(source.describe(REF));
    expect(state.asked).toBe(2);
  });

  it.each([
    ["not JSON", "{"],
    ["of another form", '{"schema":"packdrift.api-gone/1","source":7}'],
    [
      "about another source",
      '{"schema":"packdrift.api-gone/1","source":"api x","at":"2026-11-29T09:00:00Z","reason":"GONE"}',
    ],
    [
      "from a clock that was ahead",
      '{"schema":"packdrift.api-gone/1","source":"api https://service.example","at":"2027-01-01T00:00:00Z","reason":"GONE"}',
    ],
  ])("asks in spite of a note that is %s", async (_, text) => {
    const { state, source } = someApi(null);
    state.noted = text;

    expect(await reasonOf(source.describe(REF))).toBe("answered");
  });

  it("asks at every check when the note cannot be stored", async () => {
    const { state, source, note } = someApi({ reason: "GONE" });
    note.save = () => {
      throw new Error("EROFS");
    };

    expect([await reasonOf(source.describe(REF)), await reasonOf(source.describe(REF))]).toEqual(["GONE", "GONE"]);
    expect(state.asked).toBe(2);
  });
});
