import { readdirSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../../base/errors.js";
import { reasonOf } from "../../base/system-errors.js";
import { readNamedFile } from "../../platform/safe-files.js";
import { ed25519Verifier, MOST_PEM_BYTES } from "../../platform/seals.js";

type Verifier = (text: string, signature: string) => boolean;

const MOST_KEYS_IN_MEMORY = 10_000;
/** A key that is added to the folder is found after this time. */
const LIST_AGAIN_MS = 60_000;

/**
 * Checks signatures with the keys of a folder: `THING.pem` holds the Ed25519 key of a thing. Resolves to null for a thing without
 * one; a file that holds no such key refuses every signature of its thing. Throws UsageError when the folder cannot be read.
 */
export function keysIn(
  folder: string,
  nowMs: () => number = Date.now,
): (thing: string, text: string, signature: string) => boolean | null {
  const keys = new Map<string, Verifier>();
  let files = listed(folder);
  let listedAt = nowMs();

  function verifierOf(thing: string): Verifier | null {
    const known = keys.get(thing);
    if (known !== undefined) return known;
    if (nowMs() - listedAt > LIST_AGAIN_MS) {
      files = listed(folder);
      listedAt = nowMs();
    }
    // A thing's name is never made into a path that was not listed.
    if (!files.has(`${thing}.pem`)) return null;
    const verifier = readKey(join(folder, `${thing}.pem`));
    if (keys.size >= MOST_KEYS_IN_MEMORY) keys.clear();
    keys.set(thing, verifier);
    return verifier;
  }

  return (thing, text, signature) => verifierOf(thing)?.(text, signature) ?? null;
}

function readKey(path: string): Verifier {
  try {
    return ed25519Verifier(readNamedFile(path, MOST_PEM_BYTES, () => undefined)?.toString("utf8") ?? "");
  } catch {
    return () => false;
  }
}

function listed(folder: string): ReadonlySet<string> {
  try {
    return new Set(readdirSync(folder));
  } catch (error) {
    throw new UsageError(`Cannot read the folder of keys "${folder}": ${reasonOf(error)}`, { cause: error });
  }
}
