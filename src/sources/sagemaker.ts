import { JobUnavailableError } from "../base/errors.js";
import { jsonObjectIn } from "../base/json.js";
import { packagingJobOf } from "../job/compilation-job.js";
import { checkJobRef, type JobRef } from "../job/job-names.js";
import type { AccessKey } from "../platform/signature-v4.js";
import { apiFailure, checkEndpoint, checkRegion, errorName, type HttpAnswer, type Service } from "./api-failure.js";
import { boundedCall, type Seen } from "./bounded-call.js";
import type { CallLimit } from "./call-limit.js";
import { sendPlainly } from "./plain-request.js";
import { type JobSource, titleOf } from "./source.js";

/** Access to SageMaker. */
export interface SageMakerSettings {
  readonly region: string;
  /** `https://host[:port]`; null for the service's own endpoint in the region. */
  readonly endpoint: string | null;
  /** For the whole call: credentials, retries and waits included. */
  readonly timeoutMs: number;
  readonly credentials: () => Promise<AccessKey>;
}

/**
 * A source that asks SageMaker for compilation jobs, and answers with the packaging jobs that have the same requirements. One
 * signed request needs no client: AWS's own for SageMaker has four hundred operations. `now` returns Unix milliseconds. Throws
 * InvalidInputError for a bad region or endpoint.
 */
export function sageMakerJobs(settings: SageMakerSettings, now: () => number): JobSource {
  const { endpoint, timeoutMs } = settings;
  const own = ownEndpoint(checkRegion(settings.region));
  const url = endpoint === null ? own : checkEndpoint(endpoint);
  const name = `sagemaker ${url}`;
  const service: Service = {
    member: () => "CompilationJobName",
    permission: ({ job }) =>
      `"sagemaker:DescribeCompilationJob" on Resource "arn:${partitionOf(settings.region)}:sagemaker:${settings.region}:ACCOUNT:compilation-job/${job}"`,
    ended: null,
  };

  return {
    name,
    async describe(ref, signal) {
      checkJobRef(ref.project, ref.job);
      const cannot = `Cannot get ${titleOf(ref)} from ${name}`;
      const failure = (answer: HttpAnswer | null, error: unknown): JobUnavailableError =>
        apiFailure({
          service,
          ref,
          source: name,
          serviceEndpoint: endpoint === null,
          missingCredentials: null,
          answer,
          error,
        });
      const send = (seen: Seen, limit: CallLimit) => ask({ ...settings, url, now }, ref, seen, limit);
      const response = await boundedCall({ cannot, timeoutMs, signal, send, failure });
      const members = response?.status === 200 ? jsonObjectIn(response.body ?? "") : null;
      if (members === null || members.CompilationJobName === undefined) throw failure(response, null);
      const mapped = packagingJobOf(members, ref);
      if ("refused" in mapped) throw new JobUnavailableError(`${cannot}: the answer ${mapped.refused}`, "NOT_A_JOB");
      return {
        answer: { ModelPackagingDescription: mapped.description },
        fetchedAt: new Date(now()).toISOString(),
        notes: mapped.guessedTarget,
      };
    },
  };
}

const ATTEMPTS = 3;
const MOST_ANSWER_BYTES = 1_048_576;

interface Asking extends SageMakerSettings {
  readonly url: string;
  readonly now: () => number;
}

/**
 * Sends the request. If the signature is refused because the device's clock is wrong, signs it again with the service's time: many
 * devices have no battery-backed clock.
 */
async function ask(asking: Asking, { job }: JobRef, seen: Seen, limit: CallLimit): Promise<void> {
  const { timeoutMs, now } = asking;
  const key = await asking.credentials();
  const onAnswer = (answer: HttpAnswer | null) => {
    seen.answer = answer;
  };
  const bounds = {
    attempts: ATTEMPTS,
    mostBytes: MOST_ANSWER_BYTES,
    connectMs: Math.ceil(timeoutMs / 2),
    signal: limit.signal,
    leftMs: limit.leftMs,
    onAnswer,
  };
  const send = async (at: number) => sendPlainly(await signedRequest(asking, key, job, at), bounds);
  const answer = await send(now());
  const offset = clockOffset(answer, now());
  if (offset !== 0) await send(now() + offset);
}

async function signedRequest({ url, region }: Asking, key: AccessKey, job: string, at: number) {
  // Loaded here, because examiners of other sources never sign anything with it.
  const { signedHeaders } = await import("../platform/signature-v4.js");
  const { href, host, pathname } = new URL(url);
  const body = JSON.stringify({ CompilationJobName: job });
  const headers = await signedHeaders(
    {
      method: "POST",
      path: pathname,
      query: {},
      headers: {
        host,
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": "SageMaker.DescribeCompilationJob",
      },
      body,
      signedAt: new Date(at),
      region,
      service: "sagemaker",
    },
    key,
  );
  // Not signed: proxies change it.
  const userAgent = { "user-agent": `packdrift/${PACKDRIFT_VERSION}` };
  return { method: "POST", url: href, headers: { ...headers, ...userAgent }, body } as const;
}

/** How far the service's clock is ahead of ours, in milliseconds; 0 if that is not why it refused the signature. */
function clockOffset({ status, headers, body }: HttpAnswer, now: number): number {
  if (status < 400 || status >= 500 || !CLOCK.test(errorName(headers, jsonObjectIn(body ?? "")) ?? "")) return 0;
  const offset = Date.parse(headers.date ?? "") - now;
  return Math.abs(offset) > SKEW_MS ? offset : 0;
}

// The names under which AWS refuses a signature with a wrong time; its own clients know the same ones.
const CLOCK =
  /^(RequestTimeTooSkewed|RequestInTheFuture|RequestExpired|InvalidSignature|SignatureDoesNotMatch)(Exception)?$/;
const SKEW_MS = 240_000;

function ownEndpoint(region: string): string {
  return `https://api.sagemaker.${region}.amazonaws.com${partitionOf(region) === "aws-cn" ? ".cn" : ""}`;
}

function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}
