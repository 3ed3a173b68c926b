import { generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createReceiver } from "../../../src/fleet/receiving/receive.js";
import type { SignatureRule } from "../../../src/fleet/receiving/signatures.js";
import { ed25519Verifier } from "../../../src/platform/seals.js";
import { encodeReport } from "../../../src/report/encode.js";
import type { CompleteReport } from "../../../src/report/report.js";
import { sealedText, signedText } from "../../../src/report/seal.js";
import { sha256 } from "../../outbox/builders.js";
import { someFinding, someReport } from "../../report/builders.js";

const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const verifier = ed25519Verifier(publicKey.export({ type: "spki", format: "pem" }).toString());
const some = (sequence: number, over: Partial<CompleteReport> = {}) =>
  someReport({ sequence, id: `e1.${sequence}`, ...over });
const signed = (report: CompleteReport): CompleteReport => {
  const signature = sign(null, Buffer.from(signedText(sha256(sealedText(report)))), privateKey);
  return { ...report, signature: signature.toString("base64url") };
};

function receiverWith(required?: SignatureRule["required"]) {
  const verify: SignatureRule["verify"] = (_thing, text, signature) => verifier(text, signature);
  const to = createReceiver({
    digest: sha256,
    signatures: required === undefined ? { verify } : { verify, required },
  });
  return (...reports: readonly CompleteReport[]) =>
    reports.flatMap((report) =>
      to.receive(JSON.stringify(report)).map((each) => (each.kind === "refused" ? each.why : each.kind)),
    );
}

describe("a receiver that checks signatures", () => {
  it("accepts unsigned reports of a thing until it has signed one", () => {
    const take = receiverWith();

    expect(take(some(1), signed(some(2)), some(3), signed(some(3)))).toEqual([
      "report",
      "report",
      'Cannot accept report e1.3 of thing "line-4-camera-2": it is not signed',
      "report",
    ]);
    expect(take(some(1, { thing: "another" }))).toEqual(["report"]);
  });

  it("refuses every unsigned report where signatures are required", () => {
    const take = receiverWith("always");

    expect(take(some(1), signed(some(1)))).toEqual([
      'Cannot accept report e1.1 of thing "line-4-camera-2": it is not signed',
      "report",
    ]);
  });

  it("refuses a report that was changed after it was signed, and accepts the original later", () => {
    const take = receiverWith();

    expect(take({ ...signed(some(1)), drift: "IN_SYNC" }, signed(some(1)))).toEqual([
      'Cannot accept report e1.1 of thing "line-4-camera-2": its signature is not valid',
      "report",
    ]);
  });

  it("checks the signature of a report in parts once it is whole", () => {
    const take = receiverWith("always");
    const findings = Array.from({ length: 6 }, (_, at) =>
      someFinding({ fingerprint: `${at}`.padStart(16, "0"), because: "x".repeat(900) }),
    );
    const parts = encodeReport(signed(some(1, { findings })), 4_000).map((text) => JSON.parse(text) as CompleteReport);

    expect(parts.length).toBeGreaterThan(1);
    expect(take(...parts)).toEqual(["report"]);
  });

  it("does not accept a shortened report where reports must be signed", () => {
    const take = receiverWith();

    expect(take(some(1, { cut: true }), signed(some(2)), some(3, { cut: true }))).toEqual([
      "report",
      "report",
      'Cannot accept report e1.3 of thing "line-4-camera-2": it was shortened, so its signature cannot be checked',
    ]);
  });
});
