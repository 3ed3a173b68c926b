/**
 * A 64-bit hash of the texts' UTF-16 code units, as 16 hexadecimal digits: two 32-bit lanes of FNV-1a, each with its
 * own multiplier. Null differs from an empty text, and `["ab", "c"]` from `["a", "bc"]`. It identifies a finding and
 * protects nothing.
 */
export function fingerprint(parts: readonly (string | null)[]): string {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (const part of parts) {
    if (part !== null) {
      for (let i = 0; i < part.length; i += 1) {
        const unit = part.charCodeAt(i);
        a = Math.imul(a ^ unit, 0x01000193);
        b = Math.imul(b ^ unit, 0x5bd1e995);
        // A multiplication only carries upwards: without this step the low bits would depend on low bits alone.
        b ^= b >>> 15;
      }
    }
    const end = part === null ? 0x1ffff : 0x10000;
    a = Math.imul(a ^ end, 0x01000193);
    b = Math.imul(b ^ end, 0x5bd1e995);
  }
  return hex(a) + hex(b);
}

/** Two digits for each byte: `toString(16)` and padding would cost more than the hash. */
const BYTES: readonly string[] = Array.from({ length: 256 }, (_, byte) => (byte < 16 ? "0" : "") + byte.toString(16));

function hex(lane: number): string {
  return `${BYTES[lane >>> 24]}${BYTES[(lane >>> 16) & 255]}${BYTES[(lane >>> 8) & 255]}${BYTES[lane & 255]}`;
}
