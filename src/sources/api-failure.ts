import { ExpectedError, InvalidInputError, type JobFailure, JobUnavailableError } from "../base/errors.js";
import { type JsonObject, jsonObjectIn } from "../base/json.js";
import { withoutEndSlashes } from "../base/paths.js";
import { ALL_JOBS, type JobRef, quoted } from "../job/job-names.js";
import { NoCredentialsError } from "./exchanged-credentials.js";
import { type ApiSettings, titleOf } from "./source.js";

/** The name of an API or archive as a source, without secrets. Throws InvalidInputError for a bad region or endpoint. */
export function apiName({ region, endpoint, signing }: ApiSettings): string {
  const own = `https://lookoutvision.${checkRegion(region)}.amazonaws.com`;
  if (endpoint === null) return `api ${own}`;
  return `${signing === "always" ? "api" : "archive"} ${checkEndpoint(endpoint)}`;
}

/** Returns the region, or throws InvalidInputError. */
export function checkRegion(region: string): string {
  if (/^[a-z0-9-]{1,63}$/.test(region)) return region;
  throw new InvalidInputError(`Cannot use region ${quoted(region)}: must match [a-z0-9-]+`);
}

/** An endpoint without trailing slashes, for messages. Throws InvalidInputError for one that is not a URL, or holds a secret. */
export function checkEndpoint(endpoint: string): string {
  const [, host] = /^https?:\/\/([^/?#]+)([^?#]*)$/i.exec(endpoint) ?? [];
  if (host === undefined) {
    // Show only the part before a query: the rest may hold a secret.
    const shown = endpoint.replace(/[?#].*$/s, "").replace(/\/\/[^/]*@/, "//");
    throw new InvalidInputError(`Cannot use endpoint ${quoted(shown)}: must be https://HOST[:PORT][/PATH]`);
  }
  if (host.includes("@")) {
    const shown = host.slice(host.lastIndexOf("@") + 1);
    throw new InvalidInputError(`Cannot use endpoint of ${quoted(shown)}: must not contain a user name or password`);
  }
  if (!URL_HOST.test(host))
    throw new InvalidInputError(`Cannot use endpoint ${quoted(endpoint)}: ${quoted(host)} is not a host name`);
  return withoutEndSlashes(endpoint);
}

const URL_HOST = /^([a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?|\[[0-9a-f:.]+\])(:[0-9]{1,5})?$/i;

/** An HTTP response; `body` is null if it was cut off or not read to its end. */
export interface HttpAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** What messages about a failed call need to know about a service. */
export interface Service {
  /** The member that a good response has. */
  readonly member: (ref: JobRef) => string;
  /** What a caller needs: `"action" on Resource "…"`. */
  readonly permission: (ref: JobRef) => string;
  /** Why its API may be gone; null for a service that is still there. */
  readonly ended: string | null;
}

/** Amazon Lookout for Vision, and every archive that answers like it. */
export const LOOKOUT_VISION: Service = {
  member: ({ job }) => (job === ALL_JOBS ? "ModelPackagingJobs" : "ModelPackagingDescription"),
  permission: ({ job }) =>
    `"lookoutvision:${job === ALL_JOBS ? "ListModelPackagingJobs" : "DescribeModelPackagingJob"}" on Resource "*"`,
  ended:
    'Amazon Lookout for Vision ended on 2025-10-31; use an archive (--endpoint, or "endpoint" in "source"), a saved answer (FILE, or ' +
    '"path" in "source") or the model\'s own files (--component, or "type": "auto"), see docs/recover-jobs.md',
};

/** Whether an endpoint is the service's own: null, or AWS's address of it. */
export function isServiceEndpoint(endpoint: string | null): boolean {
  return endpoint === null || /^https?:\/\/lookoutvision[a-z0-9.-]*\.amazonaws\.com(\.cn)?(?=$|[:/])/i.test(endpoint);
}

/** One call that did not return a job. */
export interface FailedCall {
  readonly service: Service;
  readonly ref: JobRef;
  /** The source's name, for the message. */
  readonly source: string;
  /** The service's own endpoint was called, and not an archive: a service that has ended explains the failure. */
  readonly serviceEndpoint: boolean;
  /** Why there were no credentials for a required signature; null if none was required. */
  readonly missingCredentials: string | null;
  /** The last response, or null. */
  readonly answer: HttpAnswer | null;
  /** What the client threw. */
  readonly error: unknown;
}

/** The error, with its reason, for a call that did not return a job. The message contains no secrets. */
export function apiFailure(call: FailedCall): JobUnavailableError {
  const [reason, words, retryAfter = null] = call.answer === null ? withoutAnswer(call) : withAnswer(call, call.answer);
  const { ended } = call.service;
  const why = call.serviceEndpoint && ended !== null ? `; ${ended}` : "";
  const message = `Cannot get ${titleOf(call.ref)} from ${call.source}: ${words}${why}`;
  return new JobUnavailableError(message, reason, retryAfter, { cause: call.error });
}

/** Why no credentials were found, without secrets. */
export function whyNoCredentials(error: unknown): string {
  const isPlain = nameAndCode(error).name === "CredentialsProviderError";
  const how =
    error instanceof ExpectedError ? error.message : `none found${isPlain ? "" : ` (${plainMessage(error)})`}`;
  return `${how}; looked for them in ${CREDENTIAL_SOURCES}`;
}

/** The seconds in a Retry-After header; null unless a whole number, the only form in the service's model. */
export function retryAfterSeconds(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,9}$/.test(header.trim()) ? Number(header) : null;
}

type Explanation = readonly [reason: JobFailure, words: string, retryAfterSeconds?: number | null];

function withAnswer({ service, ref, missingCredentials, error }: FailedCall, answer: HttpAnswer): Explanation {
  const { status, headers, body } = answer;
  if (body === null) return ["FAILED", `the answer (HTTP ${status}) broke off: ${plainMessage(error)}`];
  if (status >= 300 && status < 400)
    return ["NOT_A_JOB", `answered with a redirect (HTTP ${status})${target(headers)}`];
  const members = jsonObjectIn(body);
  const name = errorName(headers, members);
  const wait = retryAfterSeconds(headers["retry-after"]);
  if (status >= 500) return ["FAILED", `the service failed (HTTP ${status}${named(name)})${form(body, members)}`, wait];
  if (status < 300 || (members === null && name === null && body.trim() !== "")) {
    return ["NOT_A_JOB", `needs a JSON object with ${service.member(ref)} (HTTP ${status})${form(body, members)}`];
  }
  const explanation = refusal(service, ref, { status, name, members, wait });
  if (explanation[0] !== "DENIED" || missingCredentials === null) return explanation;
  const refused = `a request without a signature was refused (HTTP ${status}${named(name)})`;
  return ["DENIED", `${refused}, and there are no AWS credentials to sign one: ${missingCredentials}`];
}

interface Refusal {
  readonly status: number;
  readonly name: string | null;
  readonly members: Members;
  readonly wait: number | null;
}

function refusal(service: Service, ref: JobRef, { status, name, members, wait }: Refusal): Explanation {
  const code = `HTTP ${status}${named(name)}`;
  const message = messageIn(members);
  if (name !== null && CLOCK.test(name))
    return ["DENIED", `the device's clock is wrong, or the request arrived too late (${code})`];
  if (name !== null && CREDENTIALS.test(name)) return ["DENIED", `the credentials were not accepted (${code})`];
  if (status === 429 || (name !== null && THROTTLING.test(name)))
    return ["THROTTLED", `too many requests (${code})`, wait];
  if (status === 401 || status === 403 || (name !== null && DENIAL.test(name))) {
    return ["DENIED", `access denied (${code}), the role needs ${service.permission(ref)}${message}`];
  }
  if (status === 404 && typeof members?.ResourceType === "string") {
    return ["NOT_FOUND", `no such ${RESOURCES.get(members.ResourceType) ?? "resource"} there (${code})`];
  }
  if (name === "ResourceNotFound" || (name === "ValidationException" && COULD_NOT_FIND.test(message)))
    return ["NOT_FOUND", `no such job there (${code})${message}`];
  if (status === 404 || status === 410) return ["GONE", `the API is not served there (${code})`];
  if (status === 408) return ["TIMEOUT", `the service timed out waiting for the request (${code})`];
  if (name === null || KNOWN_FAULT.test(name)) return ["INVALID", `the request was refused (${code})${message}`];
  if (service.ended === null) return ["INVALID", `the request was refused (${code})${message}`];
  return ["GONE", `answered with an error that is not one of the service's (${code})`];
}

// How SageMaker reports that something does not exist, in operations that do not answer ResourceNotFound.
const COULD_NOT_FIND = /^: "(Could not find|Requested resource not found)/i;

// Error names of AWS's front ends as well as the service's own; some come with 400 and some with 403.
const CLOCK = /^(RequestTimeTooSkewed|RequestInTheFuture|RequestExpired)(Exception)?$/;
const CREDENTIALS =
  /^(UnrecognizedClient|ExpiredToken|InvalidSignature|SignatureDoesNotMatch|IncompleteSignature|MissingAuthenticationToken|InvalidClientTokenId|InvalidAccessKeyId|InvalidToken|TokenRefreshRequired|AuthFailure)(Exception)?$/;
const DENIAL =
  /^(AccessDenied|NotAuthorized|Unauthorized|UnauthorizedAccess|OptInRequired|Forbidden)(Exception|Error)?$/;
const THROTTLING =
  /^(Throttling|Throttled|ThrottledException|RequestThrottled|TooManyRequests|RequestLimitExceeded|LimitExceeded|SlowDown|BandwidthLimitExceeded)(Exception)?$/;
const KNOWN_FAULT =
  /^(Validation|Conflict|ServiceQuotaExceeded|Serialization|BadRequest|InvalidParameter)(Exception|Error)?$/;
const RESOURCES: ReadonlyMap<string, string> = new Map([
  ["PROJECT", "project"],
  ["MODEL_PACKAGE_JOB", "job"],
]);

type Members = JsonObject | null;

/**
 * A response's error name, as the SDK reads it: the header, else `code`, else `__type`; cut at the first "," or ":", and without a
 * prefix up to "#".
 */
export function errorName(headers: HttpAnswer["headers"], members: Members): string | null {
  const raw = [headers["x-amzn-errortype"], members?.code, members?.__type].find((name) => typeof name === "string");
  const name = /^[^,:]*/.exec(String(raw ?? ""))?.[0].replace(/^.*#/, "") ?? "";
  return /^[\w.-]{1,100}$/.test(name) ? name : null;
}

function named(name: string | null): string {
  return name === null ? "" : ` ${name}`;
}

/** The service's message, unless it repeats parts of the signed request, which may contain a session token. */
function messageIn(members: Members): string {
  const message = members?.Message ?? members?.message;
  if (typeof message !== "string" || message === "") return "";
  return /signature|credential=|security-token|secret/i.test(message) ? "" : `: ${quoted(message.slice(0, 300), 300)}`;
}

function form(body: string, members: Members): string {
  if (members !== null) return "";
  if (body.trim() === "") return ", the body is empty";
  return /^\s*</.test(body) ? ", found an HTML page: a captive portal or a proxy may have answered" : ", found no JSON";
}

/** The target of a redirect, without path and query, which may contain a secret. */
function target(headers: HttpAnswer["headers"]): string {
  const origin = /^https?:\/\/[^/?#@\s]{1,255}(?=$|[/?#])/i.exec(headers.location ?? "")?.[0];
  return origin === undefined ? "" : ` to ${quoted(origin)}: a captive portal or a proxy may have answered`;
}

function withoutAnswer(call: FailedCall): Explanation {
  const { name, code } = nameAndCode(call.error);
  if (call.error instanceof NoCredentialsError) return ["DENIED", `no AWS credentials: ${call.error.message}`];
  if (name === "CredentialsProviderError" || name === "TokenProviderError") {
    return ["DENIED", `no AWS credentials found; looked for them in ${CREDENTIAL_SOURCES}`];
  }
  if (code === "ENOTFOUND") return ["UNREACHABLE", `its host name does not exist (${code})`];
  if (NAME_CODES.test(code)) return ["UNREACHABLE", `its host name cannot be resolved now (${code})`];
  if (TLS_CODES.test(code)) return ["UNREACHABLE", `no trusted TLS connection (${code})${TLS_HINTS[code] ?? ""}`];
  if (code.startsWith("HPE_")) return ["NOT_A_JOB", `the server there does not speak HTTP (${code})`];
  // Check the code before the name: the client calls a reset connection a TimeoutError.
  if (NETWORK_CODES.test(code)) return ["UNREACHABLE", `the connection failed (${code})`];
  if (name === "TimeoutError" || code === "ETIMEDOUT" || code === "ESOCKETTIMEDOUT") {
    return ["TIMEOUT", `no connection in time${code === "" ? "" : ` (${code})`}`];
  }
  return ["FAILED", `the call failed: ${plainMessage(call.error)}`];
}

const CREDENTIAL_SOURCES =
  "the environment (AWS_ACCESS_KEY_ID), the files ~/.aws/credentials and ~/.aws/config, " +
  "the container endpoint (AWS_CONTAINER_CREDENTIALS_FULL_URI, Greengrass's token exchange service) and the instance's metadata";
const NAME_CODES = /^(EAI_\w+|ENODATA|ESERVFAIL|EREFUSED)$/;
const NETWORK_CODES = /^(ECONN\w+|EHOST\w+|ENET\w+|EPIPE|EADDRNOTAVAIL|EACCES|EPERM|ENOENT|EMFILE|ENFILE)$/;
const TLS_CODES =
  /^(EPROTO|CERT_\w+|ERR_(TLS|SSL)_\w+|UNABLE_TO_\w+|\w*SELF_SIGNED\w*|HOSTNAME_MISMATCH|INVALID_CA|PATH_LENGTH_EXCEEDED)$/;
const TLS_HINTS: Readonly<Record<string, string>> = {
  CERT_NOT_YET_VALID: ": the device's clock may be behind",
  CERT_HAS_EXPIRED: ": the certificate has expired, or the device's clock is ahead",
};

function nameAndCode(error: unknown): { readonly name: string; readonly code: string } {
  const { name, code } = (typeof error === "object" && error !== null ? error : {}) as {
    name?: unknown;
    code?: unknown;
  };
  return { name: typeof name === "string" ? name : "", code: typeof code === "string" ? code : "" };
}

/** The class of an error and its system code: the parts that cannot contain a secret. */
function plainMessage(error: unknown): string {
  const { name, code } = nameAndCode(error);
  return [name || "unknown error", code].filter((part) => part !== "").join(" ");
}
