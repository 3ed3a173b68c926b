import { UsageError } from "../../base/errors.js";
import { loopbackAddress } from "../../base/loopback.js";
import { ARCHIVE_SERVE } from "../help/specs/archive.js";
import { parseOptions } from "../shared/parse-options.js";
import { type TlsFiles, tlsFiles } from "../shared/tls-files.js";
import { archiveFolder } from "./open-archive.js";
import type { LogLevel } from "./serve-events.js";

/** The parsed options of `archive serve`. */
export interface ArchiveServeOptions {
  readonly dir: string;
  readonly host: string;
  readonly port: number;
  /** Whether it listens on the loopback address only. */
  readonly isLoopback: boolean;
  /** Null: anyone on this machine may read the archive. */
  readonly credentials: string | null;
  /** PEM. */
  readonly tls: TlsFiles | null;
  /** The most requests per second of one client; 0: no limit. */
  readonly perSecond: number;
  readonly logLevel: LogLevel;
  readonly json: boolean;
}

/** Parses the options of `archive serve`. Throws UsageError for bad or unsafe ones. */
export function parseServeOptions(args: readonly string[]): ArchiveServeOptions {
  const { values } = parseOptions(args, ARCHIVE_SERVE);
  const dir = archiveFolder(values.dir);
  const loopback = loopbackAddress(values.host);
  if (loopback === null && values.credentials === undefined) {
    throw new UsageError(
      `Cannot serve on "${values.host}": without --credentials FILE the archive listens on the loopback address only`,
    );
  }
  return {
    dir,
    host: loopback ?? values.host,
    port: values.port,
    isLoopback: loopback !== null,
    credentials: values.credentials ?? null,
    tls: tlsFiles(values["tls-cert"], values["tls-key"]),
    perSecond: values.rate,
    logLevel: values["log-level"],
    json: values.json,
  };
}
