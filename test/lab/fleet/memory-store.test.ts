import { describe, expect, it } from "vitest";
import { memoryDisk } from "../../../src/lab/fleet/memory-store.js";

describe("memoryDisk", () => {
  it("returns what was appended, whole or in part", () => {
    const { segments } = memoryDisk();
    segments.append("a", 0, Buffer.from("one "), true);
    segments.append("a", 4, Buffer.from("two"), true);

    expect(segments.read("a", 100)?.toString()).toBe("one two");
    expect(segments.readPart("a", 4, 3)?.toString()).toBe("two");
    expect(segments.readPart("a", 4, 4)).toBeNull();
    expect(segments.read("b", 100)).toBeNull();
  });

  it("refuses an append to a file of another size", () => {
    const { segments } = memoryDisk();
    segments.append("a", 0, Buffer.from("one"), true);

    expect(() => segments.append("a", 0, Buffer.from("x"), true)).toThrow("has 3 bytes instead of 0");
  });

  it("cuts, renames and removes files", () => {
    const { segments } = memoryDisk();
    segments.append("a", 0, Buffer.from("one"), true);
    segments.cut("a", 2);
    segments.rename("a", "b");

    expect(segments.list()).toEqual(["b"]);
    expect(segments.read("b", 100)?.toString()).toBe("on");
    segments.remove("b");
    expect(segments.list()).toEqual([]);
  });
});
