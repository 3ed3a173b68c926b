import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { dirname } from "node:path";
import { writeDurablySync } from "../platform/durable-files.js";
import { isOursAlone, readOwnFile } from "../platform/safe-files.js";

const DIGEST_BYTES = 32;
const MOST_BYTES = 16 * 2 ** 20;

/**
 * V8's compiled form of some code; null where there is none that can be trusted. V8 itself checks little more than its own
 * version and the code's length: a damaged file ends every examiner with SIGSEGV, and a flipped bit runs altered code. So
 * the file begins with a digest of the code and of what was compiled. It runs with our rights, so a file that another user
 * owns or may write is never read.
 */
export function readCodeCache(path: string, code: string): Buffer | null {
  try {
    const bytes = isOursAlone(statSync(dirname(path))) ? readOwnFile(path, MOST_BYTES) : null;
    if (bytes === null) return null;
    const compiled = bytes.subarray(DIGEST_BYTES);
    return bytes.subarray(0, DIGEST_BYTES).equals(digestOf(code, compiled)) ? compiled : null;
  } catch {
    return null;
  }
}

/** Stores what V8 compiled. Everything works without it, only more slowly: the outbox reports a folder that cannot be written. */
export function writeCodeCache(path: string, code: string, compiled: Buffer): void {
  try {
    writeDurablySync(path, Buffer.concat([digestOf(code, compiled), compiled]));
  } catch {
    // Without a cache, then.
  }
}

function digestOf(code: string, compiled: Buffer): Buffer {
  return createHash("sha256").update(code).update(compiled).digest();
}
