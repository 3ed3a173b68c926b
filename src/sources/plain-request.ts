import type { ClientRequest, IncomingMessage } from "node:http";
import { backoffMs } from "../base/backoff.js";
import { codeOf } from "../base/errors.js";
import { jsonObjectIn } from "../base/json.js";
import { errorName, type HttpAnswer, retryAfterSeconds } from "./api-failure.js";

/** A request as it goes over the wire: nothing is added but what HTTP itself needs. */
interface PlainRequest {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Empty for GET. */
  readonly body: string;
}

/** The limits of one call, including all attempts. */
interface CallBounds {
  readonly attempts: number;
  readonly mostBytes: number;
  /** For connecting. */
  readonly connectMs: number;
  readonly signal: AbortSignal;
  /** The time that the call has left. */
  readonly leftMs: () => number;
  /** Called with each response: first its head, with no body, then the whole. */
  readonly onAnswer: (answer: HttpAnswer | null) => void;
}

/**
 * Sends a request, signed or not, without AWS's client. Retries transient failures: 5xx, throttling, a broken connection. Any
 * other response is the result, even an error status. Throws the error of the last attempt.
 */
export async function sendPlainly(request: PlainRequest, bounds: CallBounds): Promise<HttpAnswer> {
  for (let attempt = 1; ; attempt++) {
    bounds.onAnswer(null);
    const isLast = attempt >= bounds.attempts;
    try {
      const answer = await sendOnce(request, bounds);
      const wait = waitMs(answer, attempt);
      if (isLast || !mayPass(answer) || wait >= bounds.leftMs()) return answer;
      await sleep(wait, bounds.signal);
    } catch (error) {
      if (isLast || bounds.signal.aborted || error instanceof RangeError || codeOf(error) === "ENOTFOUND") throw error;
      await sleep(waitMs(null, attempt), bounds.signal);
    }
  }
}

function mayPass({ status, headers, body }: HttpAnswer): boolean {
  if (status < 400) return false;
  return status === 429 || status >= 500 || THROTTLING.test(errorName(headers, jsonObjectIn(body ?? "")) ?? "");
}

// SageMaker throttles with HTTP 400.
const THROTTLING = /throttl|slowdown|toomanyrequests/i;

function waitMs(answer: HttpAnswer | null, attempt: number): number {
  const seconds = retryAfterSeconds(answer?.headers["retry-after"]);
  return seconds === null ? backoffMs(attempt, { firstMs: 100, lastMs: 2_000 }, Math.random) : seconds * 1_000;
}

async function sendOnce(
  { method, url, headers, body }: PlainRequest,
  { signal, mostBytes, connectMs, onAnswer }: CallBounds,
): Promise<HttpAnswer> {
  const { request } = url.startsWith("https:") ? await import("node:https") : await import("node:http");
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    // No agent: nothing may stay open after the call.
    const asked = request(url, { method, headers, agent: false, signal });
    asked.on("response", resolve).on("error", reject);
    limitConnecting(asked, connectMs);
    asked.end(body);
  });
  const head = { status: response.statusCode ?? 0, headers: headersOf(response) };
  onAnswer({ ...head, body: null });
  const answer = { ...head, body: await bodyOf(response, mostBytes) };
  onAnswer(answer);
  return answer;
}

function limitConnecting(request: ClientRequest, connectMs: number): void {
  request.on("socket", (socket) => {
    if (!socket.connecting) return;
    const late = () => request.destroy(Object.assign(new Error("no connection in time"), { name: "TimeoutError" }));
    const timer = setTimeout(late, connectMs);
    for (const event of ["connect", "close"]) socket.once(event, () => clearTimeout(timer));
  });
}

function headersOf({ headers }: IncomingMessage): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat().join(", ")]));
}

/** Throws RangeError when there is more than `mostBytes`. */
async function bodyOf(response: IncomingMessage, mostBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of response) {
    sizeBytes += chunk.length;
    // Leaving the loop destroys the stream.
    if (sizeBytes > mostBytes) throw new RangeError("too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", abort);
      resolve();
    }, milliseconds);
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    signal.addEventListener("abort", abort, { once: true });
  });
}
