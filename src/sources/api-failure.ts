import { ExpectedError, InvalidInputError, type JobFailure, JobUnavailableError } from "../base/errors.js";
import { isObject, type JsonObject, parseJson } from "../base/json.js";
import { ALL_JOBS, type JobRef, quoted } from "../job/job-names.js";
import { NoCredentialsError } from "./exchanged-credentials.js";
import { type ApiSettings, titleOf } from "./source.js";

/** The name of an API or archive as a source, without secrets. Throws InvalidInputError for a bad region or endpoint. */
export function apiName({ region, endpoint, signing }: ApiSettings): string {
  if (!/^[a-z0-9-]{1,63}$/.test(region)) {
    throw new InvalidInputError(`Cannot use region ${quoted(region)}: must match [a-z0-9-]+`);
  }
  if (endpoint === null) return `api https://lookoutvision.${region}.amazonaws.com`;
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
  return `${signing === "always" ? "api" : "archive"} ${endpoint.replace(/\/+$/, "")}`;
}

const URL_HOST = /^([a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?|\[[0-9a-f:.]+\])(:[0-9]{1,5})?$/i;

/** An HTTP answer as received; `body` is null when it broke off or was not read to its end. */
export interface HttpAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** One call that failed to give a job. */
export interface FailedCall {
  readonly ref: JobRef;
  /** The source's name, for the message. */
  readonly source: string;
  /** The service's own endpoint was called, which may be retired. */
  readonly serviceEndpoint: boolean;
  /** Why there were no credentials for the signature that was needed; null when none was. */
  readonly missingCredentials: string | null;
  /** The last answer, null when there was none. */
  readonly answer: HttpAnswer | null;
  /** What the client threw. */
  readonly error: unknown;
}

/** The error for a call that gave no job, with its reason; no message holds a secret. */
export function apiFailure(call: FailedCall): JobUnavailableError {
  const [reason, words, retryAfter = null] = call.answer === null ? withoutAnswer(call) : withAnswer(call, call.answer);
  const message = `Cannot get ${titleOf(call.ref)} from ${call.source}: ${words}`;
  return new JobUnavailableError(message, reason, retryAfter, { cause: call.error });
}

/** Why no credentials were found, without secrets. */
export function whyNoCredentials(error: unknown): string {
  const isPlain = nameAndCode(error).name === "CredentialsProviderError";
  const how =
    error instanceof ExpectedError ? error.message : `none found${isPlain ? "" : ` (${plainMessage(error)})`}`;
  return `${how}; looked for them in ${CREDENTIAL_PLACES}`;
}

/** Seconds to wait of a Retry-After header: whole seconds only, as the service's model says; null when it says anything else. */
export function retryAfterSeconds(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,9}$/.test(header.trim()) ? Number(header) : null;
}

/** The members of a JSON object; null when the text is anything else. */
export function parseMembers(body: string): Members {
  try {
    const value: unknown = parseJson(body);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

type Told = readonly [JobFailure, string, (number | null)?];

const permission = ({ job }: JobRef) =>
  `the role needs "lookoutvision:${job === ALL_JOBS ? "ListModelPackagingJobs" : "DescribeModelPackagingJob"}" on Resource "*"`;
const RETIRED = "the service ended on 2025-10-31";

function withAnswer({ ref, missingCredentials, error }: FailedCall, answer: HttpAnswer): Told {
  const { status, headers, body } = answer;
  if (body === null) return ["FAILED", `the answer (HTTP ${status}) broke off: ${plainMessage(error)}`];
  if (status >= 300 && status < 400)
    return ["NOT_A_JOB", `answered with a redirect (HTTP ${status})${target(headers)}`];
  const members = parseMembers(body);
  const name = errorName(headers, members);
  const wait = retryAfterSeconds(headers["retry-after"]);
  if (status >= 500) return ["FAILED", `the service failed (HTTP ${status}${named(name)})${form(body, members)}`, wait];
  if (status < 300 || (members === null && name === null && body.trim() !== "")) {
    return [
      "NOT_A_JOB",
      `needs a JSON object with ${ref.job === ALL_JOBS ? "ModelPackagingJobs" : "ModelPackagingDescription"} (HTTP ${status})${form(body, members)}`,
    ];
  }
  const told = refusal(ref, status, name, members, wait);
  if (told[0] !== "DENIED" || missingCredentials === null) return told;
  const refused = `a request without a signature was refused (HTTP ${status}${named(name)})`;
  return ["DENIED", `${refused}, and no AWS credentials could be had for one: ${missingCredentials}`];
}

function refusal(ref: JobRef, status: number, name: string | null, members: Members, wait: number | null): Told {
  const told = `HTTP ${status}${named(name)}`;
  const said = saying(members);
  if (name !== null && CLOCK.test(name))
    return ["DENIED", `the device's clock is wrong, or the request came too late (${told})`];
  if (name !== null && CREDENTIALS.test(name)) return ["DENIED", `the credentials were not accepted (${told})`];
  if (status === 429 || (name !== null && THROTTLING.test(name)))
    return ["THROTTLED", `too many requests (${told})`, wait];
  if (status === 401 || status === 403 || (name !== null && DENIAL.test(name))) {
    return ["DENIED", `access denied (${told}), ${permission(ref)}${said}`];
  }
  if (status === 404 && typeof members?.ResourceType === "string") {
    return ["NOT_FOUND", `no such ${RESOURCES.get(members.ResourceType) ?? "resource"} there (${told})`];
  }
  if (status === 404 || status === 410) return ["GONE", `the API is not served there any more (${told}); ${RETIRED}`];
  if (status === 408) return ["TIMEOUT", `the service waited too long for the request (${told})`];
  if (name === null || KNOWN_FAULT.test(name)) return ["INVALID", `the request was refused (${told})${said}`];
  return ["GONE", `answered with an error that the service does not have (${told}); ${RETIRED}`];
}

// Error names of AWS's front ends, besides the service's own; some come with 400 and some with 403.
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

/** As the SDK reads it: the header, else `code`, else `__type`; without what follows "," or ":" and what precedes "#". */
function errorName(headers: HttpAnswer["headers"], members: Members): string | null {
  const told = [headers["x-amzn-errortype"], members?.code, members?.__type].find((name) => typeof name === "string");
  const name = /^[^,:]*/.exec(String(told ?? ""))?.[0].replace(/^.*#/, "") ?? "";
  return /^[\w.-]{1,100}$/.test(name) ? name : null;
}

function named(name: string | null): string {
  return name === null ? "" : ` ${name}`;
}

/** The service's own sentence, unless it repeats parts of the signed request, which may hold a session token. */
function saying(members: Members): string {
  const message = members?.Message ?? members?.message;
  if (typeof message !== "string" || message === "") return "";
  return /signature|credential=|security-token|secret/i.test(message) ? "" : `: ${quoted(message.slice(0, 300), 300)}`;
}

function form(body: string, members: Members): string {
  if (members !== null) return "";
  if (body.trim() === "") return ", the body is empty";
  return /^\s*</.test(body) ? ", found an HTML page: a captive portal or a proxy may have answered" : ", found no JSON";
}

/** Where a redirect leads, without path and query: those may hold a secret. */
function target(headers: HttpAnswer["headers"]): string {
  const origin = /^https?:\/\/[^/?#@\s]{1,255}(?=$|[/?#])/i.exec(headers.location ?? "")?.[0];
  return origin === undefined ? "" : ` to ${quoted(origin)}: a captive portal or a proxy may have answered`;
}

function withoutAnswer(call: FailedCall): Told {
  const { name, code } = nameAndCode(call.error);
  if (call.error instanceof NoCredentialsError) return ["DENIED", `no AWS credentials: ${call.error.message}`];
  if (name === "CredentialsProviderError" || name === "TokenProviderError") {
    return ["DENIED", `no AWS credentials found; looked for them in ${CREDENTIAL_PLACES}`];
  }
  const retired = call.serviceEndpoint ? `; ${RETIRED}, its endpoint may be retired` : "";
  if (code === "ENOTFOUND") return ["UNREACHABLE", `its host name does not exist (${code})${retired}`];
  if (NAME_CODES.test(code)) return ["UNREACHABLE", `its host name cannot be looked up now (${code})`];
  if (TLS_CODES.test(code))
    return ["UNREACHABLE", `no trusted TLS connection (${code})${TLS_HINTS[code] ?? ""}${retired}`];
  if (code.startsWith("HPE_")) return ["NOT_A_JOB", `what answers there does not speak HTTP (${code})`];
  // Before the name: the client calls a reset connection a TimeoutError.
  if (NETWORK_CODES.test(code)) return ["UNREACHABLE", `nobody answers there (${code})${retired}`];
  if (name === "TimeoutError" || code === "ETIMEDOUT" || code === "ESOCKETTIMEDOUT") {
    return ["TIMEOUT", `no connection in time${code === "" ? "" : ` (${code})`}${retired}`];
  }
  return ["FAILED", `the call failed: ${plainMessage(call.error)}`];
}

const CREDENTIAL_PLACES =
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

/** Only what cannot hold a secret: the class of an error and its system code. */
function plainMessage(error: unknown): string {
  const { name, code } = nameAndCode(error);
  return [name || "unknown error", code].filter((part) => part !== "").join(" ");
}
