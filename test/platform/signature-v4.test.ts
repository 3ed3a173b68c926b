import { describe, expect, it } from "vitest";
import { signatureV4, signedHeaders } from "../../src/platform/signature-v4.js";

/** AWS's published test suite for Signature Version 4: its key, region, service and time. */
const KEY = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  sessionToken: null,
};
const VANILLA = {
  method: "POST",
  path: "/",
  query: {},
  headers: { host: "example.amazonaws.com" },
  signedAt: new Date("2015-08-30T12:36:00Z"),
  region: "us-east-1",
  service: "service",
};

describe("signedHeaders", () => {
  it("signs as AWS's test suite post-vanilla says", async () => {
    expect(await signedHeaders(VANILLA, KEY)).toEqual({
      host: "example.amazonaws.com",
      "x-amz-date": "20150830T123600Z",
      authorization:
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
    });
  });

  it("signs a body as AWS's test suite post-x-www-form-urlencoded says", async () => {
    const headers = { ...VANILLA.headers, "content-type": "application/x-www-form-urlencoded" };

    expect(await signedHeaders({ ...VANILLA, headers, body: "Param1=value1" }, KEY)).toMatchObject({
      authorization: expect.stringContaining(
        "SignedHeaders=content-type;host;x-amz-date, Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
      ),
    });
  });

  it("sends and signs the token of a temporary key", async () => {
    expect(await signedHeaders(VANILLA, { ...KEY, sessionToken: "a token" })).toMatchObject({
      "x-amz-security-token": "a token",
      authorization: expect.stringContaining("SignedHeaders=host;x-amz-date;x-amz-security-token,"),
    });
  });
});

describe("signatureV4", () => {
  const signer = signatureV4();

  it("recomputes the signature of signed headers", async () => {
    const { authorization = "", ...headers } = await signedHeaders({ ...VANILLA, body: "{}" }, KEY);

    const signature = await signer.sign({ ...VANILLA, headers, body: "{}" }, KEY);

    expect(authorization.endsWith(`Signature=${signature}`)).toBe(true);
    expect(await signer.sign({ ...VANILLA, headers, body: "{ }" }, KEY)).not.toBe(signature);
  });

  it("accepts a content hash that the client signed in place of the body", async () => {
    const headers = { ...VANILLA.headers, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };

    const signature = await signer.sign({ ...VANILLA, headers, body: "one" }, KEY);

    expect(await signer.sign({ ...VANILLA, headers, body: "other" }, KEY)).toBe(signature);
  });
});
