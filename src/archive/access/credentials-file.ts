import { quoted } from "../../job/job-names.js";
import { type RereadFile, rereadFile } from "../../platform/reread-file.js";
import { type Credentials, parseCredentials } from "./credentials.js";

/** A credentials file, reread when it changes; while it cannot be used, there are no credentials. Throws as rereadFile does. */
export function credentialsFile(
  path: string,
  { now, onError }: { now(): number; onError(error: unknown): void },
): Promise<RereadFile<Credentials>> {
  return rereadFile<Credentials>({
    path,
    what: `credentials from ${quoted(path, 300)}`,
    parse: (text) => parseCredentials(text, path),
    nothing: new Map(),
    now,
    onError,
  });
}
