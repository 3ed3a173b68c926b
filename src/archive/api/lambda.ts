import { InvalidInputError } from "../../base/errors.js";
import { isObject } from "../../base/json.js";
import { kindOf } from "../../job/job-names.js";
import type { Caller, HttpRequest } from "./describe.js";
import type { HttpReply } from "./faults.js";

/** A request as AWS Lambda hands it over, and the caller where AWS has told who it is. */
export interface LambdaRequest {
  readonly request: HttpRequest;
  /** Null unless the API or the function URL asks for IAM: then AWS has checked the signature already. */
  readonly caller: Caller | null;
}

/** What a function gives back to API Gateway (payload 2.0) and to a function URL. */
export interface LambdaReply {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly isBase64Encoded: false;
}

/**
 * The request in an event of payload version 2.0, which API Gateway's HTTP APIs and function URLs send alike. Throws
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
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(isObject(event.headers) ? event.headers : {})) {
    if (typeof value === "string") headers[name.toLowerCase()] = value;
  }
  const query = typeof event.rawQueryString === "string" ? event.rawQueryString : "";
  const path = encoded(withoutStage(event.rawPath, context.stage));
  const request = { method: String(http.method ?? ""), url: query === "" ? path : `${path}?${query}`, headers };
  return { request, caller: callerOf(context.authorizer) };
}

/**
 * The reply in the form of payload version 2.0. The error's name stands in the body too, where clients look next: on the
 * way through AWS's front ends headers that begin with x-amzn may be renamed.
 */
export function lambdaReply({ status, headers, body }: HttpReply, method: string): LambdaReply {
  const name = headers["x-amzn-errortype"];
  const told = name === undefined ? body : JSON.stringify({ __type: name, ...JSON.parse(body) });
  return { statusCode: status, headers, body: method === "HEAD" ? "" : told, isBase64Encoded: false };
}

/** An API's stage stands before the path, unless it is the default one. */
function withoutStage(path: string, stage: unknown): string {
  const prefix = typeof stage === "string" && stage !== "$default" ? `/${stage}/` : null;
  return prefix !== null && path.startsWith(prefix) ? path.slice(prefix.length - 1) : path;
}

/** HTTP APIs hand over a decoded path, function URLs an encoded one: what cannot stand in a URL is encoded again. */
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
  if (!isObject(event)) return kindOf(event);
  return typeof event.version === "string" ? `version ${event.version.slice(0, 20)}` : "another";
}
