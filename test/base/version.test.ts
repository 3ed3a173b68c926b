import { describe, expect, it } from "vitest";
import { compareStated, compareVersions, parseVersion, versionText } from "../../src/base/version.js";

const version = (text: string) => parseVersion(text) ?? [];

describe("parseVersion", () => {
  it.each([
    ["10", [10]],
    ["10.2", [10, 2]],
    ["8.2.1", [8, 2, 1]],
    ["10.3.0.30", [10, 3, 0, 30]],
    ["450.51.05", [450, 51, 5]],
    ["007.01", [7, 1]],
  ])("reads %s as numbers", (text, parts) => {
    expect(parseVersion(text)).toEqual(parts);
  });

  it.each([null, "", ".", "10.", ".2", "1.2.3.4.5", "8.x", "v8", "8.2-1", " 8", "8\n", "-1", "1e3", "9999999999"])(
    "reads %j as none",
    (text) => {
      expect(parseVersion(text)).toBe(null);
    },
  );
});

describe("compareVersions", () => {
  it.each([
    ["10.3", "8.6", 1],
    ["8.10", "8.9", 1],
    ["7.1.3", "8", -1],
    ["580", "580.0.0", 0],
    ["440.33", "440.33.01", -1],
  ])("orders %s and %s by number", (a, b, sign) => {
    expect(Math.sign(compareVersions(version(a), version(b)))).toBe(sign);
  });
});

describe("compareStated", () => {
  it.each([
    ["10.2", "10.2.89", "SAME"],
    ["8.2.1", "8.2.1.8", "SAME"],
    ["8.4", "8.4.0", "SAME"],
    ["8.2.1", "8.2.0", "OTHER"],
    ["8.2.1", "7", "OTHER"],
    ["8.2.1", "8.2", "UNKNOWN"],
    ["8.2.1", "8", "UNKNOWN"],
  ])("finds %s against %s to be %s in the parts that are stated", (wanted, found, answer) => {
    expect(compareStated(version(wanted), version(found))).toBe(answer);
  });
});

describe("versionText", () => {
  it("keeps the first parts", () => {
    expect([versionText([10, 2, 89], 2), versionText([10], 2)]).toEqual(["10.2", "10"]);
  });
});
