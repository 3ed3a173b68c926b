import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { identityProblem } from "../../src/platform/client-identity.js";
import { makeCertificates } from "../chaos/certificates.js";
import { lacks } from "../needed.js";

let folder: string;
let files: ReturnType<typeof makeCertificates>;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "packdrift-identity-"));
  if (!lacks("openssl")) files = makeCertificates(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function problem(over: Partial<ReturnType<typeof makeCertificates>>): string | null {
  const { cert, key, ca } = { ...files, ...over };
  return identityProblem({ cert, key, ca }, (file) => `mqtt.${file}`)?.replaceAll(folder, "DIR") ?? null;
}

function file(name: string, text: string, mode = 0o600): string {
  writeFileSync(join(folder, name), text);
  chmodSync(join(folder, name), mode);
  return join(folder, name);
}

describe.skipIf(lacks("openssl"))("identityProblem", () => {
  it("finds nothing wrong with a certificate, its key and its authority", () => {
    expect(problem({})).toBeNull();
  });

  it("names the file, what was found, and what is needed", () => {
    expect([
      problem({ cert: join(folder, "none") }),
      problem({ cert: file("text", "text") }),
      problem({ key: file("open", "key", 0o640) }),
      problem({ key: file("bad", "key") }),
      problem({ ca: file("text", "text") }),
      problem({ key: folder }),
    ]).toEqual([
      'Cannot use mqtt.cert "DIR/none": there is no such file or folder (ENOENT)',
      'Cannot use mqtt.cert "DIR/text": it is not a certificate in PEM form',
      'Cannot use mqtt.key "DIR/open": it may be read by others: its mode must be 0600 or 0400, is 0640',
      'Cannot use mqtt.key "DIR/bad": it is not a private key in PEM form',
      'Cannot use mqtt.ca "DIR/text": it is not a certificate in PEM form',
      'Cannot use mqtt.key "DIR": it is a folder, not a regular file',
    ]);
  });

  it("refuses the key of another certificate", () => {
    expect(problem({ cert: files.ca })).toMatch(
      /^Cannot use mqtt\.key ".*": it is not the key of the certificate ".*"$/,
    );
  });
});
