import { readFile, stat } from "node:fs/promises";
import { InvalidInputError } from "../../base/errors.js";
import { quoted } from "../../job/job-names.js";
import { type Credentials, parseCredentials } from "./credentials.js";

/** A credentials file, read again when it changes. */
export interface CredentialsFile {
  current(): Promise<Credentials>;
}

/**
 * Reads the file now, and later at most once a second. Throws InvalidInputError when it is of no use now; later the last
 * good credentials stay, and `onError` is told once for each change.
 */
export async function credentialsFile(
  path: string,
  { now, onError }: { now(): number; onError(error: unknown): void },
): Promise<CredentialsFile> {
  let version = "";
  let checkedAt = now();
  let credentials = await read();
  return {
    async current() {
      if (now() - checkedAt < FRESH_MS) return credentials;
      checkedAt = now();
      try {
        if ((await versionOf(path)) !== version) credentials = await read();
      } catch (error) {
        onError(error);
      }
      return credentials;
    },
  };

  async function read(): Promise<Credentials> {
    version = await versionOf(path);
    return parseCredentials(await readFile(path, "utf8"), path);
  }
}

const FRESH_MS = 1_000;
const MOST_BYTES = 1_048_576;

async function versionOf(path: string): Promise<string> {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    throw new InvalidInputError(`Cannot read credentials from ${quoted(path, 300)}: ${cause.code ?? cause.message}`, {
      cause,
    });
  });
  if (!found.isFile() || found.size > MOST_BYTES) {
    throw new InvalidInputError(
      `Cannot read credentials from ${quoted(path, 300)}: needs a file of at most ${MOST_BYTES} bytes`,
    );
  }
  return `${found.mtimeMs} ${found.size} ${found.ino}`;
}
