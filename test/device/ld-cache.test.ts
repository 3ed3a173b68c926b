import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { LD_CACHE, parseLdCache } from "../../src/device/ld-cache.js";
import { ldCache, oldLdCache } from "./ld-cache-bytes.js";

const ENTRIES = [
  ["libc.so.6", "/lib/x86_64-linux-gnu/libc.so.6"],
  ["libnvinfer.so.7", "/usr/lib/x86_64-linux-gnu/libnvinfer.so.7"],
  ["libnvinfer.so.8", "/usr/lib/x86_64-linux-gnu/libnvinfer.so.8"],
  ["libnvinfer.so.8", "/opt/second/libnvinfer.so.8"],
] as const;
const FOUND = new Map<string, string>(ENTRIES.slice(1, 3));
const parse = (bytes: Uint8Array) => parseLdCache(bytes, ["libnvinfer.so."], "X86_64");

describe("parseLdCache", () => {
  it("reads the new format, the old one, and the new one behind the old", () => {
    expect(parse(ldCache(ENTRIES))).toEqual(FOUND);
    expect(parse(oldLdCache(ENTRIES))).toEqual(FOUND);
    expect(parse(oldLdCache([["libnvinfer.so.5", "/old"]], ldCache(ENTRIES)))).toEqual(FOUND);
  });

  it("leaves out entries of another architecture", () => {
    expect(parseLdCache(ldCache(ENTRIES, 0x0a00), ["libnvinfer.so."], "X86_64")).toEqual(new Map());
    expect(parseLdCache(ldCache(ENTRIES, 0x0a00), ["libnvinfer.so."], "ARM64")).toEqual(FOUND);
  });

  it("reads from a view into a larger buffer", () => {
    const bytes = ldCache(ENTRIES);
    const padded = Buffer.concat([Buffer.alloc(5), bytes]);

    expect(parse(padded.subarray(5))).toEqual(FOUND);
  });

  it.skipIf(!existsSync(LD_CACHE))("finds a library in this machine's own cache", () => {
    expect([...(parseLdCache(readFileSync(LD_CACHE), ["libc.so.6"], null) ?? [])].join()).toMatch(/libc\.so\.6,\//);
  });

  it("answers null or fewer entries, never throws, wherever the bytes break off or turn", () => {
    for (const bytes of [ldCache(ENTRIES), oldLdCache(ENTRIES), oldLdCache([], ldCache(ENTRIES))]) {
      for (let length = 0; length < bytes.length; length++) {
        expect(parse(bytes.subarray(0, length))?.size ?? 0).toBeLessThanOrEqual(2);
      }
      for (let at = 0; at < bytes.length; at++) {
        const turned = Buffer.from(bytes);
        turned[at] = 0xff;
        expect(() => parse(turned)).not.toThrow();
      }
    }
    expect(parse(new Uint8Array(0))).toBeNull();
    expect(parse(Buffer.from("no cache at all"))).toBeNull();
  });
});
