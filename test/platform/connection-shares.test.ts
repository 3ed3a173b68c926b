import { describe, expect, it } from "vitest";
import { connectionShares } from "../../src/platform/connection-shares.js";

describe("connectionShares", () => {
  it("admits a share of connections for each client", () => {
    const admit = connectionShares(2);

    expect(
      [admit("10.0.0.1"), admit("10.0.0.1"), admit("10.0.0.1"), admit("10.0.0.2")].map((end) => end !== null),
    ).toEqual([true, true, false, true]);
  });

  it("admits another when one has ended, which counts once", () => {
    const admit = connectionShares(2);
    const end = admit("10.0.0.1");
    admit("10.0.0.1");
    end?.();
    end?.();

    expect([admit("10.0.0.1"), admit("10.0.0.1")].map((ended) => ended !== null)).toEqual([true, false]);
  });

  it("counts the addresses of one IPv6 network as one client", () => {
    const admit = connectionShares(1);

    expect([admit("2001:db8::1"), admit("2001:db8::2"), admit("2001:db8:1::1")].map((end) => end !== null)).toEqual([
      true,
      false,
      true,
    ]);
  });
});
