import { createHash, createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { parseCredentials } from "../../../src/archive/access/credentials.js";
import { authentication } from "../../../src/archive/access/signature.js";
import { signatureV4 } from "../../../src/platform/signature-v4.js";

const NOW = Date.parse("2026-11-23T19:00:00Z");
const CREDENTIALS = parseCredentials(
  "[line]\naws_access_key_id=AKID\naws_secret_access_key=secret\n[temporary]\naws_access_key_id=ASIA\naws_secret_access_key=secret\naws_session_token=tok/en+\n",
  "c",
);
const authenticate = authentication({
  credentials: async () => CREDENTIALS,
  signer: signatureV4(),
  now: () => NOW,
});

interface Request {
  readonly method?: string;
  readonly path?: string;
  /** As in the canonical request. */
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly key?: string;
  readonly secret?: string;
  readonly stamp?: string;
  readonly scope?: string;
}

const PATH = "/2020-11-20/projects/p/modelpackagingjobs/j";
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();

/** Signs step by step as the AWS General Reference describes: an implementation independent of the package's. */
function signed(given: Request = {}) {
  const {
    method = "GET",
    path = PATH,
    query = "",
    key = "AKID",
    secret = "secret",
    stamp = "20261123T190000Z",
  } = given;
  const day = stamp.slice(0, 8);
  const { scope = `${day}/eu-central-1/lookoutvision/aws4_request` } = given;
  const [, region = "", service = ""] = scope.split("/");
  const headers: Record<string, string> = { host: "archive:8080", "x-amz-date": stamp, ...given.headers };
  const names = Object.keys(headers).sort();
  const lines = names.map((name) => `${name}:${headers[name]?.trim().replace(/ +/g, " ")}\n`).join("");
  // Every service but S3 encodes the path once more.
  const twice = path.split("/").map(encodeURIComponent).join("/");
  const body = headers["x-amz-content-sha256"] ?? sha256("");
  const canonical = [method, twice, query, lines, names.join(";"), body].join("\n");
  const text = ["AWS4-HMAC-SHA256", stamp, scope, sha256(canonical)].join("\n");
  const derived = [day, region, service, "aws4_request"].reduce<string | Buffer>(
    (from, part) => hmac(from, part),
    `AWS4${secret}`,
  );
  const signature = hmac(derived, text).toString("hex");
  const authorization = `AWS4-HMAC-SHA256 Credential=${key}/${scope}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
  return { method, url: query === "" ? path : `${path}?${query}`, headers: { ...headers, authorization } };
}

const CALLER = { name: "line", mayRead: expect.any(Function) };
const INVALID = {
  name: "InvalidSignatureException",
  message: expect.stringContaining("does not match the signature you provided"),
};
const UNKNOWN = {
  name: "UnrecognizedClientException",
  message: "The security token included in the request is invalid.",
};

describe("authentication", () => {
  it.each<[string, Request]>([
    ["a plain request", {}],
    ["a query", { query: "maxResults=3&nextToken=YSBi%2Bc%3D%3D" }],
    ["two values of one name", { query: "a=1&a=2" }],
    ["a name that is encoded", { path: "/2020-11-20/projects/p/modelpackagingjobs/a%2Fb%20%C3%A4" }],
    ["more headers, some with spaces", { headers: { "x-amz-user-agent": "a  b   c", accept: "*/*" } }],
    [
      "headers that clients seldom sign",
      { headers: { "user-agent": "x", connection: "keep-alive", "sec-fetch-site": "none" } },
    ],
    ["the body's hash in a header", { headers: { "x-amz-content-sha256": sha256("body") } }],
    ["a clock 5 minutes behind", { stamp: "20261123T185500Z" }],
    ["a clock 5 minutes ahead", { stamp: "20261123T190500Z" }],
    ["another Region", { scope: "20261123/us-east-1/lookoutvision/aws4_request" }],
  ])("accepts %s", async (_, given) => {
    expect(await authenticate(signed(given))).toEqual(CALLER);
  });

  it("accepts the same request again", async () => {
    const request = signed();

    expect([await authenticate(request), await authenticate(request)]).toEqual([CALLER, CALLER]);
  });

  it("accepts a temporary key with its token only", async () => {
    const withToken = (token: string | null, key = "ASIA") =>
      authenticate(signed({ key, ...(token !== null && { headers: { "x-amz-security-token": token } }) }));

    expect(await withToken("tok/en+")).toEqual({ ...CALLER, name: "temporary" });
    expect(await withToken("tok/en")).toEqual(UNKNOWN);
    expect(await withToken(null)).toEqual(UNKNOWN);
    expect(await withToken("tok/en+", "AKID")).toEqual(UNKNOWN);
  });

  it.each<[string, Request | ((request: ReturnType<typeof signed>) => object), object]>([
    ["another secret", { secret: "Secret" }, INVALID],
    ["an unknown key", { key: "AKIDX" }, UNKNOWN],
    ["another path", (request) => ({ ...request, url: `${PATH}2` }), INVALID],
    ["another query", (request) => ({ ...request, url: `${PATH}?a=1` }), INVALID],
    ["a query that is not UTF-8", (request) => ({ ...request, url: `${PATH}?a=%FF` }), INVALID],
    ["another method", (request) => ({ ...request, method: "POST" }), INVALID],
    ["another host", (request) => ({ ...request, headers: { ...request.headers, host: "other" } }), INVALID],
    [
      "a signed header that is not there",
      (request) => ({
        ...request,
        headers: { ...request.headers, authorization: request.headers.authorization.replace("host;", "host;x-none;") },
      }),
      INVALID,
    ],
    [
      "a signature that is cut short",
      (request) => ({
        ...request,
        headers: { ...request.headers, authorization: request.headers.authorization.slice(0, -1) },
      }),
      INVALID,
    ],
    [
      "a clock more than 5 minutes behind",
      { stamp: "20261123T185459Z" },
      {
        name: "RequestExpired",
        message: "Signature expired: 20261123T185459Z is now earlier than 20261123T185500Z (20261123T190000Z - 5 min.)",
      },
    ],
    [
      "a clock more than 5 minutes ahead",
      { stamp: "20261123T190501Z" },
      {
        name: "RequestExpired",
        message:
          "Signature not yet current: 20261123T190501Z is still later than 20261123T190500Z (20261123T190000Z + 5 min.)",
      },
    ],
    [
      "another service",
      { scope: "20261123/us-east-1/s3/aws4_request" },
      {
        name: "InvalidSignatureException",
        message: "Credential should be scoped to correct service: 'lookoutvision'.",
      },
    ],
    [
      "another end of the scope",
      { scope: "20261123/us-east-1/lookoutvision/aws5" },
      {
        name: "InvalidSignatureException",
        message: "Credential should be scoped with a valid terminator: 'aws4_request'.",
      },
    ],
    [
      "another day in the scope",
      { scope: "20261122/us-east-1/lookoutvision/aws4_request" },
      {
        name: "InvalidSignatureException",
        message: expect.stringContaining("Date in Credential scope does not match"),
      },
    ],
    [
      "a host that is not signed",
      (request) => ({
        ...request,
        headers: { ...request.headers, authorization: request.headers.authorization.replace("host;", "") },
      }),
      { name: "InvalidSignatureException", message: "'host' must be a 'SignedHeader' in the AWS Authorization." },
    ],
    [
      "a token that is not signed",
      (request) => ({ ...request, headers: { ...request.headers, "x-amz-security-token": "t" } }),
      {
        name: "InvalidSignatureException",
        message: "'x-amz-security-token' must be a 'SignedHeader' in the AWS Authorization.",
      },
    ],
  ])("refuses %s", async (_, given, fault) => {
    const request = typeof given === "function" ? { ...signed(), ...given(signed()) } : signed(given);

    expect(await authenticate(request)).toEqual(fault);
  });

  const SCOPE = "AKID/20261123/r/lookoutvision/aws4_request";
  it.each([
    [undefined, "MissingAuthenticationTokenException", "Missing Authentication Token"],
    ["", "MissingAuthenticationTokenException", "Missing Authentication Token"],
    ["Bearer abc", "IncompleteSignatureException", "Unsupported AWS 'algorithm': 'Bearer'."],
    ["AWS4-HMAC-SHA256", "IncompleteSignatureException", "requires 'Credential' parameter"],
    [`AWS4-HMAC-SHA256 Credential=${SCOPE}`, "IncompleteSignatureException", "requires 'Signature' parameter"],
    [
      `AWS4-HMAC-SHA256 Credential=${SCOPE}, Signature=x`,
      "IncompleteSignatureException",
      "requires 'SignedHeaders' parameter",
    ],
    [
      "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=x",
      "IncompleteSignatureException",
      "exactly 5 slash-delimited",
    ],
    [
      `AWS4-HMAC-SHA256 Credential=${SCOPE}, SignedHeaders=host, Signature=x`,
      "IncompleteSignatureException",
      "'X-Amz-Date' header",
    ],
  ])("refuses the Authorization %j", async (authorization, name, message) => {
    const headers = { host: "a", ...(authorization !== undefined && { authorization }) };

    expect(await authenticate({ method: "GET", url: PATH, headers })).toEqual({
      name,
      message: expect.stringContaining(message),
    });
  });

  it.each(["constructor", "__proto__", "hasownproperty"])(
    "refuses a signed header %j, which was not sent",
    async (name) => {
      const request = signed();
      const authorization = request.headers.authorization?.replace("host;", `host;${name};`) ?? "";

      expect(await authenticate({ ...request, headers: { ...request.headers, authorization } })).toEqual(INVALID);
    },
  );

  it("refuses a request with many query names before it signs any of them", async () => {
    const query = Array.from({ length: 2_500 }, (_, at) => `${at.toString(36)}=`).join("&");
    const before = process.cpuUsage();

    expect(await authenticate({ ...signed(), url: `${PATH}?${query}` })).toEqual({
      name: "IncompleteSignatureException",
      message: "Too many query parameters.",
    });
    expect(await authenticate({ ...signed(), url: `${PATH}?${"a&".repeat(5_500)}` })).toMatchObject({
      message: "Too many query parameters.",
    });
    expect(process.cpuUsage(before).user).toBeLessThan(50_000);
  });

  it("lets a key read only the projects of its profile", async () => {
    const narrow = authentication({
      credentials: async () =>
        parseCredentials("[line]\naws_access_key_id=AKID\naws_secret_access_key=secret\npackdrift_projects=a b", "c"),
      signer: signatureV4(),
      now: () => NOW,
    });

    const caller = await narrow(signed());

    expect("mayRead" in caller && ["a", "b", "c"].map((project) => caller.mayRead(project))).toEqual([
      true,
      true,
      false,
    ]);
  });
});
