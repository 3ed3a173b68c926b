/**
 * Gives SHA-256 in base64url by the native part of the SDK, which the connection has loaded anyway: `node:crypto` would cost
 * the idling component 1.6 MB for the same digest.
 */
export async function nativeSha256(): Promise<(text: string) => string> {
  // Loaded when first used: see greengrass.ts.
  const { crypto } = await import("aws-crt");
  return (text) => {
    const { buffer, byteOffset, byteLength } = crypto.hash_sha256(text);
    return Buffer.from(buffer, byteOffset, byteLength).toString("base64url");
  };
}
