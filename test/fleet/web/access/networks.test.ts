import { describe, expect, it } from "vitest";
import { networks } from "../../../../src/fleet/web/access/networks.js";

describe("networks", () => {
  it("knows the addresses of its networks, of both families", () => {
    const isFrom = networks(["10.0.0.0/8", "192.168.1.7", "fd00::/8"]);

    expect(["10.9.8.7", "::ffff:10.1.1.1", "192.168.1.7", "fd12::1"].map(isFrom)).toEqual([true, true, true, true]);
    expect(["11.0.0.1", "192.168.1.8", "fe80::1%eth0", "", undefined].map(isFrom)).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
  });

  it.each(["10.0.0.0/33", "10.0.0/8", "x", "fd00::/129", "10.0.0.0/"])("refuses %j", (text) => {
    expect(() => networks([text])).toThrow("must be like 10.0.0.0/8");
  });
});
