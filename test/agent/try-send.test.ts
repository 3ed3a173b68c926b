import { describe, expect, it } from "vitest";
import { trySending } from "../../src/agent/try-send.js";
import { DeliveryError, ExpectedError } from "../../src/base/errors.js";
import { fakeLog } from "./fake-clock.js";

const fails = (error: Error) => async () => {
  throw error;
};

describe("trySending", () => {
  it("distinguishes what was sent from what may be sent later and what never can", async () => {
    const trySend = trySending(fakeLog());

    expect([
      await trySend(async () => undefined),
      await trySend(fails(new DeliveryError("offline", true))),
      await trySend(fails(new ExpectedError("refused"))),
      await trySend(fails(new DeliveryError("too long", false))),
    ]).toEqual(["sent", "retry", "retry", "rejected"]);
  });

  it("logs each failure once until something is sent again", async () => {
    const log = fakeLog();
    const trySend = trySending(log);
    for (const message of ["a", "b", "a"]) await trySend(fails(new ExpectedError(message)));
    await trySend(async () => undefined);
    await trySend(fails(new ExpectedError("a")));

    expect(log.of("message.not-sent").map(({ message }) => message)).toEqual(["a", "b", "a"]);
  });

  it("throws on a bug", async () => {
    await expect(trySending(fakeLog())(fails(new TypeError("bug")))).rejects.toThrow("bug");
  });
});
