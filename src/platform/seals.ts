import type { KeyObject } from "node:crypto";
import { createRequire } from "node:module";
import { checkPrivate } from "../base/secret-file.js";
import { isOwnOrInherited, readNamedFile, readRegularFile } from "./safe-files.js";

/** More than any key has. */
export const MOST_PEM_BYTES = 64 * 1024;

/** Loaded on first use: the idle component is 1.6 MB smaller without it, and signs only if there is a key. */
let loaded: typeof import("node:crypto") | null = null;
function crypto(): typeof import("node:crypto") {
  loaded ??= createRequire(import.meta.url)("node:crypto") as typeof import("node:crypto");
  return loaded;
}

/** SHA-256, base64url. */
export function sha256(text: string): string {
  const { hash, createHash } = crypto();
  // One call takes half the time; older Node.js versions on devices do not have it.
  if (hash !== undefined) return hash("sha256", text, "base64url");
  return createHash("sha256").update(text).digest("base64url");
}

/**
 * Signs with the Ed25519 key in a PEM file, base64url; null if there is no such file. Throws if others may read the file, or if
 * it does not hold such a key.
 */
export function ed25519Signer(path: string): ((text: string) => string) | null {
  return signerWith(
    path,
    readNamedFile(path, MOST_PEM_BYTES, (found) => checkPrivate(path, found)),
  );
}

/** As `ed25519Signer` with the key in a work folder: never through a link, and not with the key of just any user. */
export function workFolderSigner(work: string): ((text: string) => string) | null {
  const path = `${work}/signing-key.pem`;
  const pem = readRegularFile(path, MOST_PEM_BYTES, (found) => {
    checkPrivate(path, found);
    if (!isOwnOrInherited(work, found.uid))
      throw new Error(
        `"${path}" belongs to user ${found.uid}: it must belong to root or to the user that packdrift runs as`,
      );
  });
  return signerWith(path, pem);
}

function signerWith(path: string, pem: Buffer | null): ((text: string) => string) | null {
  if (pem === null) return null;
  let key: KeyObject;
  try {
    key = crypto().createPrivateKey(pem);
  } catch {
    // The reason may quote the key.
    throw new Error(`"${path}" holds no private key`);
  }
  if (key.asymmetricKeyType !== "ed25519")
    throw new Error(`"${path}" must hold an Ed25519 key, holds ${key.asymmetricKeyType}`);
  return (text) => crypto().sign(null, Buffer.from(text), key).toString("base64url");
}

/**
 * Checks signatures with the Ed25519 key of a PEM text, public or private. A signature must be 64 bytes in base64url as the signer
 * writes them: no padding, no other alphabet. Throws when the text is not such a key.
 */
export function ed25519Verifier(pem: string): (text: string, signature: string) => boolean {
  const key = crypto().createPublicKey(pem);
  if (key.asymmetricKeyType !== "ed25519") throw new Error(`must be an Ed25519 key, is ${key.asymmetricKeyType}`);
  return (text, signature) => {
    const bytes = Buffer.from(signature, "base64url");
    // Node ignores what does not belong to the alphabet.
    if (bytes.toString("base64url") !== signature) return false;
    return crypto().verify(null, Buffer.from(text), key, bytes);
  };
}
