import { hostname } from "node:os";
import { UsageError } from "../../base/errors.js";
import { type BrokerAddress, parseBroker } from "../../fleet/feed/broker-address.js";
import type { TopicPrefixes } from "../../fleet/ingest/fleet-topics.js";
import { FLEET } from "../help/specs/fleet.js";
import { parseOptions } from "../shared/parse-options.js";
import { tlsFiles } from "../shared/tls-files.js";

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
  /** Host names that browsers use. */
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
  const { values } = parseOptions(args, FLEET);
  const { cert, key, ca, "trust-header": header } = values;
  return {
    broker: values.broker === undefined ? null : parseBroker(values.broker, { cert, key, ca }),
    clientId: matching("client-id", values["client-id"] ?? usualClientId(), /^[a-zA-Z0-9:_-]{1,128}$/, CLIENT_ID),
    group: values.group === undefined ? null : matching("group", values.group, /^[a-zA-Z0-9:_-]{1,64}$/, GROUP),
    prefixes: {
      data: prefix("topic-prefix", values["topic-prefix"]),
      commands: prefix("command-prefix", values["command-prefix"]),
    },
    store: values.store,
    ...parseListen(values.listen),
    tokens: values.tokens ?? null,
    trust: header === undefined ? null : { header, from: values["trust-from"] ?? [] },
    hostNames: values["host-name"] ?? [],
    tls: tlsFiles(values["tls-cert"], values["tls-key"]),
    things: values.things ?? null,
    keys: values.keys ?? null,
    jobs: values.jobs ?? null,
    alarms: values.alarms ?? null,
    heartbeatHours: values["heartbeat-hours"],
    keepDays: values["keep-days"],
    keepHeartbeatDays: values["keep-heartbeat-days"],
    requestsPerSecond: values["requests-per-second"],
    json: values.json,
  };
}

const CLIENT_ID = '1 to 128 letters, digits, ":", "_" or "-"';
const GROUP = '1 to 64 letters, digits, ":", "_" or "-"';

/** The default client id, the same after each restart, so that the broker's session is found again. */
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

function number(option: string, text: string, least: number, most: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : -1;
  if (value >= least && value <= most) return value;
  throw new UsageError(`Cannot use --${option} "${text}": must be a whole number from ${least} to ${most}`);
}
