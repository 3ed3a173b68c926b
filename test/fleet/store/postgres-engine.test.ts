import { createServer, type Server } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { connect } from "../../../src/fleet/store/postgres-engine.js";

let server: Server | null = null;
afterEach(() => void server?.close());

/** Of PostgreSQL's protocol: a type, the length, the content. */
function message(type: string, content: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(content.length + 4);
  return Buffer.concat([Buffer.from(type), length, content]);
}

const AUTHENTICATED = message("R", Buffer.alloc(4));
const READY = message("Z", Buffer.from("I"));
const SHUT_DOWN = message(
  "E",
  Buffer.from("SFATAL\0VFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0"),
);

describe("connect", () => {
  it("survives a server that is ready and closes in one packet", async () => {
    server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => socket.end(Buffer.concat([AUTHENTICATED, READY, SHUT_DOWN])));
    });
    await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;

    const postgres = await connect(`postgres://packdrift@127.0.0.1:${port}/fleet`);

    await expect(postgres.query("SELECT 1")).rejects.toThrow();
    await postgres.close();
  });
});
