import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import type { Stats } from "node:fs";
import { codeOf } from "../base/errors.js";
import { privacyProblem } from "../base/secret-file.js";
import { reasonOf } from "../base/system-errors.js";
import { readExistingFile } from "./safe-files.js";

/** The PEM files with which a client authenticates itself and verifies its broker. */
interface IdentityFiles {
  readonly cert: string;
  readonly key: string;
  /** Null: the system's own certificate authorities. */
  readonly ca: string | null;
}

/** What is wrong with these files, in one sentence, or null; `name` is what the user calls each of them. */
export function identityProblem(
  { cert, key, ca }: IdentityFiles,
  name: (file: keyof IdentityFiles) => string,
): string | null {
  const problem = (file: keyof IdentityFiles, path: string, why: string) =>
    `Cannot use ${name(file)} "${path}": ${why}`;
  let at: readonly [keyof IdentityFiles, string] = ["cert", cert];
  try {
    const certificate = certificateIn(cert);
    at = ["key", key];
    const isOwn = certificate.checkPrivateKey(privateKeyIn(key));
    if (!isOwn) return problem("key", key, `it is not the key of the certificate "${cert}"`);
    if (ca === null) return null;
    at = ["ca", ca];
    certificateIn(ca);
    return null;
  } catch (error) {
    return problem(...at, reasonOf(error));
  }
}

function certificateIn(path: string): X509Certificate {
  const text = readExistingFile(path);
  try {
    return new X509Certificate(text);
  } catch (cause) {
    throw new Error("it is not a certificate in PEM form", { cause });
  }
}

function privateKeyIn(path: string): KeyObject {
  const text = readExistingFile(path, undefined, checkOwn);
  try {
    return createPrivateKey(text);
  } catch (cause) {
    const isLocked = codeOf(cause) === "ERR_MISSING_PASSPHRASE";
    throw new Error(isLocked ? "it needs a passphrase" : "it is not a private key in PEM form", { cause });
  }
}

function checkOwn(found: Stats): void {
  const problem = privacyProblem(found);
  if (problem !== null) throw new Error(`it ${problem}`);
}
