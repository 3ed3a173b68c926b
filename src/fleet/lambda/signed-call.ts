import { backoffMs } from "../../base/backoff.js";
import { ExpectedError, messageOf } from "../../base/errors.js";
import { jsonObjectIn } from "../../base/json.js";
import { type AccessKey, signedHeaders } from "../../platform/signature-v4.js";

/** A POST to a service of AWS. */
interface AwsCall {
  /** The service's name in signatures. */
  readonly service: string;
  readonly url: string;
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The region and credentials of calls, and what retries need. */
export interface AwsClientConfig {
  readonly region: string;
  readonly key: () => AccessKey;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** From 0 to less than 1. */
  readonly random: () => number;
}

/** A service of AWS refused a call, or did not answer. */
export class AwsCallError extends ExpectedError {}

const ATTEMPTS = 3;
const TIMEOUT_MS = 5_000;
const BACKOFF = { firstMs: 100, lastMs: 1_000 };

/**
 * Signs a request with the function's role, and resolves to the body of the answer. Retries what may pass: no
 * connection, as when one was closed while the function was frozen; throttling; HTTP 5xx. Throws AwsCallError.
 */
export async function callAws(call: AwsCall, client: AwsClientConfig): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const answer = await send(call, client);
    if ("body" in answer) return answer.body;
    if (!answer.mayPass || attempt === ATTEMPTS)
      throw new AwsCallError(`Cannot call ${new URL(call.url).host}: ${answer.why}`);
    await new Promise((resolve) => setTimeout(resolve, backoffMs(attempt, BACKOFF, client.random)));
  }
}

type Answer = { readonly body: string } | { readonly why: string; readonly mayPass: boolean };

async function send({ service, url, headers = {}, body }: AwsCall, client: AwsClientConfig): Promise<Answer> {
  const { host, pathname, searchParams } = new URL(url);
  const query = Object.fromEntries([...searchParams].map(([name, value]) => [name, [value]]));
  const { host: _, ...signed } = await signedHeaders(
    {
      method: "POST",
      path: pathname,
      query,
      headers: { host, ...headers },
      body,
      signedAt: new Date(client.now()),
      region: client.region,
      service,
    },
    client.key(),
  );
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(url, { method: "POST", redirect: "manual", headers: signed, body, signal });
    return answerOf(response.status, response.headers.get("x-amzn-errortype"), await response.text());
  } catch (error) {
    return { why: whyOf(error), mayPass: true };
  }
}

function answerOf(status: number, errorType: string | null, text: string): Answer {
  if (status === 200) return { body: text };
  const { __type, message, Message } = jsonObjectIn(text) ?? {};
  const name = /[A-Za-z]+(?=:|$)/.exec(errorType ?? String(__type ?? ""))?.[0] ?? "";
  const why = [`HTTP ${status}`, name, message ?? Message].filter((part) => typeof part === "string" && part !== "");
  return { why: why.join(" ").slice(0, 300), mayPass: status === 429 || status >= 500 || /Throttl|TooMany/.test(name) };
}

/** The cause has the details: fetch's own message only says that it failed. */
function whyOf(error: unknown): string {
  if (error instanceof Error && error.name === "TimeoutError") return `no answer within ${TIMEOUT_MS} ms`;
  return messageOf(error instanceof Error && error.cause instanceof Error ? error.cause : error).slice(0, 300);
}
