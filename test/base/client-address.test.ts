import { describe, expect, it } from "vitest";
import { clientOf } from "../../src/base/client-address.js";

describe("clientOf", () => {
  it.each([
    ["10.1.2.3", "10.1.2.3"],
    ["::ffff:10.1.2.3", "10.1.2.3"],
    ["::1", "0:0:0:0::/64"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::9", "2001:db8:1:2::/64"],
    ["2001:db8::9", "2001:db8:0:0::/64"],
    [undefined, "unknown"],
  ])("counts %s as %s", (address, client) => {
    expect(clientOf(address)).toBe(client);
  });
});
