import { clientOf } from "../../base/client-address.js";
import type { RateLimit } from "../../base/rate-limit.js";
import { type Archive, answerAtOnce, answerRequest, type HttpRequest } from "./describe.js";
import { faultReply, type HttpReply } from "./faults.js";

/** A request and the address that it came from. */
export interface ClientRequest extends HttpRequest {
  readonly remoteAddress: string | undefined;
}

/** An archive, and what serving it to other machines needs. */
export interface ServiceParts extends Archive {
  /** Null for no limit. */
  readonly limit: RateLimit | null;
  /** Called with errors thrown while answering; the client gets InternalServerException. */
  onError(error: unknown, request: HttpRequest): void;
  /** Whether the jobs can be read at all, for /healthz; without it they always can. */
  isHealthy?(): Promise<boolean>;
}

/** The archive's handler: never throws, and never touches the jobs for a client that sends too many requests. */
export function archiveService(parts: ServiceParts): (request: ClientRequest) => HttpReply | Promise<HttpReply> {
  const { limit, writeFault = faultReply } = parts;
  return (request) => {
    if (request.url === HEALTH) return health(request, parts);
    const wait = limit === null ? 0 : limit(clientOf(request.remoteAddress));
    if (wait > 0) {
      const fault = { name: "ThrottlingException", message: "Rate exceeded", retryAfterSeconds: wait } as const;
      return writeFault(fault, parts.newRequestId());
    }
    return answerAtOnce(request, parts) ?? answerOrFail(request, parts);
  };
}

/** For load balancers and probes: without credentials, without a limit, and without anything about the jobs. */
const HEALTH = "/healthz";

async function health(request: HttpRequest, { isHealthy, onError }: ServiceParts): Promise<HttpReply> {
  let healthy = false;
  try {
    healthy = (await isHealthy?.()) ?? true;
  } catch (error) {
    onError(error, request);
  }
  const headers = { "content-type": "application/json" };
  return { status: healthy ? 200 : 503, headers, body: JSON.stringify({ status: healthy ? "ok" : "unavailable" }) };
}

async function answerOrFail(request: ClientRequest, parts: ServiceParts): Promise<HttpReply> {
  try {
    return await answerRequest(request, parts);
  } catch (error) {
    parts.onError(error, request);
    const { writeFault = faultReply } = parts;
    return writeFault(FAILED, parts.newRequestId());
  }
}

const FAILED = {
  name: "InternalServerException",
  message: "The archive could not read the job; its log says why",
  retryAfterSeconds: 1,
} as const;
