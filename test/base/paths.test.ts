import { describe, expect, it } from "vitest";
import { fileNameOf, folderOf, parentOf, withoutEndSlashes } from "../../src/base/paths.js";
import { startCpuTime } from "../cpu-time.js";

describe("a path", () => {
  it.each([
    ["/usr/lib/libc.so.6", "/usr/lib", "/usr/lib", "libc.so.6"],
    ["/libc.so.6", "", "/", "libc.so.6"],
  ])("%s has a folder and a name", (path, folder, parent, name) => {
    expect([folderOf(path), parentOf(path), fileNameOf(path)]).toEqual([folder, parent, name]);
  });

  it("without a slash is a name alone", () => {
    expect(fileNameOf("libc.so.6")).toBe("libc.so.6");
  });

  it.each([
    ["/usr/lib", "/usr/lib"],
    ["/usr//lib///", "/usr//lib"],
    ["///", ""],
    ["", ""],
  ])("%j without the slashes at its end is %j", (path, without) => {
    expect(withoutEndSlashes(path)).toBe(without);
  });

  it("loses slashes in linear time", () => {
    const cpuMs = startCpuTime();

    expect(withoutEndSlashes(`${"/".repeat(1_000_000)}x`)).toHaveLength(1_000_001);
    expect(cpuMs()).toBeLessThan(500);
  });
});
