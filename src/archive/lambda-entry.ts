import { createHmac, randomUUID } from "node:crypto";
import { UsageError } from "../base/errors.js";
import { signatureV4 } from "../platform/signature-v4.js";
import { type Credentials, parseCredentials } from "./access/credentials.js";
import { authentication } from "./access/signature.js";
import { type Fault, type HttpReply, namedFaultReply } from "./api/faults.js";
import { type LambdaReply, lambdaReply, lambdaRequest } from "./api/lambda.js";
import { archiveService } from "./api/service.js";
import { s3Jobs } from "./store/s3.js";

type Handler = (event: unknown) => Promise<LambdaReply>;

/**
 * The archive as an AWS Lambda function behind an HTTP API or a function URL, with the jobs in S3. Its settings:
 * docs/archive.md, "In the cloud". Throws for other events, and when its settings are wrong.
 */
export const handler: Handler = async (event) => {
  // Made for the first request and used for all later ones.
  made ??= archiveHandler(process.env);
  return made(event);
};
let made: Handler | undefined;

const CREDENTIALS_FRESH_MS = 60_000;

/** A handler configured by PACKDRIFT_BUCKET, PACKDRIFT_PREFIX, PACKDRIFT_CREDENTIALS_KEY and PACKDRIFT_TOKEN_KEY in `env`. */
function archiveHandler(env: Readonly<Record<string, string | undefined>>): Handler {
  const { PACKDRIFT_BUCKET: bucket = "", PACKDRIFT_PREFIX: prefix = "", PACKDRIFT_TOKEN_KEY: tokenKey = "" } = env;
  const credentialsKey = env.PACKDRIFT_CREDENTIALS_KEY ?? "";
  if (bucket === "") throw new UsageError("Cannot serve the archive: PACKDRIFT_BUCKET is not set");
  // Another instance may get a token back, so the key cannot be generated here.
  if (tokenKey.length < 16) {
    throw new UsageError("Cannot serve the archive: PACKDRIFT_TOKEN_KEY must have 16 characters or more");
  }
  if (prefix !== "" && !prefix.endsWith("/")) {
    throw new UsageError("Cannot serve the archive: PACKDRIFT_PREFIX must end with /");
  }
  const log = (event: string, fields: object) => console.log(JSON.stringify({ event, ...fields }));
  const jobs = s3Jobs({ bucket, prefix }, (key, why) => log("archive.skipped", { key, why }));
  const credentials =
    credentialsKey === "" ? null : fresh(async () => parseCredentials(await jobs.text(credentialsKey), credentialsKey));
  const signed = credentials && authentication({ credentials, signer: signatureV4(), now: () => Date.now() });

  return async (event) => {
    const { request, caller } = lambdaRequest(event);
    const service = archiveService({
      jobs,
      newRequestId: () => randomUUID(),
      writeFault: namedFaultReply,
      seal: (text) => createHmac("sha256", tokenKey).update(text).digest("base64"),
      // No limit here, since AWS's front ends throttle, and an instance sees only its own share of the requests.
      limit: null,
      authenticate: async () => caller ?? (signed === null ? NOBODY : await signed(request)),
      onError: (error, { url }) => log("archive.failed", { url, why: String(error) }),
    });
    const reply: HttpReply = await service({ ...request, remoteAddress: undefined });
    return lambdaReply(reply, request.method);
  };
}

const NOBODY: Fault = {
  name: "AccessDeniedException",
  message:
    "This archive has no credentials to check the request with: set PACKDRIFT_CREDENTIALS_KEY, or use IAM authorization",
};

/** What `read` returned within the last minute. */
function fresh(read: () => Promise<Credentials>): () => Promise<Credentials> {
  let known: { readonly at: number; readonly credentials: Promise<Credentials> } | null = null;
  return async () => {
    if (known === null || Date.now() - known.at > CREDENTIALS_FRESH_MS) {
      known = { at: Date.now(), credentials: read() };
      known.credentials.catch(() => {
        known = null;
      });
    }
    return known.credentials;
  };
}
