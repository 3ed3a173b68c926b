import { lstat, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { InvalidInputError } from "../base/errors.js";
import type { Flavour } from "./flavour.js";
import { type IncomingCall, type IpcConnection, serveConnection } from "./ipc-connection.js";

/** The part of the nucleus that the server uses. */
export interface IpcServerOptions {
  readonly flavour: Flavour;
  readonly socketPath: string;
  /** The component a token belongs to, or null: the connection is refused. */
  readonly authenticate: (token: string) => string | null;
  /** How long a connect message waits for its answer; null: it never gets one. */
  readonly acknowledgeAfterMs: () => number | null;
  /** False: nothing is read from the connections. */
  readonly isReading: () => boolean;
  readonly onCall: (call: IncomingCall) => void;
}

/** A listening IPC socket. */
export interface IpcServer {
  /** How many clients have sent a connect message. To a client that is dropped earlier, its socket was refused. */
  readonly connections: number;
  /** To be called when `isReading` answers differently. */
  readingChanged(): void;
  dropConnections(): void;
  dropConnectionsOf(component: string): void;
  /** Drops all connections and removes the socket. */
  close(): Promise<void>;
}

// sun_path holds 108 bytes with its NUL; the nucleus itself falls back to a relative path, the lab does not.
const LONGEST_SOCKET_PATH_BYTES = 107;
const LITE_MOST_CLIENTS = 50;

/** Listens on a unix socket and implements the Greengrass IPC protocol: handshake, streams, protocol errors. Knows no operation. */
export async function startIpcServer(options: IpcServerOptions): Promise<IpcServer> {
  const pathBytes = Buffer.byteLength(options.socketPath);
  if (pathBytes > LONGEST_SOCKET_PATH_BYTES) {
    throw new InvalidInputError(
      `Cannot listen on "${options.socketPath}": a socket's path must be ${LONGEST_SOCKET_PATH_BYTES} bytes or less, is ${pathBytes}`,
    );
  }
  await removeStaleSocket(options.socketPath);
  const connections = new Map<Socket, IpcConnection>();
  const applyReading = (socket: Socket) => (options.isReading() ? socket.resume() : socket.pause());
  const server = createServer((socket) => {
    if (options.flavour === "lite" && connections.size >= LITE_MOST_CLIENTS) {
      socket.destroy();
      return;
    }
    connections.set(socket, serveConnection(socket, options));
    socket.once("close", () => connections.delete(socket));
    applyReading(socket);
  });
  await listening(server, options.socketPath);
  const dropConnections = () => {
    for (const socket of connections.keys()) socket.destroy();
  };
  return {
    get connections() {
      return [...connections.values()].filter(({ hasAsked }) => hasAsked).length;
    },
    readingChanged() {
      for (const socket of connections.keys()) applyReading(socket);
    },
    dropConnections,
    dropConnectionsOf(component) {
      for (const [socket, connection] of connections) if (connection.component === component) socket.destroy();
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      dropConnections();
      await closed;
    },
  };
}

/** Removes the socket that a dead nucleus left; any other file there is not ours to remove. */
async function removeStaleSocket(path: string): Promise<void> {
  const found = await lstat(path).catch(() => null);
  if (found && !found.isSocket())
    throw new InvalidInputError(`Cannot listen on "${path}": a file that is not a socket is in the way`);
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
