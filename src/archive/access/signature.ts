import type { Caller, HttpRequest } from "../api/describe.js";
import type { Fault } from "../api/faults.js";
import type { Credential, Credentials } from "./credentials.js";

/** What has to be signed again to tell whether a signature is good. */
export interface SignedRequest {
  readonly method: string;
  /** As it came, percent-encoded. */
  readonly path: string;
  /** Decoded; the values of one name in their order. */
  readonly query: Readonly<Record<string, readonly string[]>>;
  /** Those that the client signed, and no other. */
  readonly headers: Readonly<Record<string, string>>;
  readonly signedAt: Date;
  readonly region: string;
  readonly service: string;
}

/** AWS Signature Version 4, header form. */
export interface Signer {
  /** The signature that `credential` gives to a request: 64 hexadecimal digits. */
  sign(request: SignedRequest, credential: Credential): Promise<string>;
  /** Compares in a time that does not depend on where they differ. */
  equal(one: string, other: string): boolean;
}

/** What telling callers apart needs. */
export interface AuthenticationParts {
  /** As the file has them now. */
  credentials(): Promise<Credentials>;
  readonly signer: Signer;
  /** Milliseconds since 1970. */
  now(): number;
}

/**
 * Tells who signed a request, or answers as AWS's front end does. A replay within the window of 5 minutes is taken: all that
 * can be asked for is reading.
 */
export function authentication(parts: AuthenticationParts): (request: HttpRequest) => Promise<Caller | Fault> {
  return async (request) => {
    const claim = claimOf(request.headers);
    if ("message" in claim) return claim;
    const late = tooLate(claim.date, parts.now());
    if (late !== null) return late;
    const credential = (await parts.credentials()).get(claim.accessKeyId);
    if (credential === undefined) return UNKNOWN_KEY;
    const token = request.headers["x-amz-security-token"] ?? null;
    if (!sameToken(token, credential.sessionToken, parts.signer)) return UNKNOWN_KEY;
    const signed = signedRequest(request, claim);
    if (signed === null) return WRONG_SIGNATURE;
    if (!parts.signer.equal(await parts.signer.sign(signed, credential), claim.signature)) return WRONG_SIGNATURE;
    const { profile, projects } = credential;
    return { name: profile, mayRead: (project) => projects?.includes(project) ?? true };
  };
}

/** What a request claims about its signature. */
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

function claimOf(headers: HttpRequest["headers"]): Claim | Fault {
  const authorization = headers.authorization;
  if (authorization === undefined || authorization === "") {
    return { name: "MissingAuthenticationTokenException", message: "Missing Authentication Token" };
  }
  const [, algorithm = "", rest = ""] = /^(\S+)\s*(.*)$/.exec(authorization) ?? [];
  if (algorithm !== "AWS4-HMAC-SHA256") return incomplete(`Unsupported AWS 'algorithm': '${algorithm.slice(0, 64)}'.`);
  const parts = new Map<string, string>();
  for (const part of rest.split(",")) {
    const mark = part.indexOf("=");
    parts.set(part.slice(0, Math.max(0, mark)).trim(), part.slice(mark + 1).trim());
  }
  const credential = parts.get("Credential");
  const signedHeaders = parts.get("SignedHeaders");
  const signature = parts.get("Signature");
  if (!credential) return incomplete("Authorization header requires 'Credential' parameter.");
  if (!signature) return incomplete("Authorization header requires 'Signature' parameter.");
  if (!signedHeaders) return incomplete("Authorization header requires 'SignedHeaders' parameter.");
  const scope = /^(\w{1,128})\/(\d{8})\/([\w-]{1,64})\/([\w-]{1,64})\/(\w{1,64})$/.exec(credential);
  if (scope === null)
    return incomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.");
  const [, accessKeyId = "", day = "", region = "", service = "", term = ""] = scope;
  if (service !== SERVICE) return invalid(`Credential should be scoped to correct service: '${SERVICE}'.`);
  if (term !== "aws4_request") return invalid("Credential should be scoped with a valid terminator: 'aws4_request'.");
  const stamp = headers["x-amz-date"];
  const date = stamp === undefined ? null : parseStamp(stamp);
  if (stamp === undefined) return incomplete("Authorization header requires existence of an 'X-Amz-Date' header.");
  if (date === null) return incomplete("Date must be in ISO-8601 'basic format': 'YYYYMMDDTHHMMSSZ'.");
  if (!stamp.startsWith(day))
    return invalid("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP.");
  const names = signedHeaders.toLowerCase().split(";");
  if (names.length > MOST_SIGNED_HEADERS) return incomplete("Too many 'SignedHeaders'.");
  const unsigned = ["host", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"].find(
    (name) => (name === "host" || headers[name] !== undefined) && !names.includes(name),
  );
  if (unsigned !== undefined) return invalid(`'${unsigned}' must be a 'SignedHeader' in the AWS Authorization.`);
  return { accessKeyId, region, signedHeaders: names, signature, date };
}

function signedRequest({ method, url, headers }: HttpRequest, claim: Claim): SignedRequest | null {
  const mark = url.indexOf("?");
  const query = mark < 0 ? {} : parseQuery(url.slice(mark + 1));
  if (query === null) return null;
  const signed: Record<string, string> = {};
  for (const name of claim.signedHeaders) {
    const value = headers[name];
    if (value === undefined) return null;
    signed[name] = value;
  }
  const path = mark < 0 ? url : url.slice(0, mark);
  return { method, path, query, headers: signed, signedAt: claim.date, region: claim.region, service: SERVICE };
}

/** As a canonical request has it: "+" is itself and no space. Null for what is not percent-encoded UTF-8. */
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
