import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";

/** The parts of a request that AWS Signature Version 4 covers. */
export interface SignableRequest {
  readonly method: string;
  /** Percent-encoded. */
  readonly path: string;
  /** Decoded; the values of one name in order. */
  readonly query: Readonly<Record<string, readonly string[]>>;
  /** Lower-case names; all of them are signed. */
  readonly headers: Readonly<Record<string, string>>;
  /** Left out for an empty body. An x-amz-content-sha256 header takes its place. */
  readonly body?: string;
  readonly signedAt: Date;
  readonly region: string;
  readonly service: string;
}

/** An access key of AWS; temporary ones have a session token. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | null;
}

/** A request's headers, and those that sign it: x-amz-date, x-amz-security-token and authorization. */
export async function signedHeaders(
  request: SignableRequest,
  key: AccessKey,
): Promise<Readonly<Record<string, string>>> {
  return headersOf(newSigner(request, key), request);
}

/** Recomputes the signatures of clients, with AWS's own implementation. */
export function signatureV4() {
  // One for each key, because it caches the key derived for the day.
  const signers = new Map<string, SignatureV4>();
  return {
    /** The signature of a request with `key`: 64 hexadecimal digits. */
    async sign(request: SignableRequest, key: AccessKey): Promise<string> {
      const known = `${key.accessKeyId}\n${key.secretAccessKey}\n${key.sessionToken ?? ""}`;
      let signer = signers.get(known);
      if (signer === undefined) {
        signer = newSigner(request, key);
        if (signers.size >= MOST_SIGNERS) signers.clear();
        signers.set(known, signer);
      }
      const { authorization = "" } = await headersOf(signer, request);
      return /Signature=([0-9a-f]{64})$/.exec(authorization)?.[1] ?? "";
    },
    /** Compares in constant time. */
    equal(one: string, other: string): boolean {
      const [first, second] = [Buffer.from(one), Buffer.from(other)];
      return first.length === second.length && timingSafeEqual(first, second);
    },
  };
}

const MOST_SIGNERS = 1_000;

function newSigner(
  { region, service }: SignableRequest,
  { accessKeyId, secretAccessKey, sessionToken }: AccessKey,
): SignatureV4 {
  return new SignatureV4({
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== null && { sessionToken }) },
    region,
    service,
    sha256: Sha256,
    // Without an x-amz-content-sha256 of the client, the body's hash is signed, and no header is added.
    applyChecksum: false,
  });
}

async function headersOf(signer: SignatureV4, request: SignableRequest): Promise<Readonly<Record<string, string>>> {
  const { headers } = await signer.sign(
    {
      method: request.method,
      protocol: "http:",
      hostname: "",
      path: request.path,
      query: Object.fromEntries(Object.entries(request.query).map(([name, values]) => [name, [...values]])),
      headers: { ...request.headers },
      body: request.body,
    },
    {
      signingDate: request.signedAt,
      signingRegion: request.region,
      signingService: request.service,
      signableHeaders: new Set(Object.keys(request.headers)),
    },
  );
  return headers;
}

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
