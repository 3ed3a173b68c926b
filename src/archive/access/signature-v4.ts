import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import type { Signer } from "./signature.js";

/** Recomputes a client's signature, with AWS's own implementation of Signature Version 4. */
export function signatureV4(): Signer {
  // One for each key, because it caches the key derived for the day.
  const signers = new Map<string, SignatureV4>();
  return {
    async sign(request, credential) {
      const { accessKeyId, secretAccessKey, sessionToken } = credential;
      const known = `${accessKeyId}\n${secretAccessKey}\n${sessionToken ?? ""}`;
      let signer = signers.get(known);
      if (signer === undefined) {
        signer = new SignatureV4({
          credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== null && { sessionToken }) },
          region: request.region,
          service: request.service,
          sha256: Sha256,
          // Use the client's x-amz-content-sha256; without one, the hash of an empty body.
          applyChecksum: false,
        });
        if (signers.size >= MOST_SIGNERS) signers.clear();
        signers.set(known, signer);
      }
      const { headers } = await signer.sign(
        {
          method: request.method,
          protocol: "http:",
          hostname: "",
          path: request.path,
          query: Object.fromEntries(Object.entries(request.query).map(([name, values]) => [name, [...values]])),
          headers: { ...request.headers },
        },
        {
          signingDate: request.signedAt,
          signingRegion: request.region,
          signingService: request.service,
          signableHeaders: new Set(Object.keys(request.headers)),
        },
      );
      return /Signature=([0-9a-f]{64})$/.exec(headers.authorization ?? "")?.[1] ?? "";
    },
    equal(one, other) {
      const [first, second] = [Buffer.from(one), Buffer.from(other)];
      return first.length === second.length && timingSafeEqual(first, second);
    },
  };
}

const MOST_SIGNERS = 1_000;

/** SHA-256 for the signer, HMAC when it has a secret. */
class Sha256 {
  private hash: { update(bytes: Uint8Array): unknown; digest(): Uint8Array };

  constructor(secret?: unknown) {
    this.hash = secret === undefined ? createHash("sha256") : createHmac("sha256", bytesOf(secret));
  }

  update(bytes: Uint8Array): void {
    this.hash.update(bytes);
  }

  async digest(): Promise<Uint8Array> {
    return this.hash.digest();
  }

  reset(): void {}
}

function bytesOf(secret: unknown): Uint8Array {
  if (typeof secret === "string") return Buffer.from(secret);
  if (ArrayBuffer.isView(secret)) return new Uint8Array(secret.buffer, secret.byteOffset, secret.byteLength);
  if (secret instanceof ArrayBuffer) return new Uint8Array(secret);
  throw new TypeError("The signer's secret must be text or bytes");
}
