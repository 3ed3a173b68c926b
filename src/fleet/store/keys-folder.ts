import { readdirSync } from "node:fs";
import { join } from "node:path";
import { monotonicMs } from "../../base/clock.js";
import { messageOf, UsageError } from "../../base/errors.js";
import { reasonOf } from "../../base/system-errors.js";
import { readNamedFile } from "../../platform/safe-files.js";
import { ed25519Verifier, MOST_PEM_BYTES } from "../../platform/seals.js";

type Verifier = (text: string, signature: string) => boolean;

/** A key file as it was last read. */
interface ReadKey {
  readonly pem: string;
  readonly verify: Verifier;
  /** The number of the folder's listing after which the file was read, and when. */
  readonly listing: number;
  readonly readAt: number;
}

const MOST_KEYS_IN_MEMORY = 10_000;
/** How long it takes until added, replaced or removed keys count. */
const LIST_AGAIN_MS = 60_000;
/** How soon a file that is not a key is read again: it may have been half copied. */
const BROKEN_AGAIN_MS = 1_000;

/**
 * Checks signatures with the keys in a folder: `THING.pem` has the Ed25519 key of a thing. Resolves to null for a thing
 * without one; a file that is not such a key refuses every signature of its thing. Throws UsageError if the folder
 * cannot be read now. If it or a file in it cannot be read later, keys that were read before stay valid, and a file that
 * was never read refuses every signature of its thing; `onProblem` is called with the reason, and with null when all of
 * them can be read again.
 */
export function keysIn(
  folder: string,
  onProblem: (problem: string | null) => void,
  nowMs: () => number = monotonicMs,
): (thing: string, text: string, signature: string) => boolean | null {
  const keys = new Map<string, ReadKey>();
  let files = listed(folder);
  let listing = 1;
  let listedAt = nowMs();
  let ofFolder: string | null = null;
  /** By thing, why its file could not be read the last time. */
  const ofFiles = new Map<string, string>();
  let isReported = false;

  function report(): void {
    const problem = ofFolder ?? [...ofFiles.values()][0] ?? null;
    if ((problem !== null) === isReported) return;
    isReported = problem !== null;
    onProblem(problem);
  }

  function listAgain(): void {
    if (nowMs() - listedAt <= LIST_AGAIN_MS) return;
    listedAt = nowMs();
    try {
      files = listed(folder);
      listing += 1;
      ofFolder = null;
      for (const thing of ofFiles.keys()) if (!files.has(`${thing}.pem`)) ofFiles.delete(thing);
    } catch (error) {
      ofFolder = messageOf(error);
    }
    report();
  }

  /** Null if it cannot be read, or not now. */
  function readPem(thing: string): string | null {
    const path = join(folder, `${thing}.pem`);
    ofFiles.delete(thing);
    try {
      return readNamedFile(path, MOST_PEM_BYTES, () => undefined)?.toString("utf8") ?? null;
    } catch (error) {
      if (ofFiles.size < MOST_KEYS_IN_MEMORY) ofFiles.set(thing, `Cannot read the key "${path}": ${reasonOf(error)}`);
      return null;
    } finally {
      report();
    }
  }

  const isCurrent = ({ verify, readAt, ...key }: ReadKey) =>
    verify === REFUSE ? nowMs() - readAt < BROKEN_AGAIN_MS : key.listing === listing;

  function verifierOf(thing: string): Verifier | null {
    listAgain();
    // Only names that were listed become paths.
    if (!files.has(`${thing}.pem`)) return null;
    const known = keys.get(thing);
    if (known !== undefined && isCurrent(known)) return known.verify;
    const pem = readPem(thing);
    // A removed key counts until the folder is listed without it.
    if (pem === null) return known?.verify ?? REFUSE;
    if (known === undefined && keys.size >= MOST_KEYS_IN_MEMORY) keys.clear();
    const verify = known?.pem === pem ? known.verify : verifierFrom(pem);
    keys.set(thing, { pem, verify, listing, readAt: nowMs() });
    return verify;
  }

  return (thing, text, signature) => verifierOf(thing)?.(text, signature) ?? null;
}

const REFUSE: Verifier = () => false;

function verifierFrom(pem: string): Verifier {
  try {
    return ed25519Verifier(pem);
  } catch {
    return REFUSE;
  }
}

function listed(folder: string): ReadonlySet<string> {
  try {
    return new Set(readdirSync(folder));
  } catch (error) {
    throw new UsageError(`Cannot read the folder of keys "${folder}": ${reasonOf(error)}`, { cause: error });
  }
}
