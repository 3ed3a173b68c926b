import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fingerprint } from "../../src/drift/fingerprint.js";

describe("fingerprint", () => {
  it("stays the same from release to release", () => {
    expect(fingerprint(["compiler.trt-ver", "path", "8.2.1", "7.1.3"])).toBe("b8e7d007d63b146d");
  });

  it("distinguishes parts, and null from empty", () => {
    const all = [["ab", "c"], ["a", "bc"], ["abc"], ["abc", ""], ["abc", null], [null, "abc"], []];
    expect(new Set(all.map(fingerprint)).size).toBe(all.length);
  });

  it("is 16 hexadecimal digits for any texts", () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.string({ unit: "binary" }))), (parts) => {
        expect(fingerprint(parts)).toMatch(/^[0-9a-f]{16}$/);
      }),
    );
  });

  it("has ten thousand fingerprints in either half for ten thousand similar inputs", () => {
    const names = Array.from({ length: 10_000 }, (_, i) => fingerprint(["rule", "path", `${i}`, null]));
    expect(new Set(names).size).toBe(10_000);
    expect(new Set(names.map((name) => name.slice(0, 8))).size).toBeGreaterThan(9_990);
    expect(new Set(names.map((name) => name.slice(8))).size).toBeGreaterThan(9_990);
  });
});
