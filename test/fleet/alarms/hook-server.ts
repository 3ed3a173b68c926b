import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request that a webhook's receiver got. */
export interface HookRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type HookAnswer = (response: ServerResponse, request: HookRequest) => void;

export const answers =
  (status: number, headers: Record<string, string> = {}, body = ""): HookAnswer =>
  (response) => {
    response.writeHead(status, headers).end(body);
  };

/** A real HTTP server on loopback that receives notices; each request gets the next answer, the last one again and again. */
export async function startHookServer(...script: readonly HookAnswer[]) {
  const requests: HookRequest[] = [];
  const waiting: (() => void)[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      const received = { method, path: url, headers, body: Buffer.concat(chunks).toString("utf8") };
      requests.push(received);
      for (const wake of waiting.splice(0)) wake();
      (script[Math.min(requests.length, script.length) - 1] ?? answers(204))(response, received);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    port,
    requests,
    /** Resolves once this many requests have come. */
    async received(count: number): Promise<void> {
      while (requests.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
    },
    close(): Promise<void> {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
