import type { JsonObject } from "../../base/json.js";
import { countOf } from "../../base/text.js";

/** What an HTTP handler returns; `body` is JSON text. */
export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The kinds of resource that the service's model names. */
type ResourceType = "PROJECT" | "DATASET" | "MODEL" | "TRIAL" | "MODEL_PACKAGE_JOB";

/** One error of the service's model, of the protocol under it, or of AWS's front end before it. */
export interface Fault {
  readonly name: keyof typeof STATUS;
  readonly message: string;
  readonly resource?: { readonly type: ResourceType; readonly id: string };
  /** Whole seconds; only throttling and internal errors have it, as a header. */
  readonly retryAfterSeconds?: number;
}

const STATUS = {
  AccessDeniedException: 403,
  ValidationException: 400,
  ResourceNotFoundException: 404,
  ThrottlingException: 429,
  InternalServerException: 500,
  // Of the protocol: no operation has this route.
  UnknownOperationException: 404,
  // The caller could not be authenticated: AWS General Reference, common errors.
  MissingAuthenticationTokenException: 403,
  IncompleteSignatureException: 400,
  UnrecognizedClientException: 403,
  InvalidSignatureException: 403,
  RequestExpired: 400,
} as const;

/** Writes a fault as a reply. */
export type FaultReply = (fault: Fault, requestId: string) => HttpReply;

/** A fault as the service sends it: the name in a header, members with capital letters in the body. */
export const faultReply: FaultReply = (fault, requestId) => reply(fault, requestId, bodyOf(fault));

/**
 * A fault with its name in the body too, where clients look next: for front ends, such as AWS's, that rename headers
 * beginning with x-amzn.
 */
export const namedFaultReply: FaultReply = (fault, requestId) =>
  reply(fault, requestId, { __type: fault.name, ...bodyOf(fault) });

function reply({ name, retryAfterSeconds }: Fault, requestId: string, members: JsonObject): HttpReply {
  const headers: Record<string, string> = { ...commonHeaders(requestId), "x-amzn-errortype": name };
  if (retryAfterSeconds !== undefined) headers["retry-after"] = String(retryAfterSeconds);
  return { status: STATUS[name], headers, body: JSON.stringify(members) };
}

function bodyOf({ message, resource }: Fault): JsonObject {
  return {
    Message: message,
    ...(resource !== undefined && { ResourceId: resource.id, ResourceType: resource.type }),
  };
}

/** A successful answer as the service sends it; `body` is JSON text. */
export function goodReply(body: string, requestId: string): HttpReply {
  return { status: 200, headers: commonHeaders(requestId), body };
}

/** One broken constraint of one member of a request. */
export interface Violation {
  readonly member: string;
  readonly value: string;
  /** In the service's words: `Member must have length less than or equal to 64`. */
  readonly rule: string;
}

/** Broken constraints in the service's words; needs at least one. */
export function validationFault(violations: readonly Violation[]): Fault {
  const messages = violations.map(({ member, value, rule }) => {
    const shown = value.length > 256 ? `${value.slice(0, 256)}...` : value;
    return `Value '${shown}' at '${member}' failed to satisfy constraint: ${rule}`;
  });
  const count = countOf(messages.length, "validation error");
  return { name: "ValidationException", message: `${count} detected: ${messages.join("; ")}` };
}

function commonHeaders(requestId: string): Record<string, string> {
  return { "content-type": "application/json", "x-amzn-requestid": requestId };
}
