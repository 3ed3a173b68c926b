import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type JobFailure, JobUnavailableError } from "../../src/base/errors.js";
import { sourceForOneCheck } from "../../src/sources/one-check.js";
import type { JobAnswer, JobSource } from "../../src/sources/source.js";

const ref = (job: string) => ({ project: "bolts", job });
const GOOD: JobAnswer = { answer: {}, fetchedAt: "2026-01-02T03:04:05.000Z" };
const PATIENCE = { atATime: 2, limitMs: 60_000 };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A source whose calls wait until they are settled, by job. */
function scene() {
  const asked: string[] = [];
  const open = new Map<string, { answer: () => void; fail: (reason: JobFailure) => void }>();
  const call = <T>(job: string, answer: T): Promise<T> => {
    asked.push(job);
    return new Promise((resolve, reject) => {
      const fail = (reason: JobFailure) =>
        reject(
          new JobUnavailableError(
            `Cannot get job "${job}" of project "bolts" from api x: no answer within 30 ms`,
            reason,
          ),
        );
      open.set(job, { answer: () => resolve(answer), fail });
    });
  };
  const source: JobSource = {
    name: "api x",
    describe: ({ job }) => call(job, GOOD),
    list: () => call<readonly string[]>("*", ["a"]),
  };
  const checked = sourceForOneCheck(source, PATIENCE, () => performance.now());
  const ask = (job: string) =>
    checked.describe(ref(job)).then(
      () => "answered",
      (error: unknown) =>
        error instanceof JobUnavailableError ? `${error.reason}: ${error.message.replace(/^.* api x: /, "")}` : error,
    );
  return { asked, checked, ask, call: (job: string) => open.get(job) };
}
const settled = () => vi.advanceTimersByTimeAsync(0);

describe("sourceForOneCheck", () => {
  it("asks a limited number at a time, in the order in which they come", async () => {
    const { asked, ask, call } = scene();
    const answers = Promise.all(["a", "b", "c", "d"].map(ask));
    await settled();
    const first = [...asked];
    call("b")?.answer();
    await settled();
    const then = [...asked];
    for (const job of ["a", "c"]) call(job)?.answer();
    await settled();
    call("d")?.answer();

    expect(await answers).toEqual(["answered", "answered", "answered", "answered"]);
    expect([first, then, asked]).toEqual([
      ["a", "b"],
      ["a", "b", "c"],
      ["a", "b", "c", "d"],
    ]);
  });

  it.each(["TIMEOUT", "UNREACHABLE"] as const)("asks nothing more once it was %s, for that reason", async (reason) => {
    const { asked, ask, checked, call } = scene();
    const answers = Promise.all(["a", "b", "c"].map(ask));
    await settled();
    call("a")?.fail(reason);
    call("b")?.answer();

    const words = "no answer within 30 ms";
    const after = `${reason}: ${words}; not asked again in this check`;
    expect(await answers).toEqual([`${reason}: ${words}`, "answered", after]);
    expect(await ask("d")).toBe(after);
    await expect(checked.list?.("bolts")).rejects.toMatchObject({
      reason,
      message: `Cannot get the jobs of project "bolts" from api x: ${words}; not asked again in this check`,
    });
    expect(asked).toEqual(["a", "b"]);
  });

  it.each(["NOT_FOUND", "DENIED", "THROTTLED", "FAILED", "GONE"] as const)(
    "goes on after an answer such as %s",
    async (reason) => {
      const { ask, call } = scene();
      const first = ask("a");
      await settled();
      call("a")?.fail(reason);
      const answers = [await first];
      const second = ask("b");
      await settled();
      call("b")?.answer();

      expect([...answers, await second]).toEqual([`${reason}: no answer within 30 ms`, "answered"]);
    },
  );

  it("ends by its limit, which begins with the first request, whatever the source does", async () => {
    const { asked, ask, call } = scene();
    await vi.advanceTimersByTimeAsync(100_000);
    const slow = ask("a");
    await vi.advanceTimersByTimeAsync(59_000);
    call("a")?.answer();
    const answers = Promise.all(["b", "c", "d"].map(ask));
    await vi.advanceTimersByTimeAsync(1_000);

    const late = "TIMEOUT: no answer within the 60000 ms of a check";
    expect(await slow).toBe("answered");
    expect(await answers).toEqual([late, late, `${late}; not asked again in this check`]);
    expect(asked).toEqual(["a", "b", "c"]);
  });

  it("lists through the source if it has a list, and otherwise has no list", async () => {
    const { checked, call } = scene();
    const names = checked.list?.("bolts");
    await settled();
    call("*")?.answer();

    expect(await names).toEqual(["a"]);
    const listless = { name: "x", describe: async () => GOOD };
    expect(sourceForOneCheck(listless, PATIENCE, () => 0).list).toBeUndefined();
  });

  it("throws on a bug in the source, and passes its turn on", async () => {
    let calls = 0;
    const describe = async () => {
      if (calls++ < 2) throw new TypeError("bug");
      return GOOD;
    };
    const checked = sourceForOneCheck({ name: "x", describe }, PATIENCE, () => 0);
    const answers = await Promise.allSettled(["a", "b", "c"].map((job) => checked.describe(ref(job))));

    expect(answers.map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled"]);
  });
});
