import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { nativeSums } from "../../../src/transports/greengrass/native-sums.js";

const sums = await nativeSums();

describe("nativeSums", () => {
  it.each(["", "abc", "Größe \u{1f980}", "x".repeat(100_000)])("returns the same SHA-256 as Node for %.20s", (text) => {
    expect(sums.sha256(text)).toBe(createHash("sha256").update(text).digest("base64url"));
  });

  it("returns the same CRC-32 as Node, also of a part of a buffer", () => {
    const bytes = Buffer.from(Array.from({ length: 1_000 }, (_, at) => (at * 37) % 256));
    for (const part of [bytes, bytes.subarray(3, 17), bytes.subarray(0, 0)]) expect(sums.crc32(part)).toBe(crc32(part));
    expect(sums.crc32(Buffer.from("123456789"))).toBe(0xcbf43926);
  });
});
