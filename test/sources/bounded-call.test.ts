import { describe, expect, it } from "vitest";
import { JobUnavailableError } from "../../src/base/errors.js";
import type { HttpAnswer } from "../../src/sources/api-failure.js";
import { boundedCall } from "../../src/sources/bounded-call.js";

const GOOD: HttpAnswer = { status: 200, headers: {}, body: "{}" };
const CALL = {
  cannot: "Cannot get it",
  timeoutMs: 50,
  signal: undefined,
  failure: (answer: HttpAnswer | null) => new JobUnavailableError(`failed after ${answer?.status}`, "FAILED"),
};
const never = () => new Promise<void>(() => undefined);

describe("boundedCall", () => {
  it("returns the last response", async () => {
    const response = await boundedCall({
      ...CALL,
      async send(seen) {
        seen.answer = { ...GOOD, status: 500 };
        seen.answer = GOOD;
      },
    });

    expect(response).toBe(GOOD);
  });

  it("explains an error by the last response", async () => {
    const failed = boundedCall({
      ...CALL,
      async send(seen) {
        seen.answer = { ...GOOD, status: 503 };
        throw new Error("reset");
      },
    });

    await expect(failed).rejects.toMatchObject({ reason: "FAILED", message: "failed after 503" });
  });

  it("ends the message of a call that took too long with the caller's hint", async () => {
    const silent = boundedCall({ ...CALL, hint: "; the service ended", send: never });

    await expect(silent).rejects.toThrow("Cannot get it: no answer within 50 ms; the service ended");
  });

  it("ends at its limit, and says how far it got", async () => {
    const silent = boundedCall({ ...CALL, send: never });
    const endless = boundedCall({
      ...CALL,
      send(seen) {
        seen.answer = { ...GOOD, body: null };
        return never();
      },
    });

    await expect(silent).rejects.toMatchObject({
      reason: "TIMEOUT",
      message: "Cannot get it: no answer within 50 ms",
    });
    await expect(endless).rejects.toMatchObject({
      reason: "TIMEOUT",
      message: "Cannot get it: an answer (HTTP 200) that does not end within 50 ms",
    });
  });

  it("ends with the caller's reason when aborted, before and during the call", async () => {
    const stop = new AbortController();
    const under = boundedCall({ ...CALL, timeoutMs: 10_000, signal: stop.signal, send: never });
    stop.abort(new Error("stopped"));

    await expect(under).rejects.toThrow("stopped");
    await expect(boundedCall({ ...CALL, signal: stop.signal, send: never })).rejects.toThrow("stopped");
  });
});
