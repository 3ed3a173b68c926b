import { UsageError } from "../../base/errors.js";

/** The broker, and how to connect to it. */
export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
  /** PEM files for mutual TLS; null: plain, on this machine only. `ca` null: the system's own. */
  readonly tls: { readonly cert: string; readonly key: string; readonly ca: string | null } | null;
}

/** The PEM files that the user named. */
interface TlsOptions {
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly ca?: string | undefined;
}

const TLS_SCHEMES = ["mqtts:", "tls:", "ssl:"];
const PLAIN_SCHEMES = ["mqtt:", "tcp:"];
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Parses `mqtts://HOST[:PORT]` or, for this machine, `mqtt://127.0.0.1[:PORT]`. Throws UsageError for what would not be safe. */
export function parseBroker(text: string, { cert, key, ca }: TlsOptions): BrokerAddress {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isTls = TLS_SCHEMES.includes(url?.protocol ?? "");
  if (url === null || !(isTls || PLAIN_SCHEMES.includes(url.protocol)) || url.hostname === "") {
    refuse(text, "must be mqtts://HOST[:PORT], or mqtt://127.0.0.1[:PORT] for a broker on this machine");
  }
  if (url.username !== "" || url.password !== "") refuse(text, "must name no user: devices and fleet use certificates");
  // For schemes that it does not know, URL leaves the host as typed.
  const host = url.hostname.toLowerCase();
  const port = url.port === "" ? (isTls ? 8_883 : 1_883) : Number(url.port);
  const named = { host: host.replace(/^\[(.*)\]$/, "$1"), port };
  if (isTls) {
    if (cert === undefined || key === undefined) refuse(text, "TLS needs --cert FILE and --key FILE");
    return { ...named, tls: { cert, key, ca: ca ?? null } };
  }
  if (!LOOPBACK.test(host))
    refuse(text, "only a broker on this machine is reached without TLS: use mqtts:// with --cert and --key");
  if ((cert ?? key ?? ca) !== undefined) refuse(text, "--cert, --key and --ca are for mqtts://");
  return { ...named, tls: null };
}

function refuse(text: string, why: string): never {
  throw new UsageError(`Cannot use --broker "${text.replace(/\/\/[^/@]*@/, "//…@")}": ${why}`);
}
