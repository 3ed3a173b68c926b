import { lstat, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { InvalidInputError } from "../base/errors.js";
import { isObject } from "../base/json.js";
import { FLAVOURS, type Flavour } from "./flavour.js";
import {
  decodeFrame,
  encodeFrame,
  type Frame,
  frameCutter,
  MessageFlag,
  MessageType,
  ProtocolError,
} from "./frames.js";

/** One stream of a connection: the request opened it, answers and events go back on it. */
export interface IpcStream {
  readonly id: number;
  /** False when either side has ended the stream or the connection is gone. */
  readonly open: boolean;
  /** Sends a frame; false when the connection is gone or the frame is too long for this nucleus. */
  send(frame: Omit<Frame, "streamId">): boolean;
  /** Calls once when the stream ends for whatever reason; at once when it has. */
  onClosed(listener: () => void): void;
  /** Drops the whole connection without a word. */
  dropConnection(): void;
}

/** A request that has opened a stream; its payload is not yet parsed. */
export interface IncomingCall {
  readonly component: string;
  /** As on the wire, such as `aws.greengrass#GetConfiguration`. */
  readonly operation: string;
  readonly payload: Buffer;
  readonly stream: IpcStream;
}

/** What the server needs to know of its nucleus. */
export interface IpcServerOptions {
  readonly flavour: Flavour;
  readonly socketPath: string;
  /** The component a token belongs to, or null: the connection is refused. */
  readonly authenticate: (token: string) => string | null;
  /** False: connect messages are swallowed and never answered. */
  readonly acknowledges: () => boolean;
  readonly onCall: (call: IncomingCall) => void;
}

/** A listening IPC socket. */
export interface IpcServer {
  readonly connections: number;
  dropConnections(): void;
  dropConnectionsOf(component: string): void;
  /** Drops all connections and removes the socket. */
  close(): Promise<void>;
}

// sun_path holds 108 bytes with its NUL; the nucleus itself falls back to a relative path, the lab does not.
const LONGEST_SOCKET_PATH_BYTES = 107;
const LITE_MOST_CLIENTS = 50;
const MOST_UNREAD_BYTES = 64 * 1024 * 1024;

/** Listens on a unix socket and speaks the Greengrass IPC protocol: handshake, streams, protocol errors. Knows no operation. */
export async function startIpcServer(options: IpcServerOptions): Promise<IpcServer> {
  const pathBytes = Buffer.byteLength(options.socketPath);
  if (pathBytes > LONGEST_SOCKET_PATH_BYTES) {
    throw new InvalidInputError(
      `Cannot listen on "${options.socketPath}": a socket's path must be ${LONGEST_SOCKET_PATH_BYTES} bytes or less, is ${pathBytes}`,
    );
  }
  await removeStaleSocket(options.socketPath);
  const sockets = new Map<Socket, () => string | null>();
  const server = createServer((socket) => {
    if (options.flavour === "lite" && sockets.size >= LITE_MOST_CLIENTS) {
      socket.destroy();
      return;
    }
    sockets.set(socket, serveConnection(socket, options));
    socket.once("close", () => sockets.delete(socket));
  });
  await listening(server, options.socketPath);
  const dropConnections = () => {
    for (const socket of sockets.keys()) socket.destroy();
  };
  return {
    get connections() {
      return sockets.size;
    },
    dropConnections,
    dropConnectionsOf(component) {
      for (const [socket, owner] of sockets) if (owner() === component) socket.destroy();
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      dropConnections();
      await closed;
    },
  };
}

/** A nucleus that died leaves its socket; anything else that stands there is not ours to remove. */
async function removeStaleSocket(path: string): Promise<void> {
  const found = await lstat(path).catch(() => null);
  if (found && !found.isSocket())
    throw new InvalidInputError(`Cannot listen on "${path}": there is a file that is no socket`);
  await rm(path, { force: true });
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      server.off("error", reject);
      server.on("error", () => {});
      resolve();
    });
  });
}

/**
 * Serves one client and tells whose it is. Invariants: stream ids only grow, without gaps (classic); every stream in the
 * table is open; all end with the socket.
 */
function serveConnection(socket: Socket, options: IpcServerOptions): () => string | null {
  const rules = FLAVOURS[options.flavour];
  const cut = frameCutter(rules.maxFrameBytes);
  const streams = new Map<number, () => void>();
  let component: string | null = null;
  let latestStreamId = 0;

  const send = (frame: Frame): boolean => {
    const bytes = encodeFrame(frame);
    if (bytes.length > rules.maxFrameBytes || socket.destroyed || !socket.writable) return false;
    socket.write(bytes);
    if (socket.writableLength > MOST_UNREAD_BYTES) socket.destroy();
    return true;
  };
  const hangUp = () => {
    if (options.flavour === "lite") socket.destroy();
    else socket.end();
  };
  const control = (type: number, flags: number, headers: Frame["headers"] = {}, payload: Buffer = Buffer.alloc(0)) =>
    send({ type, flags, streamId: 0, headers, payload });

  const connect = (frame: Frame): void => {
    if (!options.acknowledges()) return;
    const token = tokenOf(frame);
    component = token === null ? null : options.authenticate(token);
    if (component !== null) {
      control(MessageType.connectAck, MessageFlag.connectionAccepted);
      return;
    }
    // The classic nucleus says no before it hangs up; lite only hangs up.
    if (options.flavour === "classic") control(MessageType.connectAck, 0);
    hangUp();
  };

  const openStream = (frame: Frame, caller: string): void => {
    const id = frame.streamId;
    const closedListeners: Array<() => void> = [];
    let open = true;
    const end = () => {
      if (!open) return;
      open = false;
      streams.delete(id);
      for (const listener of closedListeners) listener();
    };
    streams.get(id)?.();
    streams.set(id, end);
    const stream: IpcStream = {
      id,
      get open() {
        return open;
      },
      send(answer) {
        const sent = send({ ...answer, streamId: id });
        if (sent && answer.flags & MessageFlag.terminateStream) end();
        return sent;
      },
      onClosed(listener) {
        if (open) closedListeners.push(listener);
        else listener();
      },
      dropConnection: () => socket.destroy(),
    };
    options.onCall({ component: caller, operation: frame.headers.operation ?? "", payload: frame.payload, stream });
  };

  const streamMessage = (frame: Frame, caller: string): void => {
    const known = streams.get(frame.streamId);
    // A client ends streams that we may have ended already: nothing to do.
    if (frame.flags & MessageFlag.terminateStream) {
      known?.();
      return;
    }
    if (options.flavour === "lite") {
      openStream(frame, caller);
      return;
    }
    if (known) return;
    if (frame.streamId !== latestStreamId + 1) {
      throw new ProtocolError(`Stream id must be ${latestStreamId + 1}, is ${frame.streamId}`);
    }
    if (!frame.headers.operation)
      throw new ProtocolError(`First message of stream ${frame.streamId} names no operation`);
    latestStreamId = frame.streamId;
    openStream(frame, caller);
  };

  const receive = (frame: Frame): void => {
    if (component === null) {
      if (frame.type !== MessageType.connect || frame.streamId !== 0)
        throw new ProtocolError("Connect must come first");
      connect(frame);
      return;
    }
    if (frame.streamId !== 0) {
      if (frame.type !== MessageType.application)
        throw new ProtocolError(`Message type ${frame.type} is not for a stream`);
      streamMessage(frame, component);
      return;
    }
    if (frame.type !== MessageType.ping || options.flavour === "lite") {
      throw new ProtocolError(`Message type ${frame.type} is not for stream 0`);
    }
    const own = Object.entries(frame.headers).filter(([name]) => !name.startsWith(":"));
    control(MessageType.pingResponse, 0, Object.fromEntries(own), frame.payload);
  };

  socket.on("data", (chunk) => {
    try {
      for (const bytes of cut(chunk)) {
        if (socket.destroyed || socket.writableEnded) return;
        receive(decodeFrame(bytes));
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      const body = Buffer.from(JSON.stringify({ message: error.message }));
      if (options.flavour === "classic") {
        control(MessageType.protocolError, 0, { ":content-type": "application/json" }, body);
      }
      hangUp();
    }
  });
  socket.on("error", () => {});
  socket.on("end", () => socket.destroy());
  socket.once("close", () => {
    for (const end of [...streams.values()]) end();
  });
  return () => component;
}

/** The token in a connect message, or null when the message is not acceptable. */
function tokenOf(frame: Frame): string | null {
  if (frame.flags !== 0 || (frame.headers[":version"] ?? "0.1.0") !== "0.1.0") return null;
  try {
    const body: unknown = JSON.parse(frame.payload.toString("utf8"));
    return isObject(body) && typeof body.authToken === "string" ? body.authToken : null;
  } catch {
    return null;
  }
}
