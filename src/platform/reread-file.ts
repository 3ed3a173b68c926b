import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { InvalidInputError, messageOf } from "../base/errors.js";
import { reasonOf } from "../base/system-errors.js";
import { checkSecret } from "./safe-files.js";

/** What a file of secrets grants, reread when it changes. */
export interface RereadFile<T> {
  current(): Promise<T>;
}

/** How to read the file, and what it grants while it cannot be read. */
interface Rereading<T> {
  readonly path: string;
  /** For errors: `credentials from "/etc/x"`. */
  readonly what: string;
  /** Throws InvalidInputError. */
  parse(text: string): T;
  readonly nothing: T;
  now(): number;
  /** Called once for each problem. */
  onError(error: unknown): void;
}

/**
 * Reads the file now, and later at most once a second. Throws InvalidInputError when it cannot be used now. When it cannot be
 * used later (emptied, unreadable, deleted, readable by others, another user's), it grants nothing until it can be used
 * again: secrets that the file no longer grants must not stay valid.
 */
export async function rereadFile<T>(rereading: Rereading<T>): Promise<RereadFile<T>> {
  const { now, nothing, onError } = rereading;
  let checkedAt = now();
  let last: Read<T> | null = await read(rereading, null);
  let problem: string | null = null;

  return {
    async current() {
      if (now() - checkedAt < FRESH_MS) return last?.value ?? nothing;
      checkedAt = now();
      try {
        last = await read(rereading, last);
        problem = null;
      } catch (error) {
        last = null;
        if (messageOf(error) !== problem) onError(error);
        problem = messageOf(error);
      }
      return last?.value ?? nothing;
    },
  };
}

const FRESH_MS = 1_000;
const MOST_BYTES = 1_048_576;

interface Read<T> {
  readonly version: string;
  readonly value: T;
}

/** Reads the file; returns `last` if unchanged. Follows links, because a mounted secret is one, but never waits for a pipe. */
async function read<T>({ path, what, parse }: Rereading<T>, last: Read<T> | null): Promise<Read<T>> {
  const refuse = (why: string, cause?: unknown) => new InvalidInputError(`Cannot read ${what}: ${why}`, { cause });
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: unknown) => {
    throw refuse(reasonOf(cause), cause);
  });
  try {
    const found = await file.stat();
    if (!found.isFile() || found.size > MOST_BYTES) throw refuse(`needs a file of at most ${MOST_BYTES} bytes`);
    try {
      checkSecret(path, found);
    } catch (cause) {
      throw refuse(messageOf(cause), cause);
    }
    const version = `${found.mtimeMs} ${found.ctimeMs} ${found.size} ${found.ino}`;
    if (last?.version === version) return last;
    return { version, value: parse(await file.readFile("utf8")) };
  } finally {
    await file.close();
  }
}
