import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { connectionShares } from "./connection-shares.js";
import { type StreamedReply, sendStream } from "./http-stream.js";

/** A request. */
export interface ServedRequest {
  readonly method: string;
  /** Path and query as received. */
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** The client's address. */
  readonly remoteAddress: string | undefined;
  /** Its body; null where it is longer than `mostBodyBytes`; missing where there is none, or none is wanted. */
  readonly content?: Uint8Array | null | undefined;
}

/** A response. */
export interface ServedReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

type Reply = ServedReply | StreamedReply;

/** The address, limits and error handling of a server. */
interface HttpServerOptions {
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
  /** Called with errors that a handler throws; the client gets a bare 500. */
  onError(error: unknown): void;
  /** How long a client may take to send a request, headers included; 10 s by default. */
  readonly requestTimeoutMs?: number;
  /** How long a client may take to read a response that exceeds the system's buffers; 10 s by default. */
  readonly answerTimeoutMs?: number;
  /** The longest body that the handler gets; 0 by default: bodies are read and discarded. */
  readonly mostBodyBytes?: number;
  /** Certificate chain and key as PEM; without them plain HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** A server that is listening. */
export interface HttpService {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  /** The address that it listens on, without port. */
  readonly address: string;
  /** Stops at once, and cuts open connections. */
  close(): Promise<void>;
}

/**
 * Serves `handler` over HTTP/1.1, with limits on everything that a client can send, hold open or delay; resolves when it listens.
 * A client that exceeds one is disconnected.
 */
export function serveHttp(
  handler: (request: ServedRequest) => Reply | Promise<Reply>,
  options: HttpServerOptions,
): Promise<HttpService> {
  const requestTimeout = options.requestTimeoutMs ?? 10_000;
  const sockets = new Set<Socket>();
  const answerTimeout = options.answerTimeoutMs ?? 10_000;
  const limits = { maxHeaderSize: MAX_HEADER_BYTES, connectionsCheckingInterval: Math.min(requestTimeout, 5_000) };
  const mostBodyBytes = options.mostBodyBytes ?? 0;
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    const fail = (error: unknown): void => {
      options.onError(error);
      send(request, response, { status: 500, headers: {}, body: "" }, answerTimeout);
    };
    const answer = (reply: Reply): void => {
      if ("stream" in reply) sendStream(response, reply, answerTimeout).catch(options.onError);
      else send(request, response, reply, answerTimeout);
    };
    try {
      const body = readBody(request, mostBodyBytes);
      const replied = body ? body.then((bytes) => handler(new Served(request, bytes))) : handler(new Served(request));
      // A reply that is ready is sent at once: a promise costs as much as the rest of a response.
      if (!(replied instanceof Promise)) answer(replied);
      else replied.then(answer).catch(fail);
    } catch (error) {
      fail(error);
    }
  };
  const server = options.tls
    ? createTlsServer({ ...limits, ...options.tls, handshakeTimeout: requestTimeout }, listener)
    : createServer(limits, listener);
  server.headersTimeout = requestTimeout;
  server.requestTimeout = requestTimeout;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.maxConnections = MAX_CONNECTIONS;
  const admit = connectionShares(MAX_CONNECTIONS_OF_A_CLIENT);
  server.on("connection", (socket) => {
    const end = admit(socket.remoteAddress);
    if (end === null) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.once("close", () => {
      sockets.delete(socket);
      end();
    });
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, () => {
      server.off("error", reject);
      server.on("error", options.onError);
      const { address, family, port } = server.address() as AddressInfo;
      const host = family === "IPv6" ? `[${address}]` : address;
      resolve({
        url: `${options.tls ? "https" : "http"}://${host}:${port}`,
        address,
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
const MAX_CONNECTIONS_OF_A_CLIENT = 128;
const KEEP_ALIVE_MS = 5_000;

/**
 * Reads a body, so that the connection can be reused, and keeps as much of it as the handler wants; a body that is far
 * too long ends the connection. Undefined if the handler need not wait for it.
 */
function readBody(request: IncomingMessage, mostBytes: number): Promise<Uint8Array | null> | undefined {
  if (!hasBody(request)) return undefined;
  let bodyBytes = 0;
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => {
    bodyBytes += chunk.length;
    if (bodyBytes <= mostBytes) chunks.push(chunk);
    else chunks.length = 0;
    if (bodyBytes > Math.max(MAX_BODY_BYTES, mostBytes * 2)) request.destroy();
  });
  if (mostBytes === 0) return undefined;
  return new Promise((resolve) => {
    request.once("end", () => resolve(bodyBytes > mostBytes ? null : Buffer.concat(chunks)));
  });
}

/** Builds the headers only when they are read: most responses need none. */
class Served implements ServedRequest {
  readonly method: string;
  readonly url: string;

  constructor(
    private readonly request: IncomingMessage,
    readonly content?: Uint8Array | null,
  ) {
    this.method = request.method ?? "";
    this.url = request.url ?? "";
  }

  get headers(): Readonly<Record<string, string>> {
    return singleHeaders(this.request);
  }

  get remoteAddress(): string | undefined {
    return this.request.socket.remoteAddress;
  }
}

function hasBody({ rawHeaders }: IncomingMessage): boolean {
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? "";
    if (name.length === 14 && name.toLowerCase() === "content-length") return true;
    if (name.length === 17 && name.toLowerCase() === "transfer-encoding") return true;
  }
  return false;
}

function send(request: IncomingMessage, response: ServerResponse, reply: ServedReply, answerTimeout: number): void {
  // Write nothing to a client that has gone away, so that a response never fails.
  if (response.headersSent || response.destroyed) return;
  // As text, because head and body then go out in one write, which is twice as fast as two.
  response.writeHead(reply.status, { ...reply.headers, "content-length": Buffer.byteLength(reply.body) });
  response.end(request.method === "HEAD" ? "" : reply.body);
  if (response.writableFinished) return;
  // The system's buffers are full, or an earlier reply to the same client waits for them: the client has to read.
  const timer = setTimeout(() => request.socket.destroy(), answerTimeout);
  response.once("close", () => clearTimeout(timer));
}

function singleHeaders(request: IncomingMessage): Record<string, string> {
  // Without a prototype, so that no name a client makes up finds anything but a header.
  const headers: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return headers;
}
