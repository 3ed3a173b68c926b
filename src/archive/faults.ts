/** What an HTTP handler gives back; `body` is JSON text. */
export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The kinds of resource that the service's model names. */
export type ResourceType = "PROJECT" | "DATASET" | "MODEL" | "TRIAL" | "MODEL_PACKAGE_JOB";

/** One error of the service's model, or of the protocol under it. */
export interface Fault {
  readonly name: keyof typeof STATUS;
  readonly message: string;
  readonly resource?: { readonly type: ResourceType; readonly id: string };
  /** Whole seconds; only throttling and internal errors carry it, as a header. */
  readonly retryAfterSeconds?: number;
}

const STATUS = {
  AccessDeniedException: 403,
  ValidationException: 400,
  ResourceNotFoundException: 404,
  ThrottlingException: 429,
  InternalServerException: 500,
  // The protocol's own: no operation has this route.
  UnknownOperationException: 404,
} as const;

/** A fault as the service answers it: name in a header, members with a capital letter in the body. */
export function faultReply(fault: Fault, requestId: string): HttpReply {
  const { name, message, resource, retryAfterSeconds } = fault;
  const headers: Record<string, string> = { ...commonHeaders(requestId), "x-amzn-errortype": name };
  if (retryAfterSeconds !== undefined) headers["retry-after"] = String(retryAfterSeconds);
  const members = resource === undefined ? {} : { ResourceId: resource.id, ResourceType: resource.type };
  return { status: STATUS[name], headers, body: JSON.stringify({ Message: message, ...members }) };
}

/** A good answer as the service gives it. */
export function goodReply(answer: unknown, requestId: string): HttpReply {
  return { status: 200, headers: commonHeaders(requestId), body: JSON.stringify(answer) };
}

/** One broken rule of one member, in the service's words. */
export function validationFault(member: string, value: string, rule: string): Fault {
  const shown = value.length > 256 ? `${value.slice(0, 256)}...` : value;
  const message = `1 validation error detected: Value '${shown}' at '${member}' failed to satisfy constraint: ${rule}`;
  return { name: "ValidationException", message };
}

function commonHeaders(requestId: string): Record<string, string> {
  return { "content-type": "application/json", "x-amzn-requestid": requestId };
}
