import { describe, expect, it } from "vitest";
import { loopbackAddress } from "../../src/base/loopback.js";

describe("loopbackAddress", () => {
  it.each([
    ["127.0.0.1", "127.0.0.1"],
    ["127.255.1.9", "127.255.1.9"],
    ["localhost", "127.0.0.1"],
    ["LOCALHOST", "127.0.0.1"],
    ["::1", "::1"],
    ["[::1]", "::1"],
  ])("returns the address of %s", (host, address) => {
    expect(loopbackAddress(host)).toBe(address);
  });

  it.each([
    "0.0.0.0",
    "::",
    "",
    "10.0.0.1",
    "127.0.0.256",
    "127.0.0.1.example.com",
    "localhost.example.com",
    "::ffff:127.0.0.1",
  ])("returns null for %j, which other machines may reach", (host) => {
    expect(loopbackAddress(host)).toBeNull();
  });
});
