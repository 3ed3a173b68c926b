import { UsageError } from "../../base/errors.js";
import { loopbackAddress } from "../../base/loopback.js";
import { parseOptions } from "../shared/command.js";
import { type TlsFiles, tlsFiles } from "../shared/tls-files.js";
import { archiveFolder } from "./open-archive.js";
import { LOG_LEVELS, type LogLevel } from "./serve-events.js";

const OPTIONS = {
  dir: { type: "string" },
  host: { type: "string" },
  port: { type: "string" },
  credentials: { type: "string" },
  "tls-cert": { type: "string" },
  "tls-key": { type: "string" },
  rate: { type: "string" },
  "log-level": { type: "string" },
  json: { type: "boolean" },
} as const;

/** The parsed options of `archive serve`. */
export interface ServeOptions {
  readonly dir: string;
  readonly host: string;
  readonly port: number;
  /** Whether it listens on the loopback address only. */
  readonly isLoopback: boolean;
  /** Null: anybody on this machine may read the archive. */
  readonly credentials: string | null;
  /** PEM. */
  readonly tls: TlsFiles | null;
  /** Requests per second of one client; 0 for no limit. */
  readonly perSecond: number;
  readonly logLevel: LogLevel;
  readonly json: boolean;
}

/** Parses the options of `archive serve`. Throws UsageError for bad or unsafe ones. */
export function parseServeOptions(args: readonly string[]): ServeOptions {
  const { values, positionals } = parseOptions(args, OPTIONS);
  if (positionals.length > 0) throw new UsageError(`archive serve: unexpected argument "${positionals[0]}"`);
  const dir = archiveFolder(values.dir);
  const loopback = loopbackAddress(values.host ?? "127.0.0.1");
  if (loopback === null && values.credentials === undefined) {
    throw new UsageError(
      `Cannot serve on "${values.host}": without --credentials FILE the archive listens on the loopback address only`,
    );
  }
  return {
    dir,
    host: loopback ?? values.host ?? "",
    port: wholeNumber("port", values.port ?? "8080", 0, 65_535),
    isLoopback: loopback !== null,
    credentials: values.credentials ?? null,
    tls: tlsFiles(values["tls-cert"], values["tls-key"]),
    perSecond: wholeNumber("rate", values.rate ?? "50", 0, 1_000_000),
    logLevel: logLevel(values["log-level"] ?? "info"),
    json: values.json ?? false,
  };
}

function logLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((name) => name === text);
  if (level !== undefined) return level;
  throw new UsageError(`Cannot use --log-level "${text}": must be one of ${LOG_LEVELS.join(", ")}`);
}

function wholeNumber(option: string, text: string, least: number, most: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : -1;
  if (value < least || value > most) {
    throw new UsageError(`Cannot use --${option} "${text}": must be a whole number from ${least} to ${most}`);
  }
  return value;
}
