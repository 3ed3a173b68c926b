import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { codeOf, InvalidInputError, messageOf } from "../../base/errors.js";
import { checkPrivate } from "../../base/secret-file.js";
import { quoted } from "../../job/job-names.js";
import { type Credentials, parseCredentials } from "./credentials.js";

/** A credentials file, reread when it changes. */
interface CredentialsFile {
  current(): Promise<Credentials>;
}

/**
 * Reads the file now, and later at most once a second. Throws InvalidInputError when it cannot be used now. When it cannot be
 * used later (emptied, unreadable, deleted, readable by others), nobody has credentials until it can be used again: keys that
 * the file no longer grants must not stay valid. `onError` is called once for each such problem.
 */
export async function credentialsFile(
  path: string,
  { now, onError }: { now(): number; onError(error: unknown): void },
): Promise<CredentialsFile> {
  let checkedAt = now();
  let last: Read | null = await readCredentials(path, null);
  let problem: string | null = null;

  return {
    async current() {
      if (now() - checkedAt < FRESH_MS) return last?.credentials ?? NOBODY;
      checkedAt = now();
      try {
        last = await readCredentials(path, last);
        problem = null;
      } catch (error) {
        last = null;
        if (messageOf(error) !== problem) onError(error);
        problem = messageOf(error);
      }
      return last?.credentials ?? NOBODY;
    },
  };
}

const FRESH_MS = 1_000;
const MOST_BYTES = 1_048_576;
const NOBODY: Credentials = new Map();

interface Read {
  readonly version: string;
  readonly credentials: Credentials;
}

/** Reads the file; returns `last` if unchanged. Follows links, because a mounted secret is one, but never waits for a pipe. */
async function readCredentials(path: string, last: Read | null): Promise<Read> {
  const refuse = (why: string, cause?: unknown) =>
    new InvalidInputError(`Cannot read credentials from ${quoted(path, 300)}: ${why}`, { cause });
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: unknown) => {
    throw refuse(codeOf(cause) ?? messageOf(cause), cause);
  });
  try {
    const found = await file.stat();
    if (!found.isFile() || found.size > MOST_BYTES) throw refuse(`needs a file of at most ${MOST_BYTES} bytes`);
    try {
      checkPrivate(path, found);
    } catch (cause) {
      throw refuse(messageOf(cause), cause);
    }
    const version = `${found.mtimeMs} ${found.ctimeMs} ${found.size} ${found.ino}`;
    if (last?.version === version) return last;
    return { version, credentials: parseCredentials(await file.readFile("utf8"), path) };
  } finally {
    await file.close();
  }
}
