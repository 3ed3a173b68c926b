import type { ServerResponse } from "node:http";

/** A response whose body is made while it is sent: a long list, or events. */
export interface StreamedReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Its `return` is called when the client has gone away. */
  readonly stream: AsyncIterable<string>;
}

/**
 * Sends a streamed reply, no faster than the client reads; a client that reads nothing for `stallMs` is cut. Throws what the stream
 * throws, after cutting the connection, so that the client does not take a part for the whole.
 */
export async function sendStream(
  response: ServerResponse,
  { status, headers, stream }: StreamedReply,
  stallMs: number,
): Promise<void> {
  const texts = stream[Symbol.asyncIterator]();
  const end = (): void => void texts.return?.().then(undefined, () => {});
  if (response.destroyed || response.req.method === "HEAD") {
    end();
    if (!response.destroyed) response.writeHead(status, headers).end();
    return;
  }
  response.once("close", end);
  response.writeHead(status, headers);
  response.flushHeaders();
  try {
    for (let next = await texts.next(); next.done !== true; next = await texts.next()) {
      if (response.destroyed) return;
      if (!response.write(next.value)) await drained(response, stallMs);
    }
    response.end();
  } catch (error) {
    const isGone = response.destroyed;
    response.destroy();
    if (!isGone) throw error;
  }
}

/** Resolves when there is room for more, or the client is gone. */
function drained(response: ServerResponse, stallMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => response.destroy(), stallMs);
    const done = (): void => {
      clearTimeout(timer);
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.once("drain", done);
    response.once("close", done);
  });
}
