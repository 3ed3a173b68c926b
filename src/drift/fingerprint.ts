/**
 * 64 bits over the texts' UTF-16 code units in 16 hexadecimal digits: two FNV-1a lanes of 32 bits with a multiplier each.
 * Null and an empty text differ, and so do `["ab", "c"]` and `["a", "bc"]`. No secret: it names a finding, nothing more.
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
        // A multiplication carries upwards only: without this the low bits would see the low bits alone.
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
