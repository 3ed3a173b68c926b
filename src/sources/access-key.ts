import type { AccessKey } from "../platform/signature-v4.js";
import { clientCredentials } from "./api.js";
import { type Exchange, usesTokenExchange } from "./exchanged-credentials.js";

/**
 * The access key to sign requests with: from the token exchange service or the environment if possible, otherwise as
 * AWS's client finds it, whose memory is never freed. Throws their errors if there are no credentials.
 */
export async function accessKey(
  env: Readonly<Record<string, string | undefined>>,
  region: string,
  exchange: Exchange,
): Promise<AccessKey> {
  if (usesTokenExchange(env)) return exchange();
  return keyIn(env) ?? withToken(await clientCredentials(region));
}

/** A profile comes before the variables, as for AWS's client. */
function keyIn(env: Readonly<Record<string, string | undefined>>): AccessKey | null {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: token } = env;
  if (!accessKeyId || !secretAccessKey || env.AWS_PROFILE) return null;
  return { accessKeyId, secretAccessKey, sessionToken: token || null };
}

function withToken({ accessKeyId, secretAccessKey, sessionToken }: Found): AccessKey {
  return { accessKeyId, secretAccessKey, sessionToken: sessionToken ?? null };
}

interface Found {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}
