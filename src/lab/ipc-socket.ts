import { type IpcServer, type IpcServerOptions, startIpcServer } from "./ipc-server.js";

/** The IPC socket of a nucleus, which can stop and come back, and be slow. */
export interface IpcSocket {
  readonly isListening: boolean;
  readonly connections: number;
  listen(): Promise<void>;
  /** Drops all connections and removes the socket. */
  close(): Promise<void>;
  dropConnections(): void;
  dropConnectionsOf(component: string): void;
  /** From now on a connect is acknowledged after `ms`, or never (null); returns how to answer at once again. */
  delayAcknowledgements(ms: number | null): () => void;
  /** Reads nothing from any connection until the returned function is called. */
  stopReading(): () => void;
}

/** Creates a socket that is not listening yet. */
export function ipcSocket(options: Omit<IpcServerOptions, "acknowledgeAfterMs" | "isReading">): IpcSocket {
  const delays = new Set<{ readonly ms: number | null }>();
  const pauses = new Set<object>();
  let server: IpcServer | null = null;
  /** Adds an item until the returned function is called. */
  const during = <T>(all: Set<T>, item: T, changed: () => void): (() => void) => {
    all.add(item);
    changed();
    return () => {
      if (all.delete(item)) changed();
    };
  };
  return {
    get isListening() {
      return server !== null;
    },
    get connections() {
      return server?.connections ?? 0;
    },
    async listen() {
      server ??= await startIpcServer({
        ...options,
        acknowledgeAfterMs: () => longest(delays),
        isReading: () => pauses.size === 0,
      });
    },
    async close() {
      const closing = server;
      server = null;
      await closing?.close();
    },
    dropConnections: () => server?.dropConnections(),
    dropConnectionsOf: (component) => server?.dropConnectionsOf(component),
    delayAcknowledgements: (ms) => during(delays, { ms }, () => {}),
    stopReading: () => during(pauses, {}, () => server?.readingChanged()),
  };
}

function longest(delays: ReadonlySet<{ readonly ms: number | null }>): number | null {
  const all = [...delays].map(({ ms }) => ms);
  return all.includes(null) ? null : Math.max(0, ...all.map((ms) => ms ?? 0));
}
