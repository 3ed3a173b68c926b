import { type Archive, answerAtOnce, answerRequest, type HttpRequest } from "./describe.js";
import { faultReply, type HttpReply } from "./faults.js";
import { clientOf, type RateLimit } from "./rate.js";

/** A request and the address it came from. */
export interface ClientRequest extends HttpRequest {
  readonly remoteAddress: string | undefined;
}

/** What an archive that is open to others needs besides what it answers from. */
export interface ServiceParts extends Archive {
  /** Null for no limit. */
  readonly limit: RateLimit | null;
  /** Told what answering threw; the client gets InternalServerException. */
  onError(error: unknown, request: HttpRequest): void;
}

/** The archive's handler: never throws, and asks nothing of the store for a client that asks too often. */
export function archiveService(parts: ServiceParts): (request: ClientRequest) => HttpReply | Promise<HttpReply> {
  const { limit } = parts;
  return (request) => {
    const wait = limit === null ? 0 : limit(clientOf(request.remoteAddress));
    if (wait > 0) {
      const fault = { name: "ThrottlingException", message: "Rate exceeded", retryAfterSeconds: wait } as const;
      return faultReply(fault, parts.newRequestId());
    }
    return answerAtOnce(request, parts) ?? answerOrFail(request, parts);
  };
}

async function answerOrFail(request: ClientRequest, parts: ServiceParts): Promise<HttpReply> {
  try {
    return await answerRequest(request, parts);
  } catch (error) {
    parts.onError(error, request);
    return faultReply(FAILED, parts.newRequestId());
  }
}

const FAILED = {
  name: "InternalServerException",
  message: "The archive could not read the job; its log says why",
  retryAfterSeconds: 1,
} as const;
