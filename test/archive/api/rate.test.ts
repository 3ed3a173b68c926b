import { describe, expect, it } from "vitest";
import { clientOf, rateLimit } from "../../../src/archive/api/rate.js";

function limited(rule = {}) {
  let at = 0;
  const take = rateLimit({ perSecond: 2, burst: 3, mostClients: 10, ...rule }, () => at);
  const pass = (ms: number): void => {
    at += ms;
  };
  return { take, pass };
}

describe("rateLimit", () => {
  it("takes a burst, then tells the whole seconds to wait", () => {
    const { take } = limited({ perSecond: 0.25 });

    expect([take("a"), take("a"), take("a"), take("a"), take("a")]).toEqual([0, 0, 0, 4, 4]);
  });

  it("takes as many again as time has brought, and no more than a burst", () => {
    const { take, pass } = limited();
    for (let count = 0; count < 3; count += 1) take("a");

    pass(1000);
    expect([take("a"), take("a"), take("a")]).toEqual([0, 0, 1]);
    pass(3_600_000);
    expect([take("a"), take("a"), take("a"), take("a")]).toEqual([0, 0, 0, 1]);
  });

  it("tells clients apart", () => {
    const { take } = limited({ burst: 1 });

    expect([take("a"), take("b"), take("a"), take("b")]).toEqual([0, 0, 1, 1]);
  });

  it("forgets whom it has not seen for longest beyond its bound", () => {
    const { take } = limited({ burst: 1, mostClients: 2 });

    expect(["a", "b", "a", "c", "a", "b"].map(take)).toEqual([0, 0, 1, 0, 1, 0]);
  });
});

describe("clientOf", () => {
  it.each([
    ["10.1.2.3", "10.1.2.3"],
    ["::ffff:10.1.2.3", "10.1.2.3"],
    ["::1", "0:0:0:0::/64"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::9", "2001:db8:1:2::/64"],
    ["2001:db8::9", "2001:db8:0:0::/64"],
    [undefined, "unknown"],
  ])("takes %s as %s", (address, client) => {
    expect(clientOf(address)).toBe(client);
  });
});
