import { describe, expect, it } from "vitest";
import { type Platform, platformMatches, platformOf } from "../../src/lab/platform.js";

describe("platformMatches", () => {
  const more = { "architecture.detail": "armv8l", "com.example.accelerator": "nvidia" };
  const jetson: Platform = { ...platformOf("classic", "linux", "arm64"), more };

  it.each([
    [undefined, true],
    [{}, true],
    [{ os: "linux" }, true],
    [{ os: "/linux|darwin/" }, true],
    [{ os: "/lin/" }, false],
    [{ os: "/(/" }, false],
    [{ os: "*", anything: "*" }, true],
    [{ runtime: "aws_nucleus_lite" }, false],
    [{ runtime: "*" }, true],
    [{ "com.example.accelerator": "nvidia" }, true],
    [{ "com.example.accelerator": "amd" }, false],
    [{ architecture: "amd64" }, false],
  ])("matches %o on classic: %s", (wanted, expected) => {
    expect(platformMatches(wanted, jetson)).toBe(expected);
  });

  it.each([
    [undefined, false],
    [{ os: "linux" }, false],
    [{ runtime: "*" }, false],
    [{ os: "linux", runtime: "*" }, true],
    [{ os: "linux", runtime: "aws_nucleus_lite", architecture: "aarch64", "architecture.detail": "armv8l" }, true],
    [{ os: "linux", runtime: "aws_nucleus_classic" }, false],
    [{ os: "/linux/", runtime: "*" }, false],
  ])("matches %o on lite: %s", (wanted, expected) => {
    expect(platformMatches(wanted, { ...jetson, flavour: "lite" })).toBe(expected);
  });
});
