import { hostname } from "node:os";
import { UsageError } from "../../base/errors.js";
import { type BrokerAddress, parseBroker } from "../../fleet/feed/broker-address.js";
import { TOPIC_PREFIXES, type TopicPrefixes } from "../../fleet/ingest/fleet-topics.js";
import { parseOptions } from "../shared/command.js";
import { tlsFiles } from "../shared/tls-files.js";

const OPTIONS = {
  broker: { type: "string" },
  cert: { type: "string" },
  key: { type: "string" },
  ca: { type: "string" },
  "client-id": { type: "string" },
  group: { type: "string" },
  "topic-prefix": { type: "string" },
  "command-prefix": { type: "string" },
  store: { type: "string" },
  listen: { type: "string" },
  tokens: { type: "string" },
  "trust-header": { type: "string" },
  "trust-from": { type: "string", multiple: true },
  "host-name": { type: "string", multiple: true },
  "tls-cert": { type: "string" },
  "tls-key": { type: "string" },
  things: { type: "string" },
  keys: { type: "string" },
  jobs: { type: "string" },
  alarms: { type: "string" },
  "heartbeat-hours": { type: "string" },
  "keep-days": { type: "string" },
  "keep-heartbeat-days": { type: "string" },
  "requests-per-second": { type: "string" },
  json: { type: "boolean" },
} as const;

/** The parsed options of `packdrift fleet`. */
export interface FleetOptions {
  /** Null: nothing is received. */
  readonly broker: BrokerAddress | null;
  readonly clientId: string;
  /** The name under which several receivers share the messages. */
  readonly group: string | null;
  readonly prefixes: TopicPrefixes;
  /** A file, or `postgres://…`. */
  readonly store: string;
  readonly host: string;
  readonly port: number;
  readonly tokens: string | null;
  readonly trust: { readonly header: string; readonly from: readonly string[] } | null;
  /** Names by which browsers reach it. */
  readonly hostNames: readonly string[];
  /** PEM. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  readonly things: string | null;
  readonly keys: string | null;
  readonly jobs: string | null;
  readonly alarms: string | null;
  readonly heartbeatHours: number;
  readonly keepDays: number;
  readonly keepHeartbeatDays: number;
  readonly requestsPerSecond: number;
  readonly json: boolean;
}

/** Parses the options of `packdrift fleet`. Throws UsageError for bad or unsafe ones. */
export function parseFleetOptions(args: readonly string[]): FleetOptions {
  const { values, positionals } = parseOptions(args, OPTIONS);
  if (positionals.length > 0) throw new UsageError(`fleet: unexpected argument "${positionals[0]}"`);
  const { cert, key, ca } = values;
  if (values.broker === undefined && (cert ?? key ?? ca) !== undefined) {
    throw new UsageError("--cert, --key and --ca need --broker mqtts://HOST");
  }
  return {
    broker: values.broker === undefined ? null : parseBroker(values.broker, { cert, key, ca }),
    clientId: matching("client-id", values["client-id"] ?? usualClientId(), /^[a-zA-Z0-9:_-]{1,128}$/, CLIENT_ID),
    group: values.group === undefined ? null : matching("group", values.group, /^[a-zA-Z0-9:_-]{1,64}$/, GROUP),
    prefixes: {
      data: prefix("topic-prefix", values["topic-prefix"] ?? TOPIC_PREFIXES.data),
      commands: prefix("command-prefix", values["command-prefix"] ?? TOPIC_PREFIXES.commands),
    },
    store: values.store ?? "fleet.db",
    ...parseListen(values.listen ?? `127.0.0.1:${PORT}`),
    tokens: values.tokens ?? null,
    trust: trusted(values["trust-header"], values["trust-from"] ?? []),
    hostNames: values["host-name"] ?? [],
    tls: tlsFiles(values["tls-cert"], values["tls-key"]),
    things: values.things ?? null,
    keys: values.keys ?? null,
    jobs: values.jobs ?? null,
    alarms: values.alarms ?? null,
    heartbeatHours: number("heartbeat-hours", values["heartbeat-hours"] ?? "24", 1, 8_760),
    keepDays: number("keep-days", values["keep-days"] ?? "400", 1, 36_500),
    keepHeartbeatDays: number("keep-heartbeat-days", values["keep-heartbeat-days"] ?? "30", 1, 36_500),
    requestsPerSecond: number("requests-per-second", values["requests-per-second"] ?? "50", 1, 10_000),
    json: values.json ?? false,
  };
}

const CLIENT_ID = '1 to 128 letters, digits, ":", "_" or "-"';
const GROUP = '1 to 64 letters, digits, ":", "_" or "-"';

/** The same after each restart, so that the broker's session is found again. */
function usualClientId(): string {
  return `packdrift-fleet-${hostname().replace(/[^a-zA-Z0-9_-]/g, "-")}`.slice(0, 128);
}

const PORT = 8_400;

/** `HOST:PORT`, `HOST` or `PORT`; an IPv6 address in brackets. */
function parseListen(text: string): { readonly host: string; readonly port: number } {
  const url = URL.canParse(`http://${text}`) ? new URL(`http://${text}`) : null;
  if (/^\d{1,5}$/.test(text)) return { host: "127.0.0.1", port: number("listen", text, 0, 65_535) };
  const [, host = "", port] = /^(\[[^\]]+\]|[^:/@?#\s]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (url === null || host === "")
    throw new UsageError(`Cannot use --listen "${text}": must be HOST:PORT, HOST or PORT`);
  return {
    host: host.replace(/^\[(.*)\]$/, "$1"),
    port: port === undefined ? PORT : number("listen", port, 0, 65_535),
  };
}

function prefix(option: string, text: string): string {
  return matching(
    option,
    text,
    /^(?!\$)[^+#\p{Cc}/]{1,60}(\/[^+#\p{Cc}/]{1,60}){0,3}$/u,
    "1 to 4 levels without wildcards",
  );
}

function matching(option: string, text: string, pattern: RegExp, needed: string): string {
  if (pattern.test(text)) return text;
  throw new UsageError(`Cannot use --${option} "${text}": must be ${needed}`);
}

function trusted(header: string | undefined, from: readonly string[]): FleetOptions["trust"] {
  if (header === undefined && from.length === 0) return null;
  if (header === undefined || from.length === 0) {
    throw new UsageError("--trust-header NAME and --trust-from CIDR must be given together");
  }
  return { header, from };
}

function number(option: string, text: string, least: number, most: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : -1;
  if (value >= least && value <= most) return value;
  throw new UsageError(`Cannot use --${option} "${text}": must be a whole number from ${least} to ${most}`);
}
