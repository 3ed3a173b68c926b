import { messageOf } from "../../base/errors.js";
import { printable } from "../../base/text.js";

/** The result of a delivery. */
export type WebhookResult =
  | { readonly outcome: "delivered" }
  /** A retry may succeed; after `waitMs` if the receiver says when. */
  | { readonly outcome: "failed"; readonly why: string; readonly waitMs: number | null }
  /** The receiver will never accept it. */
  | { readonly outcome: "refused"; readonly why: string };

interface WebhookRequest {
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Aborts the request. */
  readonly signal: AbortSignal;
}

// 410 and 415: HTTP 1.1 Web Hooks for Event Delivery 1.0, section 2.2; the others mean that the event itself is not
// accepted.
const FINAL = new Set([400, 410, 413, 415, 422]);
const LONGEST_WAIT_MS = 3_600_000;

/** Sends a notice once. Follows no redirect, reads no body, and does not wait longer than the limit. Never throws. */
export async function postNotice(
  { url, body, headers, timeoutMs, signal }: WebhookRequest,
  nowMs: number,
): Promise<WebhookResult> {
  try {
    const response = await fetch(url, {
      method: "POST",
      redirect: "manual",
      headers: {
        "content-type": "application/cloudevents+json; charset=utf-8",
        "user-agent": "packdrift-fleet",
        ...headers,
      },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    await response.body?.cancel();
    return resultOf(response.status, response.headers.get("retry-after"), nowMs);
  } catch (error) {
    return { outcome: "failed", why: whyOf(error), waitMs: null };
  }
}

function resultOf(status: number, retryAfter: string | null, nowMs: number): WebhookResult {
  if (status >= 200 && status < 300) return { outcome: "delivered" };
  if (status >= 300 && status < 400)
    return { outcome: "failed", why: `HTTP ${status}: redirects are not followed`, waitMs: null };
  if (FINAL.has(status)) return { outcome: "refused", why: `HTTP ${status}` };
  return { outcome: "failed", why: `HTTP ${status}`, waitMs: waitOf(retryAfter, nowMs) };
}

/** RFC 9110, Retry-After: seconds, or a date. */
export function waitOf(retryAfter: string | null, nowMs: number): number | null {
  if (retryAfter === null) return null;
  const waitMs = /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) * 1_000 : Date.parse(retryAfter) - nowMs;
  return Number.isNaN(waitMs) ? null : Math.min(Math.max(waitMs, 0), LONGEST_WAIT_MS);
}

/** The cause has the details: fetch's own message only says that it failed. */
function whyOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (error instanceof Error && error.name === "TimeoutError") return "no answer in time";
  return printable(messageOf(cause)).slice(0, 300);
}
