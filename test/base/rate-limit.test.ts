import { describe, expect, it } from "vitest";
import { rateLimit } from "../../src/base/rate-limit.js";

function limited(rule = {}) {
  let at = 0;
  const take = rateLimit({ perSecond: 2, burst: 3, mostClients: 10, ...rule }, () => at);
  const pass = (ms: number): void => {
    at += ms;
  };
  return { take, pass };
}

describe("rateLimit", () => {
  it("allows a burst, then returns the whole seconds to wait", () => {
    const { take } = limited({ perSecond: 0.25 });

    expect([take("a"), take("a"), take("a"), take("a"), take("a")]).toEqual([0, 0, 0, 4, 4]);
  });

  it("allows more as time passes, up to a burst", () => {
    const { take, pass } = limited();
    for (let count = 0; count < 3; count += 1) take("a");

    pass(1000);
    expect([take("a"), take("a"), take("a")]).toEqual([0, 0, 1]);
    pass(3_600_000);
    expect([take("a"), take("a"), take("a"), take("a")]).toEqual([0, 0, 0, 1]);
  });

  it("counts each client by itself", () => {
    const { take } = limited({ burst: 1 });

    expect([take("a"), take("b"), take("a"), take("b")]).toEqual([0, 0, 1, 1]);
  });

  it("forgets the least recently seen client beyond its bound", () => {
    const { take } = limited({ burst: 1, mostClients: 2 });

    expect(["a", "b", "a", "c", "a", "b"].map(take)).toEqual([0, 0, 1, 0, 1, 0]);
  });
});
