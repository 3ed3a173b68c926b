import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { LD_CACHE, parseLdCache } from "../../src/device/ld-cache.js";
import { startCpuTime } from "../cpu-time.js";
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

  it("reads megabytes of entries without ends, or of shared strings, in linear time and little memory", () => {
    const cpuMs = startCpuTime();

    expect(parseLdCache(sharedCache(Buffer.from("libcuda.so.")), ["libcuda.so."], null)).toEqual(new Map());
    expect(parseLdCache(sharedCache(Buffer.from(`/${"x".repeat(4_000)}\0`)), [""], null)).toBeNull();
    expect(cpuMs()).toBeLessThan(2_000);
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

/** 8 MB of entries that all have one soname and path: these bytes, followed by what has no end. */
function sharedCache(text: Buffer): Buffer {
  const entries = 150_000;
  const header = ldCache([]);
  header.writeUInt32LE(entries, 20);
  const at = Buffer.alloc(4);
  at.writeUInt32LE(header.length + 24 * entries);
  const table = Buffer.alloc(24 * entries, Buffer.concat([Buffer.alloc(4), at, at, Buffer.alloc(12)]));
  return Buffer.concat([header, table, text, Buffer.alloc(4_000_000, "x")]);
}
