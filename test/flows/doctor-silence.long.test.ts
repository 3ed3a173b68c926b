import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeCertificates } from "../chaos/certificates.js";
import { lacks } from "../needed.js";
import { packdrift } from "./cli.js";

let folder: string;
const sockets: Socket[] = [];
const servers: Server[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "packdrift-doctor-silence-"));
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Accepts connections and never answers. */
async function silent(at: string | number): Promise<number> {
  const server = createServer((socket) => sockets.push(socket));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(at, resolve));
  const address = server.address() as AddressInfo | string | null;
  return typeof address === "object" && address !== null ? address.port : 0;
}

describe("packdrift doctor with a nucleus and a broker that never answer", () => {
  it.skipIf(lacks("openssl"))("ends, and says of each that it does not answer", async () => {
    const socket = join(folder, "ipc.socket");
    await silent(socket);
    const port = await silent(0);
    const { ca, cert, key } = makeCertificates(folder);
    const config = join(folder, "config.json");
    const mqtt = { endpoint: "localhost", port, ca, cert, key };
    writeFileSync(config, JSON.stringify({ transport: "mqtt", mqtt }));

    const { code, out } = await packdrift(
      ["doctor", "--json", "--config", config, "--work", folder, "--thing", "line-4"],
      {
        AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT: socket,
        SVCUID: "0123456789ABCDEF",
      },
    );

    const { lines } = JSON.parse(out) as { lines: { id: string; found: string; fix: string }[] };
    const line = (id: string) => lines.find((each) => each.id === id);
    expect(code).toBe(1);
    expect(line("nucleus.login")?.found).toContain('no answer to "connect to the nucleus" within 8000 ms');
    expect(line("nucleus.login")?.fix).toMatch(/^Check the nucleus: sudo systemctl status/);
    expect(line("broker.tls")?.found).toBe("no answer within 8000 ms");
    expect(line("broker.tls")?.fix).toBe(
      `Check the network and the firewall: nc -vz localhost ${port} must succeed; the broker must speak TLS 1.2 or later there`,
    );
  });
});
