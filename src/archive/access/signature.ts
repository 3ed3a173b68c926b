import type { SignableRequest } from "../../platform/signature-v4.js";
import type { Caller, HttpRequest } from "../api/describe.js";
import type { Fault } from "../api/faults.js";
import type { Credential, Credentials } from "./credentials.js";

/** AWS Signature Version 4 in the Authorization header. */
interface Signer {
  /** The signature of a request with `credential`: 64 hexadecimal digits. */
  sign(request: SignableRequest, credential: Credential): Promise<string>;
  /** Compares in constant time. */
  equal(one: string, other: string): boolean;
}

/** The dependencies of authentication. */
interface AuthenticationParts {
  /** The current credentials. */
  credentials(): Promise<Credentials>;
  readonly signer: Signer;
  /** Milliseconds since 1970. */
  now(): number;
  /** The service's name in AWS's signatures; the archive's own if left out. */
  readonly service?: string;
}

/**
 * Identifies who signed a request, or answers as AWS's front end does. A replay within 5 minutes is accepted: requests can only
 * read.
 */
export function authentication(parts: AuthenticationParts): (request: HttpRequest) => Promise<Caller | Fault> {
  const { service = SERVICE } = parts;
  return async (request) => {
    const claim = claimOf(request.headers, service);
    if ("message" in claim) return claim;
    if (queryParameters(request.url) > MOST_QUERY_PARAMETERS) return incomplete("Too many query parameters.");
    const late = tooLate(claim.date, parts.now());
    if (late !== null) return late;
    const credential = (await parts.credentials()).get(claim.accessKeyId);
    if (credential === undefined) return UNKNOWN_KEY;
    const token = request.headers["x-amz-security-token"] ?? null;
    if (!sameToken(token, credential.sessionToken, parts.signer)) return UNKNOWN_KEY;
    const signed = signedRequest(request, claim, service);
    if (signed === null) return WRONG_SIGNATURE;
    if (!parts.signer.equal(await parts.signer.sign(signed, credential), claim.signature)) return WRONG_SIGNATURE;
    const { profile, projects } = credential;
    return { name: profile, mayRead: (project) => projects?.includes(project) ?? true };
  };
}

/** A request's claims about its signature. */
interface Claim {
  readonly accessKeyId: string;
  readonly region: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly date: Date;
}

const SERVICE = "lookoutvision";
const SKEW_MS = 5 * 60_000;
const MOST_SIGNED_HEADERS = 64;
/** The operations have two query parameters at most, and signing many takes long. */
const MOST_QUERY_PARAMETERS = 16;

/** The claim of a signed request, or the answer of AWS's front end to a malformed claim. */
function claimOf(headers: HttpRequest["headers"], service: string): Claim | Fault {
  const authorization = headers.authorization;
  if (authorization === undefined || authorization === "") {
    return { name: "MissingAuthenticationTokenException", message: "Missing Authentication Token" };
  }
  const [, algorithm = "", rest = ""] = /^(\S+)\s*(.*)$/s.exec(authorization) ?? [];
  if (algorithm !== "AWS4-HMAC-SHA256") return incomplete(`Unsupported AWS 'algorithm': '${algorithm.slice(0, 64)}'.`);
  const parts = authorizationParts(rest);
  const credential = parts.get("Credential");
  const signedHeaders = parts.get("SignedHeaders");
  const signature = parts.get("Signature");
  if (!credential) return incomplete("Authorization header requires 'Credential' parameter.");
  if (!signature) return incomplete("Authorization header requires 'Signature' parameter.");
  if (!signedHeaders) return incomplete("Authorization header requires 'SignedHeaders' parameter.");
  const scope = scopeOf(credential, service);
  if ("message" in scope) return scope;
  const date = dateOf(headers["x-amz-date"], scope.day);
  if ("message" in date) return date;
  const names = signedHeaders.toLowerCase().split(";");
  if (names.length > MOST_SIGNED_HEADERS) return incomplete("Too many 'SignedHeaders'.");
  const unsigned = MUST_BE_SIGNED.find(
    (name) => (name === "host" || headers[name] !== undefined) && !names.includes(name),
  );
  if (unsigned !== undefined) return invalid(`'${unsigned}' must be a 'SignedHeader' in the AWS Authorization.`);
  return { accessKeyId: scope.accessKeyId, region: scope.region, signedHeaders: names, signature, date };
}

/** A header that must be signed if it was sent; host always must be. */
const MUST_BE_SIGNED = ["host", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"];

function authorizationParts(text: string): ReadonlyMap<string, string> {
  const parts = new Map<string, string>();
  for (const part of text.split(",")) {
    const mark = part.indexOf("=");
    parts.set(part.slice(0, Math.max(0, mark)).trim(), part.slice(mark + 1).trim());
  }
  return parts;
}

interface Scope {
  readonly accessKeyId: string;
  /** `20261123` */
  readonly day: string;
  readonly region: string;
}

function scopeOf(credential: string, needed: string): Scope | Fault {
  const parts = /^(\w{1,128})\/(\d{8})\/([\w-]{1,64})\/([\w-]{1,64})\/(\w{1,64})$/.exec(credential);
  if (parts === null) {
    return incomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.");
  }
  const [, accessKeyId = "", day = "", region = "", service = "", term = ""] = parts;
  if (service !== needed) return invalid(`Credential should be scoped to correct service: '${needed}'.`);
  if (term !== "aws4_request") return invalid("Credential should be scoped with a valid terminator: 'aws4_request'.");
  return { accessKeyId, day, region };
}

function dateOf(stamp: string | undefined, day: string): Date | Fault {
  if (stamp === undefined) return incomplete("Authorization header requires existence of an 'X-Amz-Date' header.");
  const date = parseStamp(stamp);
  if (date === null) return incomplete("Date must be in ISO-8601 'basic format': 'YYYYMMDDTHHMMSSZ'.");
  if (stamp.startsWith(day)) return date;
  return invalid("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP.");
}

function queryParameters(url: string): number {
  return url.split("&").length;
}

/** The part of a request that the client claims to have signed; null if a claimed part is missing or malformed. */
function signedRequest(request: HttpRequest, claim: Claim, service: string): SignableRequest | null {
  const { method, url, headers, body } = request;
  const mark = url.indexOf("?");
  const query = mark < 0 ? {} : parseQuery(url.slice(mark + 1));
  if (query === null) return null;
  const signed: Record<string, string> = Object.create(null);
  for (const name of claim.signedHeaders) {
    const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
    if (value === undefined) return null;
    signed[name] = value;
  }
  const path = mark < 0 ? url : url.slice(0, mark);
  const { date: signedAt, region } = claim;
  return { method, path, query, headers: signed, ...(body !== undefined && { body }), signedAt, region, service };
}

/** As in a canonical request: "+" is a plus sign, not a space. Null for what is not percent-encoded UTF-8. */
function parseQuery(text: string): Record<string, string[]> | null {
  const query: Record<string, string[]> = Object.create(null);
  for (const part of text.split("&")) {
    if (part === "") continue;
    const mark = part.indexOf("=");
    try {
      const name = decodeURIComponent(mark < 0 ? part : part.slice(0, mark));
      const value = mark < 0 ? "" : decodeURIComponent(part.slice(mark + 1));
      query[name] = [...(query[name] ?? []), value];
    } catch {
      return null;
    }
  }
  return query;
}

function parseStamp(stamp: string): Date | null {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(stamp);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second] = match;
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`);
  return Number.isNaN(date.getTime()) ? null : date;
}

function tooLate(date: Date, now: number): Fault | null {
  const off = now - date.getTime();
  if (Math.abs(off) <= SKEW_MS) return null;
  const [asked, limit, ours] = [date.getTime(), now - Math.sign(off) * SKEW_MS, now].map(stampOf);
  const message =
    off > 0
      ? `Signature expired: ${asked} is now earlier than ${limit} (${ours} - 5 min.)`
      : `Signature not yet current: ${asked} is still later than ${limit} (${ours} + 5 min.)`;
  return { name: "RequestExpired", message };
}

function stampOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/[-:]|\.\d+/g, "");
}

function sameToken(given: string | null, expected: string | null, signer: Signer): boolean {
  return given === null || expected === null ? given === expected : signer.equal(given, expected);
}

function incomplete(message: string): Fault {
  return { name: "IncompleteSignatureException", message };
}

function invalid(message: string): Fault {
  return { name: "InvalidSignatureException", message };
}

const UNKNOWN_KEY: Fault = {
  name: "UnrecognizedClientException",
  message: "The security token included in the request is invalid.",
};

const WRONG_SIGNATURE: Fault = {
  name: "InvalidSignatureException",
  message:
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
};
