import { readFileSync, statSync } from "node:fs";
import { messageOf, UsageError } from "../../base/errors.js";
import { checkPrivate } from "../../base/secret-file.js";
import { reasonOf } from "../../base/system-errors.js";

/** Certificate chain and key of a server, as PEM. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** Reads what `--tls-cert` and `--tls-key` name; null without them. Throws UsageError. */
export function tlsFiles(cert: string | undefined, key: string | undefined): TlsFiles | null {
  if (cert === undefined && key === undefined) return null;
  if (cert === undefined || key === undefined) throw new UsageError("--tls-cert and --tls-key must be given together");
  const keyText = readOption("tls-key", key);
  try {
    checkPrivate(key, statSync(key));
  } catch (cause) {
    throw new UsageError(`Cannot use --tls-key: ${messageOf(cause)}`, { cause });
  }
  return { cert: readOption("tls-cert", cert), key: keyText };
}

function readOption(option: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new UsageError(`Cannot read --${option} "${path}": ${reasonOf(cause)}`, { cause });
  }
}
