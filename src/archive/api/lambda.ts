import { InvalidInputError } from "../../base/errors.js";
import { isObject } from "../../base/json.js";
import { describeType } from "../../job/job-names.js";
import type { Caller, HttpRequest } from "./describe.js";
import type { HttpReply } from "./faults.js";

/** A request passed on by AWS Lambda, and the caller if AWS has authenticated one. */
interface LambdaRequest {
  readonly request: HttpRequest;
  /** Null unless the API or the function URL uses IAM: then AWS has checked the signature already. */
  readonly caller: Caller | null;
}

/** A function's response to API Gateway (payload 2.0) or to a function URL. */
export interface LambdaReply {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly isBase64Encoded: false;
}

/**
 * The request in an event of payload version 2.0, as sent by API Gateway's HTTP APIs and by function URLs. Throws
 * InvalidInputError for any other event.
 */
export function lambdaRequest(event: unknown): LambdaRequest {
  const context = isObject(event) && isObject(event.requestContext) ? event.requestContext : null;
  const http = context !== null && isObject(context.http) ? context.http : null;
  if (!isObject(event) || context === null || http === null || typeof event.rawPath !== "string") {
    throw new InvalidInputError(
      `Cannot answer the event: needs payload version 2.0 of an HTTP API or a function URL, is ${versionOf(event)}`,
    );
  }
  const headers: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(isObject(event.headers) ? event.headers : {})) {
    if (typeof value === "string") headers[name.toLowerCase()] = value;
  }
  const query = typeof event.rawQueryString === "string" ? event.rawQueryString : "";
  const path = encoded(withoutStage(event.rawPath, context.stage));
  const request = { method: String(http.method ?? ""), url: query === "" ? path : `${path}?${query}`, headers };
  return { request, caller: callerOf(context.authorizer) };
}

/** The reply as payload version 2.0. */
export function lambdaReply({ status, headers, body }: HttpReply, method: string): LambdaReply {
  return { statusCode: status, headers, body: method === "HEAD" ? "" : body, isBase64Encoded: false };
}

/** The path begins with the API's stage, unless that is the default one. */
function withoutStage(path: string, stage: unknown): string {
  const prefix = typeof stage === "string" && stage !== "$default" ? `/${stage}/` : null;
  return prefix !== null && path.startsWith(prefix) ? path.slice(prefix.length - 1) : path;
}

/** HTTP APIs pass a decoded path, function URLs an encoded one: encode what a URL cannot contain. */
function encoded(path: string): string {
  return path.replace(/[^\w\-.~%/!$&'()*+,;=:@]/gu, (character) =>
    /\p{Cs}/u.test(character) ? "%EF%BF%BD" : encodeURIComponent(character),
  );
}

function callerOf(authorizer: unknown): Caller | null {
  const iam = isObject(authorizer) && isObject(authorizer.iam) ? authorizer.iam : null;
  return iam === null ? null : { name: String(iam.userArn ?? iam.accessKey ?? "unknown"), mayRead: () => true };
}

function versionOf(event: unknown): string {
  if (!isObject(event)) return describeType(event);
  return typeof event.version === "string" ? `version ${event.version.slice(0, 20)}` : "another";
}
