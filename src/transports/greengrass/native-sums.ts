/** Digests and checksums computed by the native part of the SDK. */
interface Sums {
  /** SHA-256, base64url. */
  readonly sha256: (text: string) => string;
  /** CRC-32 (ISO 3309), unsigned. */
  readonly crc32: (bytes: Buffer) => number;
}

/**
 * Loads the native part of the SDK, which the connection needs anyway. `node:crypto` would cost the idle component 1.6 MB, and a
 * JavaScript checksum over a full outbox takes a second when Node runs without its optimising compiler.
 */
export async function nativeSums(): Promise<Sums> {
  // Loaded when first used: see sdk.ts.
  const { checksums, crypto } = await import("aws-crt");
  return {
    sha256(text) {
      const { buffer, byteOffset, byteLength } = crypto.hash_sha256(text);
      return Buffer.from(buffer, byteOffset, byteLength).toString("base64url");
    },
    crc32: (bytes) => checksums.crc32(bytes) >>> 0,
  };
}
