import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** A request without its body: nothing that is served here has one. */
export interface ServedRequest {
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What is sent back. */
export interface ServedReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Where to listen and what to do about handlers that throw. */
export interface ServeOptions {
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
  /** Told what a handler threw; its client gets a bare 500. */
  onError(error: unknown): void;
  /** How long a client may take for a request, headers and all; 10 s by default. */
  readonly requestTimeoutMs?: number;
}

/** A server that is listening. */
export interface HttpService {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  /** Stops at once: connections are cut. */
  close(): Promise<void>;
}

/** Serves `handler` over HTTP/1.1 with bounds on everything a client may send; resolves when it listens. */
export function serveHttp(
  handler: (request: ServedRequest) => Promise<ServedReply>,
  options: ServeOptions,
): Promise<HttpService> {
  const requestTimeout = options.requestTimeoutMs ?? 10_000;
  const sockets = new Set<Socket>();
  const server = createServer(
    { maxHeaderSize: MAX_HEADER_BYTES, connectionsCheckingInterval: Math.min(requestTimeout, 5_000) },
    (request, response) => {
      answer(handler, request, response).catch((error: unknown) => {
        options.onError(error);
        send(request, response, { status: 500, headers: {}, body: "" });
      });
    },
  );
  server.headersTimeout = requestTimeout;
  server.requestTimeout = requestTimeout;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.maxConnections = MAX_CONNECTIONS;
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, () => {
      server.off("error", reject);
      server.on("error", options.onError);
      const { address, family, port } = server.address() as AddressInfo;
      const host = family === "IPv6" ? `[${address}]` : address;
      resolve({
        url: `http://${host}:${port}`,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            for (const socket of sockets) socket.destroy();
          }),
      });
    });
  });
}

const MAX_HEADER_BYTES = 16_384;
const MAX_BODY_BYTES = 65_536;
const MAX_CONNECTIONS = 512;
const KEEP_ALIVE_MS = 5_000;

async function answer(
  handler: (request: ServedRequest) => Promise<ServedReply>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // A body is read and forgotten, so that the connection can go on; one that is too long ends it.
  let bodyBytes = 0;
  request.on("data", (chunk: Buffer) => {
    bodyBytes += chunk.length;
    if (bodyBytes > MAX_BODY_BYTES) request.destroy();
  });
  // A client that goes away is no error here.
  request.on("error", () => {});
  response.on("error", () => {});
  const { method = "", url = "" } = request;
  send(request, response, await handler({ method, url, headers: singleHeaders(request) }));
}

function send(request: IncomingMessage, response: ServerResponse, reply: ServedReply): void {
  if (response.headersSent || response.destroyed) return;
  const body = Buffer.from(reply.body, "utf8");
  response.writeHead(reply.status, { ...reply.headers, "content-length": body.length });
  response.end(request.method === "HEAD" ? undefined : body);
}

function singleHeaders(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return headers;
}
