import { describe, expect, it } from "vitest";
import { fileNameOf, folderOf, parentOf } from "../../src/base/paths.js";

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
});
