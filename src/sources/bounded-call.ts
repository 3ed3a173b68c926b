import { JobUnavailableError } from "../base/errors.js";
import type { HttpAnswer } from "./api-failure.js";
import { type CallLimit, callLimit } from "./call-limit.js";

/** The latest response of a call; null before there is one. */
export interface Seen {
  answer: HttpAnswer | null;
}

/** One call of a service: all attempts, credentials and waits included. */
interface BoundedCall {
  /** The beginning of messages: `Cannot get job … from api …`. */
  readonly cannot: string;
  /** The end of the message about a call that took too long: `; the service ended …`. */
  readonly hint?: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Sends the request, and notes each response in `seen`. */
  send(seen: Seen, limit: CallLimit): Promise<void>;
  /** The error for a call that returned nothing good. */
  failure(answer: HttpAnswer | null, error: unknown): JobUnavailableError;
}

/** The last response of a call. Throws JobUnavailableError, or the caller's reason once it has aborted. */
export async function boundedCall(call: BoundedCall): Promise<HttpAnswer | null> {
  const { cannot, hint = "", timeoutMs, signal } = call;
  if (signal?.aborted) throw signal.reason;
  const seen: Seen = { answer: null };
  const limit = callLimit(timeoutMs, signal);
  try {
    await Promise.race([call.send(seen, limit), limit.reached]);
    return seen.answer;
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    // When the limit is reached between two attempts, the last response explains more than a timeout would.
    if (!limit.isReached() || typeof seen.answer?.body === "string") throw call.failure(seen.answer, error);
    const found = seen.answer === null ? "no answer" : `an answer (HTTP ${seen.answer.status}) that does not end`;
    throw new JobUnavailableError(`${cannot}: ${found} within ${timeoutMs} ms${hint}`, "TIMEOUT", null, {
      cause: error,
    });
  } finally {
    limit.end();
  }
}
