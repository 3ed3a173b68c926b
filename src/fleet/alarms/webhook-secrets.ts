import { createHmac } from "node:crypto";
import { ExpectedError } from "../../base/errors.js";
import { reasonOf } from "../../base/system-errors.js";
import { checkSecret, readNamedFile } from "../../platform/safe-files.js";
import type { WebhookSettings } from "./alarm-settings.js";

const MOST_BYTES = 8_192;

/** The file with a webhook's token or key cannot be used. */
export class WebhookSecretError extends ExpectedError {}

/** The secrets of a webhook, as read from their files. */
interface WebhookSecrets {
  readonly bearer: string | null;
  readonly hmacKey: Buffer | null;
}

/** Reads a webhook's secrets, before each delivery, so that they can be changed. Throws WebhookSecretError. */
export function readSecrets({ bearerFile, hmacFile }: WebhookSettings): WebhookSecrets {
  return {
    bearer: bearerFile === null ? null : bearerOf(readSecret(bearerFile), bearerFile),
    hmacKey: hmacFile === null ? null : hmacKeyOf(readSecret(hmacFile), hmacFile),
  };
}

function readSecret(path: string): string {
  try {
    const bytes = readNamedFile(path, MOST_BYTES, (found) => checkSecret(path, found));
    if (bytes === null) throw new Error(`"${path}" does not exist`);
    return bytes.toString("utf8").trim();
  } catch (cause) {
    throw new WebhookSecretError(`Cannot read a webhook's secret: ${reasonOf(cause)}`, { cause });
  }
}

/** RFC 6750, b64token. */
function bearerOf(text: string, path: string): string {
  if (/^[A-Za-z0-9\-._~+/]+=*$/.test(text)) return text;
  throw new WebhookSecretError(`Cannot use the token in "${path}": it has characters that a bearer token cannot have`);
}

/** Standard Webhooks: `whsec_` and 24 to 64 bytes in base64. */
function hmacKeyOf(text: string, path: string): Buffer {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text)?.[1];
  const key = Buffer.from(encoded ?? "", "base64");
  if (key.length >= 24 && key.length <= 64) return key;
  throw new WebhookSecretError(`Cannot use the key in "${path}": it must be "whsec_" and 24 to 64 bytes in base64`);
}

/**
 * The headers that authenticate a delivery. Signatures follow the Standard Webhooks specification: HMAC-SHA256 over id,
 * time and body, so that receivers can check them with its libraries.
 */
export function authorisation({ bearer, hmacKey }: WebhookSecrets, id: string, body: string, nowMs: number) {
  const seconds = String(Math.floor(nowMs / 1_000));
  const headers: Record<string, string> = {};
  if (bearer !== null) headers.authorization = `Bearer ${bearer}`;
  if (hmacKey !== null) {
    headers["webhook-id"] = id;
    headers["webhook-timestamp"] = seconds;
    const digest = createHmac("sha256", hmacKey).update(`${id}.${seconds}.${body}`).digest("base64");
    headers["webhook-signature"] = `v1,${digest}`;
  }
  return headers;
}
