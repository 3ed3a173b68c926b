import { connect, type TLSSocket } from "node:tls";
import { codeOf } from "../../base/errors.js";

/** How a TLS handshake with a broker went. */
export type TlsTrial =
  | {
      readonly kind: "trusted";
      readonly socket: TLSSocket;
      readonly protocol: string;
      /** The server's certificate: ISO 8601, UTC. */
      readonly validTo: string;
    }
  /** The handshake succeeded, but the server's certificate is not trusted. */
  | {
      readonly kind: "distrusted";
      readonly code: string;
      readonly issuer: string;
      readonly names: string;
      readonly validFrom: string;
      readonly validTo: string;
    }
  /** No TLS connection. */
  | { readonly kind: "failed"; readonly code: string; readonly message: string };

interface TlsTarget {
  readonly endpoint: string;
  readonly port: number;
  /** PEM. */
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Null: the system's own authorities. */
  readonly ca: Buffer | null;
}

/** Tries a TLS handshake as the MQTT client makes it: 1.2 or later, with the client's certificate and the server's name. */
export function tryTls({ endpoint, port, cert, key, ca }: TlsTarget, limitMs: number): Promise<TlsTrial> {
  return new Promise((resolve) => {
    const fail = (error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      resolve({ kind: "failed", code: codeOf(error) ?? "", message });
      socket?.destroy();
    };
    let socket: TLSSocket | null = null;
    try {
      socket = connect({
        host: endpoint,
        port,
        servername: endpoint,
        cert,
        key,
        ...(ca === null ? {} : { ca }),
        minVersion: "TLSv1.2",
        ...(port === 443 ? { ALPNProtocols: ["x-amzn-mqtt-ca"] } : {}),
        // Checked below, to find what is wrong with the certificate; nothing is sent to a server that is not trusted.
        rejectUnauthorized: false,
      });
    } catch (error) {
      fail(error);
      return;
    }
    const made = socket;
    made.setTimeout(limitMs, () => fail(new Error(`no answer within ${limitMs} ms`)));
    made.on("error", fail);
    made.once("secureConnect", () => {
      made.setTimeout(0);
      resolve(outcomeOf(made));
    });
  });
}

function outcomeOf(socket: TLSSocket): TlsTrial {
  const { issuer, subjectaltname = "", subject, valid_from, valid_to } = socket.getPeerCertificate();
  const validTo = isoOf(valid_to);
  if (socket.authorized) return { kind: "trusted", socket, protocol: socket.getProtocol() ?? "TLS", validTo };
  const { authorizationError: error } = socket;
  socket.destroy();
  return {
    kind: "distrusted",
    code: codeOf(error) ?? (error instanceof Error ? error.message : String(error)),
    issuer: String(issuer?.CN ?? issuer?.O ?? ""),
    names: subjectaltname || String(subject?.CN ?? ""),
    validFrom: isoOf(valid_from),
    validTo,
  };
}

function isoOf(date: string): string {
  const time = Date.parse(date);
  return Number.isNaN(time) ? date : new Date(time).toISOString();
}
