import type { Stats } from "node:fs";
import { messageOf, UsageError } from "../../base/errors.js";
import { reasonOf } from "../../base/system-errors.js";
import { checkSecret, readExistingFile } from "../../platform/safe-files.js";

/** Certificate chain and key of a server, as PEM. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** Reads what `--tls-cert` and `--tls-key` name; null without them. Throws UsageError. */
export function tlsFiles(cert: string | undefined, key: string | undefined): TlsFiles | null {
  if (cert === undefined && key === undefined) return null;
  if (cert === undefined || key === undefined) throw new UsageError("--tls-cert and --tls-key must be given together");
  const keyText = readOption("tls-key", key, (found) => checkKey(key, found));
  return { cert: readOption("tls-cert", cert), key: keyText };
}

function checkKey(path: string, found: Stats): void {
  try {
    checkSecret(path, found);
  } catch (cause) {
    throw new UsageError(`Cannot use --tls-key: ${messageOf(cause)}`, { cause });
  }
}

function readOption(option: string, path: string, check?: (found: Stats) => void): string {
  try {
    return readExistingFile(path, undefined, check).toString("utf8");
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(`Cannot read --${option} "${path}": ${reasonOf(cause)}`, { cause });
  }
}
