import { codeOf, ExpectedError, JobUnavailableError } from "../base/errors.js";
import { isObject, jsonObjectIn } from "../base/json.js";
import { withoutEndSlashes } from "../base/paths.js";
import { withTimeLimit } from "../base/time-limit.js";
import { ALL_JOBS, checkJobRef, checkName, type JobRef, PROJECT_NAME_RULE } from "../job/job-names.js";
import type { ListAnswer } from "../job/wire.js";
import {
  apiFailure,
  apiName,
  type HttpAnswer,
  isServiceEndpoint,
  LOOKOUT_VISION,
  retryAfterSeconds,
  whyNoCredentials,
} from "./api-failure.js";
import { boundedCall, type Seen } from "./bounded-call.js";
import type { CallLimit } from "./call-limit.js";
import { sendPlainly } from "./plain-request.js";
import { type ApiSettings, type JobSource, titleOf } from "./source.js";

/**
 * A source that calls the API. Signed requests go through AWS's own client, which is loaded by the first call and never frees
 * its memory, so only short-lived processes make them (examiner/process.ts); unsigned requests need no client. `now` returns
 * Unix milliseconds. Throws InvalidInputError for a bad region or endpoint.
 */
export function lookoutVisionJobs(settings: ApiSettings, now: () => number): JobSource {
  const name = apiName(settings);
  const signing: Signing = { wanted: settings.signing, isNeeded: false, missing: null };

  /** The members of one good response: a description, or a page of the list. */
  async function ask(ref: JobRef, pageToken: string | null, signal: AbortSignal | undefined) {
    const failure = (answer: HttpAnswer | null, error: unknown): JobUnavailableError =>
      apiFailure({
        service: LOOKOUT_VISION,
        ref,
        source: name,
        serviceEndpoint: isServiceEndpoint(settings.endpoint),
        missingCredentials: signing.missing,
        answer,
        error: error instanceof NoMoreAttempts ? error.reason : error,
      });
    const response = await boundedCall({
      cannot: `Cannot get ${titleOf(ref)} from ${name}`,
      hint: isServiceEndpoint(settings.endpoint) ? `; ${LOOKOUT_VISION.ended}` : "",
      timeoutMs: settings.timeoutMs,
      signal,
      send: (seen, limit) => send(settings, signing, ref, pageToken, seen, limit),
      failure,
    });
    const answer = jsonObjectIn(response?.body ?? "");
    const found = answer?.[LOOKOUT_VISION.member(ref)];
    const fits = ref.job === ALL_JOBS ? Array.isArray(found) && found.every(isObject) : isObject(found);
    if (answer === null || !fits) throw failure(response, null);
    return answer;
  }

  return {
    name,
    async describe(ref, signal) {
      checkJobRef(ref.project, ref.job);
      const answer = await ask(ref, null, signal);
      return { answer, fetchedAt: new Date(now()).toISOString() };
    },
    async list(project, signal) {
      const ref = { project: checkName(project, PROJECT_NAME_RULE), job: ALL_JOBS };
      const names: string[] = [];
      let pageToken: string | null = null;
      // A faulty server may return pages without end.
      for (let page = 0; page < MAX_PAGES; page++) {
        const answer: ListAnswer = await ask(ref, pageToken, signal);
        for (const { JobName: job, Status: status } of answer.ModelPackagingJobs ?? []) {
          // A failed job made no component.
          if (typeof job === "string" && status !== "FAILED") names.push(job);
        }
        pageToken = typeof answer.NextToken === "string" && answer.NextToken !== "" ? answer.NextToken : null;
        if (pageToken === null) return names;
      }
      throw new JobUnavailableError(
        `Cannot get ${titleOf(ref)} from ${name}: the list has more than ${MAX_PAGES} pages`,
        "FAILED",
      );
    },
  };
}

/** Loads AWS's client. */
export async function loadClient(): Promise<typeof import("@aws-sdk/client-lookoutvision")> {
  // First, because the client reads getRandomValues when it is loaded.
  await fillCrypto();
  return import("@aws-sdk/client-lookoutvision");
}

/** Credentials as AWS's client finds them: in its files, at a container's endpoint, in the instance's metadata. */
export async function clientCredentials(region: string) {
  const { LookoutVisionClient } = await loadClient();
  const client = new LookoutVisionClient({ region });
  try {
    return await client.config.credentials();
  } finally {
    client.destroy();
  }
}

const MAX_ATTEMPTS = 3;
const MAX_PAGES = 100;
/** How long to wait for credentials where a request could also go unsigned. */
const CREDENTIALS_LIMIT_MS = 4_000;
const API_VERSION = "2020-11-20";
const MAX_ANSWER_BYTES = 1_048_576;

/** Stops the client from trying again. It has no `cause`, because the client looks there for transient errors. */
class NoMoreAttempts extends Error {
  constructor(readonly reason: unknown) {
    super("no more attempts");
  }
}

/** Whether a source's requests are signed. */
interface Signing {
  readonly wanted: ApiSettings["signing"];
  /** A request without a signature was refused; remembered for all calls. */
  isNeeded: boolean;
  /** Why there are no credentials for the required signature; remembered for all calls. */
  missing: string | null;
}

/**
 * Makes one call. An archive is called without a signature first, which needs neither credentials nor AWS's client. Only if it
 * refuses that are credentials looked up.
 */
async function send(
  settings: ApiSettings,
  signing: Signing,
  ref: JobRef,
  pageToken: string | null,
  seen: Seen,
  limit: CallLimit,
): Promise<void> {
  if (signing.wanted !== "always" && !signing.isNeeded) {
    await sendUnsigned(settings, ref, pageToken, seen, limit);
    signing.isNeeded = signing.wanted === "if-possible" && isRefusal(seen.answer);
    if (!signing.isNeeded) return;
  }
  if (signing.missing !== null) return sendUnsigned(settings, ref, pageToken, seen, limit);
  const refused = seen.answer;
  const client = await openClient(settings, signing);
  if (client === null) seen.answer = refused;
  else await sendSigned(client, ref, pageToken, seen, limit);
}

function isRefusal(answer: HttpAnswer | null): boolean {
  return (
    answer !== null && answer.status >= 400 && answer.status < 500 && answer.status !== 404 && answer.status !== 429
  );
}

async function sendUnsigned(
  { endpoint, region, timeoutMs }: ApiSettings,
  { project, job }: JobRef,
  pageToken: string | null,
  seen: Seen,
  limit: CallLimit,
): Promise<void> {
  const base = withoutEndSlashes(endpoint ?? `https://lookoutvision.${region}.amazonaws.com`);
  const jobs = `${base}/${API_VERSION}/projects/${encodeURIComponent(project)}/modelpackagingjobs`;
  const page = pageToken === null ? "" : `?nextToken=${encodeURIComponent(pageToken)}`;
  const url = job === ALL_JOBS ? `${jobs}${page}` : `${jobs}/${encodeURIComponent(job)}`;
  const headers = { accept: "application/json", "user-agent": `packdrift/${PACKDRIFT_VERSION}` };
  await sendPlainly(
    { method: "GET", url, headers, body: "" },
    {
      attempts: MAX_ATTEMPTS,
      mostBytes: MAX_ANSWER_BYTES,
      connectMs: Math.ceil(timeoutMs / 2),
      signal: limit.signal,
      leftMs: limit.leftMs,
      onAnswer: (answer) => {
        seen.answer = answer;
      },
    },
  );
}

/** A client with credentials; null, with the reason in `signing`, if there are none and a request may go unsigned. */
async function openClient(settings: ApiSettings, signing: Signing) {
  const { LookoutVisionClient } = await loadClient();
  const { credentials = null } = settings;
  const client = new LookoutVisionClient({
    region: settings.region,
    ...(settings.endpoint !== null && { endpoint: settings.endpoint }),
    ...(credentials !== null && { credentials }),
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: { connectionTimeout: Math.ceil(settings.timeoutMs / 2) },
  });
  if (signing.wanted !== "if-possible") return client;
  try {
    // The client keeps them for the request.
    const late = () => new ExpectedError(`none within ${CREDENTIALS_LIMIT_MS} ms`);
    await withTimeLimit(client.config.credentials(), CREDENTIALS_LIMIT_MS, late);
    return client;
  } catch (error) {
    client.destroy();
    signing.missing = whyNoCredentials(error);
    return null;
  }
}

type Client = NonNullable<Awaited<ReturnType<typeof openClient>>>;

/** Makes one call, then destroys the client. */
async function sendSigned(
  client: Client,
  ref: JobRef,
  pageToken: string | null,
  seen: Seen,
  limit: CallLimit,
): Promise<void> {
  const { DescribeModelPackagingJobCommand, ListModelPackagingJobsCommand } = await loadClient();
  client.middlewareStack.add(
    (next) => async (args) => {
      seen.answer = null;
      const result = await next(args).catch((error: unknown) => {
        // The client counts a host name that does not exist as transient, and would resolve it three times.
        throw codeOf(error) === "ENOTFOUND" ? new NoMoreAttempts(error) : error;
      });
      await take(result.response as WireResponse, seen, limit);
      return result;
    },
    { step: "deserialize", name: "packdriftTakesAnswer", priority: "low" },
  );
  try {
    const options = { abortSignal: limit.signal };
    const { project: ProjectName, job: JobName } = ref;
    if (JobName === ALL_JOBS) {
      const page = pageToken === null ? {} : { NextToken: pageToken };
      await client.send(new ListModelPackagingJobsCommand({ ProjectName, ...page }), options);
    } else await client.send(new DescribeModelPackagingJobCommand({ ProjectName, JobName }), options);
  } finally {
    client.destroy();
  }
}

interface WireResponse {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  body: AsyncIterable<Uint8Array> | Uint8Array;
}

/**
 * Reads the body up to its size limit, stores it, and replaces a good one by an empty object, which the client accepts: it would
 * parse ISO times as 1970.
 */
async function take(response: WireResponse, seen: Seen, limit: CallLimit): Promise<void> {
  const { statusCode: status, headers } = response;
  seen.answer = { status, headers: { ...headers }, body: null };
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    sizeBytes += chunk.length;
    // Leaving the loop destroys the stream.
    if (sizeBytes > MAX_ANSWER_BYTES) throw new NoMoreAttempts(new RangeError("too large"));
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  // A good response is parsed here, not by the client, which prints a stack for every member of a wrong type.
  response.body = status < 300 ? Buffer.from("{}") : body;
  seen.answer = { status, headers: { ...headers }, body: body.toString("utf8") };
  const wait = retryAfterSeconds(headers["retry-after"]);
  // A date or a fraction causes a TypeError in the client; without the header it chooses its own wait.
  if (wait === null) delete headers["retry-after"];
  // The client would sleep past the limit.
  else if (status >= 400 && wait * 1000 >= limit.leftMs()) throw new NoMoreAttempts(null);
}

/** Node 16 has getRandomValues only inside webcrypto, and the client takes it from here. */
async function fillCrypto(): Promise<void> {
  const { default: crypto } = await import("node:crypto");
  const node = crypto as { getRandomValues?: unknown; readonly webcrypto: typeof crypto.webcrypto };
  node.getRandomValues ??= (array: Uint8Array) => node.webcrypto.getRandomValues(array);
}
