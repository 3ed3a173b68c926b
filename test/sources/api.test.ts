import dns from "node:dns";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { InvalidInputError, JobUnavailableError } from "../../src/base/errors.js";
import { lookoutVisionJobs } from "../../src/sources/api.js";
import { LOOKOUT_VISION } from "../../src/sources/api-failure.js";
import { NoCredentialsError } from "../../src/sources/exchanged-credentials.js";
import type { ApiSettings, JobAnswer } from "../../src/sources/source.js";

const REF = { project: "weld-seams", job: "xavier" };
const ANSWER = { ModelPackagingDescription: { JobName: "xavier", CreationTimestamp: 1671439322.915, New: { a: 1 } } };
const now = (): number => Date.parse("2026-01-02T03:04:05Z");
const ENV = [
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
  "AWS_CONTAINER_AUTHORIZATION_TOKEN",
  "AWS_EC2_METADATA_DISABLED",
  "AWS_CONFIG_FILE",
  "AWS_SHARED_CREDENTIALS_FILE",
];

const servers: Server[] = [];
const kept = new Map<string, string | undefined>();

beforeEach(() => {
  for (const name of ENV) {
    kept.set(name, process.env[name]);
    delete process.env[name];
  }
  process.env.AWS_ACCESS_KEY_ID = "AKIAEXAMPLE";
  process.env.AWS_SECRET_ACCESS_KEY = "very-secret";
  process.env.AWS_SESSION_TOKEN = "session-token-secret";
  process.env.AWS_CONFIG_FILE = "/nonexistent/config";
  process.env.AWS_SHARED_CREDENTIALS_FILE = "/nonexistent/credentials";
});

afterEach(async () => {
  for (const [name, value] of kept) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  await Promise.all(servers.splice(0).map((server) => new Promise((closed) => server.close(closed))));
});

/** Listens on a free port of the loopback address; closes with the test, connections included. */
async function listen(server: Server): Promise<string> {
  server.on("connection", (socket) => {
    socket.on("error", () => {});
    server.once("close", () => socket.destroy());
    const close = server.close.bind(server);
    server.close = (done) => {
      socket.destroy();
      return close(done);
    };
  });
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server that answers so, and the requests that it had. */
async function api(answer: (response: ServerResponse, attempt: number) => void) {
  const requests: IncomingMessage[] = [];
  const endpoint = await listen(
    createServer((request, response) => {
      requests.push(request);
      answer(response, requests.length);
    }),
  );
  return { endpoint, requests };
}

function json(status: number, body: unknown, headers: Record<string, string> = {}) {
  return (response: ServerResponse): void => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };
}

let signing: ApiSettings["signing"] = "always";

function ask(endpoint: string | null, settings: Partial<ApiSettings> = {}, signal?: AbortSignal): Promise<JobAnswer> {
  const all: ApiSettings = { region: "eu-central-1", endpoint, timeoutMs: 10_000, signing, ...settings };
  return lookoutVisionJobs(all, now).describe(REF, signal);
}

/** Reason, words after "from …: " and seconds to wait of the failure; fails the test when a secret is told. */
async function failureOf(asked: Promise<unknown>): Promise<readonly [string, string, number | null]> {
  const error: unknown = await asked.then(
    () => null,
    (thrown) => thrown,
  );
  if (!(error instanceof JobUnavailableError)) throw error ?? new Error("did not fail");
  expect(error.message).toMatch(
    /^Cannot get job "xavier" of project "weld-seams" from (api|archive) https?:\/\/[^ ]+: /,
  );
  expect(error.message).not.toMatch(/secret|AKIA/);
  return [
    error.reason,
    error.message.replace(/^.*? from (?:api|archive) https?:\/\/\S+: /, ""),
    error.retryAfterSeconds,
  ];
}

const fault = (type: string, more: object = {}) =>
  [{ Message: "No way", ...more }, { "x-amzn-errortype": type }] as const;
const NEEDS = 'the role needs "lookoutvision:DescribeModelPackagingJob" on Resource "*"';

describe("lookoutVisionJobs, signing", () => {
  beforeEach(() => {
    signing = "always";
  });

  it("signs requests to the API with AWS's own client", async () => {
    const { endpoint, requests } = await api(json(200, ANSWER));

    await ask(endpoint);

    expect(requests[0]?.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE\/\d{8}\/eu-central-1\/lookoutvision\/aws4_request, /,
    );
  });

  it("asks without a signature and without credentials when no signature is wanted", async () => {
    delete process.env.AWS_ACCESS_KEY_ID;
    const { endpoint, requests } = await api(json(200, ANSWER));

    expect((await ask(endpoint, { signing: "never" })).answer).toEqual(ANSWER);
    expect(requests[0]?.headers.authorization).toBeUndefined();
  });

  it("reports where it looked for credentials when there are none", async () => {
    delete process.env.AWS_ACCESS_KEY_ID;
    process.env.AWS_EC2_METADATA_DISABLED = "true";
    const { endpoint, requests } = await api(json(200, ANSWER));

    const [reason, words] = await failureOf(ask(endpoint));
    expect(reason).toBe("DENIED");
    expect(words).toMatch(
      /^no AWS credentials found; looked for them in the environment .+token exchange service.+metadata$/,
    );
    expect(requests).toHaveLength(0);
  });

  it("uses credentials from a core device's token exchange service", async () => {
    delete process.env.AWS_ACCESS_KEY_ID;
    const credentials = await api(
      json(200, { AccessKeyId: "ASIAEXCHANGED", SecretAccessKey: "s", Token: "t", Expiration: "2099-01-01T00:00:00Z" }),
    );
    process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI = `${credentials.endpoint}/2016-11-01/credentialprovider/`;
    process.env.AWS_CONTAINER_AUTHORIZATION_TOKEN = "tes-token";
    const { endpoint, requests } = await api(json(200, ANSWER));

    await ask(endpoint);

    expect(credentials.requests.map(({ headers }) => headers.authorization)).toEqual(["tes-token"]);
    expect(requests[0]?.headers.authorization).toMatch(/Credential=ASIAEXCHANGED\//);
  });

  it("asks an archive that needs no signature without looking for credentials", async () => {
    const credentials = vi.fn();
    const { endpoint, requests } = await api(json(200, ANSWER));

    expect((await ask(endpoint, { signing: "if-possible", credentials })).answer).toEqual(ANSWER);
    expect(requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    expect(credentials).not.toHaveBeenCalled();
  });

  it("signs all requests after one without a signature was refused", async () => {
    const { endpoint, requests } = await api((response, attempt) =>
      attempt === 1
        ? json(403, ...fault("MissingAuthenticationTokenException"))(response)
        : json(200, ANSWER)(response),
    );
    const settings = { region: "eu-central-1", endpoint, timeoutMs: 10_000, signing: "if-possible" } as const;
    const jobs = lookoutVisionJobs(settings, now);

    expect((await jobs.describe(REF)).answer).toEqual(ANSWER);
    expect((await jobs.describe(REF)).answer).toEqual(ANSWER);

    const signer = (request: IncomingMessage) => /Credential=(\w+)/.exec(request.headers.authorization ?? "")?.[1];
    expect(requests.map(signer)).toEqual([undefined, "AKIAEXAMPLE", "AKIAEXAMPLE"]);
  });

  it("looks for credentials once when there are none, and says why a request without a signature was refused", async () => {
    const credentials = vi.fn().mockRejectedValue(new NoCredentialsError("nobody has any"));
    const { endpoint, requests } = await api(json(403, ...fault("MissingAuthenticationTokenException")));
    const settings = {
      region: "eu-central-1",
      endpoint,
      timeoutMs: 10_000,
      signing: "if-possible",
      credentials,
    } as const;
    const jobs = lookoutVisionJobs(settings, now);

    const failures = [await failureOf(jobs.describe(REF)), await failureOf(jobs.describe(REF))];

    expect(new Set(failures.map((failure) => JSON.stringify(failure))).size).toBe(1);
    expect(failures[0]?.slice(0, 2)).toEqual([
      "DENIED",
      expect.stringMatching(
        /^a request without a signature was refused \(HTTP 403 MissingAuthenticationTokenException\), and there are no AWS credentials to sign one: nobody has any; looked for them in /,
      ),
    ]);
    expect(credentials).toHaveBeenCalledTimes(1);
    expect(requests).toHaveLength(2);
  });

  it("reports a refusal of a signed request as for any", async () => {
    const { endpoint, requests } = await api(json(403, ...fault("AccessDeniedException")));

    const [reason, words] = await failureOf(ask(endpoint, { signing: "if-possible" }));

    expect([reason, words]).toEqual(["DENIED", `access denied (HTTP 403 AccessDeniedException), ${NEEDS}: "No way"`]);
    expect(requests).toHaveLength(2);
  });

  it("reports where credentials were missing for a signed request", async () => {
    const credentials = () => Promise.reject(new NoCredentialsError("nobody has any"));
    const { endpoint, requests } = await api(json(200, ANSWER));

    expect(await failureOf(ask(endpoint, { credentials }))).toEqual([
      "DENIED",
      "no AWS credentials: nobody has any",
      null,
    ]);
    expect(requests).toHaveLength(0);
  });

  it("holds its limit over the search for credentials too", async () => {
    delete process.env.AWS_ACCESS_KEY_ID;
    const credentials = await api(() => {});
    process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI = credentials.endpoint;
    const { endpoint } = await api(json(200, ANSWER));

    expect(await failureOf(ask(endpoint, { timeoutMs: 300 }))).toEqual(["TIMEOUT", "no answer within 300 ms", null]);
  });
});

describe.each([
  ["signed requests", "always"],
  ["requests without a signature", "never"],
] as const)("lookoutVisionJobs, with %s", (_, chosen) => {
  beforeEach(() => {
    signing = chosen;
  });

  it("returns what the API sends, times and unknown members included", async () => {
    const { endpoint, requests } = await api(json(200, ANSWER));

    expect(await ask(endpoint)).toEqual({ answer: ANSWER, fetchedAt: "2026-01-02T03:04:05.000Z" });
    expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      "GET /2020-11-20/projects/weld-seams/modelpackagingjobs/xavier",
    ]);
    expect(requests[0]?.headers.authorization === undefined).toBe(chosen === "never");
  });

  it("keeps a time that the client itself would turn into 1970", async () => {
    const answer = { ModelPackagingDescription: { CreationTimestamp: "2022-12-19T08:42:02Z" } };
    const { endpoint } = await api(json(200, answer));

    expect((await ask(endpoint)).answer).toEqual(answer);
  });

  it("appends its path to an endpoint's path", async () => {
    const { endpoint, requests } = await api(json(200, ANSWER));

    await ask(`${endpoint}/archive/`);

    expect(requests[0]?.url).toBe("/archive/2020-11-20/projects/weld-seams/modelpackagingjobs/xavier");
  });

  it("asks again after a temporary failure", async () => {
    const { endpoint, requests } = await api((response, attempt) =>
      attempt === 1
        ? json(500, { Message: "x" }, { "x-amzn-errortype": "InternalServerException" })(response)
        : json(200, ANSWER)(response),
    );

    expect((await ask(endpoint)).answer).toEqual(ANSWER);
    expect(requests).toHaveLength(2);
  });

  it("waits as long as Retry-After says, and asks again", async () => {
    const at: number[] = [];
    const { endpoint } = await api((response, attempt) => {
      at.push(performance.now());
      if (attempt > 1) json(200, ANSWER)(response);
      else json(429, { Message: "slow" }, { "x-amzn-errortype": "ThrottlingException", "retry-after": "1" })(response);
    });

    expect((await ask(endpoint)).answer).toEqual(ANSWER);
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThan(950);
  });

  const PORTAL = "found an HTML page: a captive portal or a proxy may have answered";
  const HTML = "<html><body>Please log in, secret</body></html>";
  const NEEDS_JSON = "needs a JSON object with ModelPackagingDescription";
  const SIGNATURE = "The request signature... X-Amz-Security-Token: session-token-secret";

  it.each<[string, string, string, number, unknown, Record<string, string>, number]>([
    [
      "400",
      "INVALID",
      'the request was refused (HTTP 400 ValidationException): "No way"',
      400,
      ...fault("ValidationException"),
      1,
    ],
    ["400 without a name", "INVALID", "the request was refused (HTTP 400)", 400, {}, {}, 1],
    [
      "403",
      "DENIED",
      `access denied (HTTP 403 AccessDeniedException), ${NEEDS}: "No way"`,
      403,
      ...fault("AccessDeniedException"),
      1,
    ],
    [
      "403 of a gateway",
      "DENIED",
      `access denied (HTTP 403), ${NEEDS}: "Forbidden"`,
      403,
      { message: "Forbidden" },
      {},
      1,
    ],
    [
      "403 with an unknown client",
      "DENIED",
      "the credentials were not accepted (HTTP 403 UnrecognizedClientException)",
      403,
      ...fault("UnrecognizedClientException"),
      1,
    ],
    [
      "400 with an expired token",
      "DENIED",
      "the credentials were not accepted (HTTP 400 ExpiredTokenException)",
      400,
      ...fault("ExpiredTokenException"),
      1,
    ],
    [
      "403 with an expired token",
      "DENIED",
      "the credentials were not accepted (HTTP 403 ExpiredToken)",
      403,
      ...fault("ExpiredToken"),
      1,
    ],
    [
      "403 that repeats what was signed",
      "DENIED",
      `access denied (HTTP 403 AccessDeniedException), ${NEEDS}`,
      403,
      { Message: SIGNATURE },
      { "x-amzn-errortype": "AccessDeniedException" },
      1,
    ],
    [
      "403 with a wrong signature",
      "DENIED",
      "the credentials were not accepted (HTTP 403 InvalidSignatureException)",
      403,
      { Message: SIGNATURE },
      { "x-amzn-errortype": "InvalidSignatureException" },
      1,
    ],
    [
      "404 of a job",
      "NOT_FOUND",
      "no such job there (HTTP 404 ResourceNotFoundException)",
      404,
      ...fault("ResourceNotFoundException", { ResourceType: "MODEL_PACKAGE_JOB", ResourceId: "xavier" }),
      1,
    ],
    [
      "404 of a project",
      "NOT_FOUND",
      "no such project there (HTTP 404 ResourceNotFoundException)",
      404,
      ...fault("ResourceNotFoundException", { ResourceType: "PROJECT", ResourceId: "p" }),
      1,
    ],
    [
      "404 without ResourceType",
      "GONE",
      `the API is not served there (HTTP 404 UnknownOperationException)`,
      404,
      ...fault("UnknownOperationException"),
      1,
    ],
    ["404 without a body", "GONE", `the API is not served there (HTTP 404)`, 404, "", {}, 1],
    ["410", "GONE", `the API is not served there (HTTP 410)`, 410, {}, {}, 1],
    [
      "410 with a name",
      "GONE",
      `the API is not served there (HTTP 410 GoneException)`,
      410,
      ...fault("GoneException"),
      1,
    ],
    [
      "an unknown error name",
      "GONE",
      `answered with an error that is not one of the service's (HTTP 400 EndOfLifeException)`,
      400,
      { __type: "com.amazonaws#EndOfLifeException" },
      {},
      1,
    ],
    [
      "500",
      "FAILED",
      "the service failed (HTTP 500 InternalServerException)",
      500,
      ...fault("InternalServerException"),
      3,
    ],
    [
      "503 with a page",
      "FAILED",
      `the service failed (HTTP 503), ${PORTAL}`,
      503,
      HTML,
      { "content-type": "text/html" },
      3,
    ],
    [
      "200 with a page",
      "NOT_A_JOB",
      `${NEEDS_JSON} (HTTP 200), ${PORTAL}`,
      200,
      HTML,
      { "content-type": "text/html" },
      1,
    ],
    [
      "403 with a page",
      "NOT_A_JOB",
      `${NEEDS_JSON} (HTTP 403), ${PORTAL}`,
      403,
      HTML,
      { "content-type": "text/html" },
      1,
    ],
    [
      "404 with a page",
      "NOT_A_JOB",
      `${NEEDS_JSON} (HTTP 404), ${PORTAL}`,
      404,
      HTML,
      { "content-type": "text/html" },
      1,
    ],
    ["200 with an empty body", "NOT_A_JOB", `${NEEDS_JSON} (HTTP 200), the body is empty`, 200, "", {}, 1],
    ["200 with {}", "NOT_A_JOB", `${NEEDS_JSON} (HTTP 200)`, 200, {}, {}, 1],
    ["200 with a list", "NOT_A_JOB", `${NEEDS_JSON} (HTTP 200), found no JSON`, 200, "[]", {}, 1],
    ["200 with half of a JSON", "NOT_A_JOB", `${NEEDS_JSON} (HTTP 200), found no JSON`, 200, '{"ModelPack', {}, 1],
    ["204", "NOT_A_JOB", `${NEEDS_JSON} (HTTP 204), the body is empty`, 204, "", {}, 1],
    [
      "a redirect",
      "NOT_A_JOB",
      'answered with a redirect (HTTP 302) to "https://portal.example": a captive portal or a proxy may have answered',
      302,
      "",
      { location: "https://portal.example/login?token=secret" },
      1,
    ],
    ["a redirect to nowhere", "NOT_A_JOB", "answered with a redirect (HTTP 301)", 301, "", {}, 1],
  ])("reports %s as %s", async (_, reason, words, status, body, headers, attempts) => {
    const { endpoint, requests } = await api(json(status, body, headers));

    expect(await failureOf(ask(endpoint))).toEqual([reason, words, null]);
    expect(requests).toHaveLength(attempts);
  });

  it.each(["RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"])(
    "tells %s as a clock that is wrong",
    async (type) => {
      const { endpoint } = await api(json(403, ...fault(type)));

      const words = `the device's clock is wrong, or the request arrived too late (HTTP 403 ${type})`;
      expect(await failureOf(ask(endpoint))).toEqual(["DENIED", words, null]);
    },
  );

  const TOO_MANY = "too many requests (HTTP 429 ThrottlingException)";

  it.each([
    ["0.5", null],
    ["Wed, 21 Oct 2026 07:28:00 GMT", null],
    ["-1", null],
    ["soon", null],
    ["", null],
    ["0", 0],
  ])("reports 429 with Retry-After %j after three attempts", async (retryAfter, wait) => {
    const { endpoint, requests } = await api(
      json(429, fault("")[0], { "x-amzn-errortype": "ThrottlingException", "retry-after": retryAfter }),
    );

    expect(await failureOf(ask(endpoint))).toEqual(["THROTTLED", TOO_MANY, wait]);
    expect(requests).toHaveLength(3);
  });

  it("does not sleep through a Retry-After that is longer than its limit", async () => {
    const { endpoint, requests } = await api(
      json(429, fault("")[0], { "x-amzn-errortype": "ThrottlingException", "retry-after": "3600" }),
    );

    expect(await failureOf(ask(endpoint))).toEqual(["THROTTLED", TOO_MANY, 3600]);
    expect(requests).toHaveLength(1);
  });

  it("reports what it was answered last when its limit leaves no time to wait again", async () => {
    const { endpoint } = await api(
      json(429, fault("")[0], { "x-amzn-errortype": "ThrottlingException", "retry-after": "1" }),
    );

    expect(await failureOf(ask(endpoint, { timeoutMs: 1_500 }))).toEqual(["THROTTLED", TOO_MANY, 1]);
  });

  it("gives up on a server that never answers", async () => {
    const { endpoint } = await api(() => {});

    expect(await failureOf(ask(endpoint, { timeoutMs: 300 }))).toEqual(["TIMEOUT", "no answer within 300 ms", null]);
  });

  it("gives up on an answer that never ends", async () => {
    const { endpoint } = await api((response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.write('{"ModelPackagingDescription": {');
    });

    const words = "an answer (HTTP 200) that does not end within 300 ms";
    expect(await failureOf(ask(endpoint, { timeoutMs: 300 }))).toEqual(["TIMEOUT", words, null]);
  });

  it("stops reading an answer that is too large", async () => {
    let ended = (): void => {};
    const cut = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const { endpoint, requests } = await api((response) => {
      response.on("close", ended);
      const more = (): void => {
        while (response.write("x".repeat(65_536)));
        response.once("drain", more);
      };
      more();
    });

    expect(await failureOf(ask(endpoint))).toEqual(["FAILED", "the answer (HTTP 200) broke off: RangeError", null]);
    await cut;
    expect(requests).toHaveLength(1);
  });

  it("reports an answer that breaks off", async () => {
    const { endpoint } = await api((response) => {
      response.writeHead(200, { "content-length": "1000" });
      response.write("{", () => response.destroy());
    });

    expect(await failureOf(ask(endpoint))).toEqual([
      "FAILED",
      "the answer (HTTP 200) broke off: Error ECONNRESET",
      null,
    ]);
  });

  it("reports a refused connection", async () => {
    const { endpoint } = await api(() => {});
    await new Promise((closed) => servers.pop()?.close(closed));

    expect(await failureOf(ask(endpoint))).toEqual(["UNREACHABLE", "the connection failed (ECONNREFUSED)", null]);
  });

  it("reports a connection that is reset", async () => {
    const endpoint = await listen(createTcpServer((socket) => socket.once("data", () => socket.resetAndDestroy())));

    expect(await failureOf(ask(endpoint))).toEqual(["UNREACHABLE", "the connection failed (ECONNRESET)", null]);
  });

  it.each([
    ["ENOTFOUND", "https://archive.example", "its host name does not exist (ENOTFOUND)", 1],
    ["EAI_AGAIN", "https://archive.example", "its host name cannot be resolved now (EAI_AGAIN)", 3],
    ["ENOTFOUND", null, `its host name does not exist (ENOTFOUND); ${LOOKOUT_VISION.ended}`, 1],
  ])("reports a look-up that ends with %s for endpoint %s", async (code, endpoint, words, lookups) => {
    const lookup = vi.spyOn(dns, "lookup").mockImplementation(((...args: unknown[]) => {
      const done = args.at(-1) as (error: Error) => void;
      process.nextTick(done, Object.assign(new Error(`getaddrinfo ${code}`), { code }));
    }) as never);

    const failure = await failureOf(ask(endpoint));
    const calls = lookup.mock.calls.length;
    lookup.mockRestore();

    expect(failure).toEqual(["UNREACHABLE", words, null]);
    expect(calls).toBe(lookups);
  });

  it("reports a failure of TLS", async () => {
    const { endpoint } = await api(() => {});

    expect(await failureOf(ask(endpoint.replace("http:", "https:")))).toEqual([
      "UNREACHABLE",
      expect.stringMatching(/^no trusted TLS connection \((EPROTO|ERR_SSL_\w+)\)$/),
      null,
    ]);
  });

  it("reports an answer that is not HTTP", async () => {
    const endpoint = await listen(createTcpServer((socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n")));

    expect(await failureOf(ask(endpoint))).toEqual([
      "NOT_A_JOB",
      expect.stringMatching(/^the server there does not speak HTTP \(HPE_\w+\)$/),
      null,
    ]);
  });

  it("ends with the caller's reason when it is aborted", async () => {
    const controller = new AbortController();
    const { endpoint } = await api(() => controller.abort(new Error("stop")));

    await expect(ask(endpoint, {}, controller.signal)).rejects.toThrow("stop");
    await expect(ask(endpoint, {}, controller.signal)).rejects.toThrow("stop");
  });

  it("asks for no name that no job can have", async () => {
    const { endpoint, requests } = await api(json(200, ANSWER));
    const jobs = lookoutVisionJobs({ region: "eu-central-1", endpoint, timeoutMs: 1_000, signing: "never" }, now);

    await expect(jobs.describe({ project: "p", job: "a/b" })).rejects.toThrow(
      new InvalidInputError('Cannot use job name "a/b": must match [a-zA-Z0-9-]+'),
    );
    expect(requests).toHaveLength(0);
  });

  it("names the service's own endpoint by default", () => {
    const settings = { region: "eu-central-1", endpoint: null, timeoutMs: 1, signing: "always" as const };

    expect(lookoutVisionJobs(settings, now).name).toBe("api https://lookoutvision.eu-central-1.amazonaws.com");
  });

  it.each([
    ["eu central", null, 'Cannot use region "eu central": must match [a-z0-9-]+'],
    ["eu-central-1", "archive", 'Cannot use endpoint "archive": must be https://HOST[:PORT][/PATH]'],
    ["eu-central-1", "ftp://archive", 'Cannot use endpoint "ftp://archive": must be https://HOST[:PORT][/PATH]'],
    ["eu-central-1", "https://a/?token=secret", 'Cannot use endpoint "https://a/": must be https://HOST[:PORT][/PATH]'],
    ["eu-central-1", "https://me:secret@a", 'Cannot use endpoint of "a": must not contain a user name or password'],
    ["eu-central-1", "https://a b", 'Cannot use endpoint "https://a b": "a b" is not a host name'],
  ])("refuses region %j with endpoint %j", (region, endpoint, message) => {
    expect(() => lookoutVisionJobs({ region, endpoint, timeoutMs: 1, signing: "always" }, now)).toThrow(
      new InvalidInputError(message),
    );
  });
});
