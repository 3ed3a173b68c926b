import { connect, createServer, type Socket } from "node:net";
import { wait } from "./wait.js";

/** A TCP proxy on loopback that behaves as badly as it is told to. */
export interface TcpProxy {
  readonly port: number;
  /** Each piece of data waits so long. */
  delayMs: number;
  /** The share of pieces that never arrive: what follows makes no sense to TLS any more. */
  loss: number;
  /** While true nothing passes either way and neither side notices: connections are half open. */
  silent: boolean;
  /** Resets every connection. */
  reset(): void;
  close(): Promise<void>;
}

/** Starts a proxy to a port of this machine. `random` returns numbers from 0 to less than 1. */
export async function startProxy(to: number, random: () => number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const target = connect(to, "127.0.0.1");
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.once("close", () => sockets.delete(socket));
    }
    forward(client, target);
    forward(target, client);
  });

  function forward(from: Socket, into: Socket): void {
    let last: Promise<unknown> = Promise.resolve();
    from.on("data", (data) => {
      if (proxy.silent || (proxy.loss > 0 && random() < proxy.loss)) return;
      // Nothing overtakes what still waits.
      last = Promise.all([last, proxy.delayMs === 0 ? null : wait(proxy.delayMs)]).then(() => void into.write(data));
    });
    from.once("close", () => {
      if (!proxy.silent) into.destroy();
    });
  }

  const proxy: TcpProxy = {
    port: 0,
    delayMs: 0,
    loss: 0,
    silent: false,
    reset() {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return Object.assign(proxy, { port: (server.address() as { port: number }).port });
}
