import { spawn } from "node:child_process";
import { createHash, createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { SignatureV4 } from "@smithy/signature-v4";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { labJobs } from "../archive/serving.js";

const TOP = join(import.meta.dirname, "../..");
const event = (name: string) => JSON.parse(readFileSync(join(TOP, "test/archive/api/events", `${name}.json`), "utf8"));
const KEYS = "[line]\naws_access_key_id = AKIDLINE\naws_secret_access_key = s\n";

let s3: Server;
let objects: Map<string, string>;
let asked: string[];
let failing: boolean;
beforeEach(async () => {
  objects = new Map(labJobs().map((job) => [`jobs/${job.ProjectName}/${job.JobName}.json`, JSON.stringify(job)]));
  objects.set("credentials", KEYS);
  asked = [];
  failing = false;
  s3 = createServer((request, response) => {
    const url = new URL(request.url ?? "", "http://s3");
    asked.push(
      `${request.method} ${decodeURIComponent(url.pathname)}${url.searchParams.has("list-type") ? "?list" : ""}`,
    );
    const { status, body } = answerS3(url);
    response.writeHead(status, { "content-type": "application/xml" }).end(body);
  });
  await new Promise<void>((resolve) => void s3.listen(0, "127.0.0.1", resolve));
});
afterEach(() => {
  s3.closeAllConnections();
  s3.close();
});

/** Answers GetObject and ListObjectsV2 as S3 does, path style. */
function answerS3(url: URL): { status: number; body: string } {
  const error = (status: number, code: string) => ({
    status,
    body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>m</Message></Error>`,
  });
  if (failing) return error(403, "AccessDenied");
  const [, bucket, ...rest] = decodeURIComponent(url.pathname).split("/");
  if (bucket !== "fleet") return error(404, "NoSuchBucket");
  const query = url.searchParams;
  if (!query.has("list-type")) {
    const body = objects.get(rest.join("/"));
    return body === undefined ? error(404, "NoSuchKey") : { status: 200, body };
  }
  const most = Number(query.get("max-keys"));
  const keys = [...objects.keys()]
    .filter((key) => key.startsWith(query.get("prefix") ?? "") && key > (query.get("start-after") ?? ""))
    .sort();
  const contents = keys.slice(0, most).map((key) => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`);
  const truncated = keys.length > most;
  return {
    status: 200,
    body: `<?xml version="1.0"?><ListBucketResult><IsTruncated>${truncated}</IsTruncated>${contents.join("")}</ListBucketResult>`,
  };
}

interface Reply {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Runs the built function in a process of its own, one event after the other, as Lambda does. */
function invoke(
  events: readonly object[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ replies: Reply[]; logged: string }> {
  const { port } = s3.address() as AddressInfo;
  const script = `
    const { handler } = await import(${JSON.stringify(join(TOP, "dist/archive-lambda.mjs"))});
    const replies = [];
    for (const event of ${JSON.stringify(events)}) replies.push(await handler(event));
    process.stderr.write(JSON.stringify(replies));`;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      cwd: TOP,
      env: {
        PATH: process.env.PATH ?? "",
        AWS_REGION: "eu-central-1",
        AWS_ACCESS_KEY_ID: "ROLE",
        AWS_SECRET_ACCESS_KEY: "role",
        AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}`,
        PACKDRIFT_BUCKET: "fleet",
        PACKDRIFT_PREFIX: "jobs/",
        PACKDRIFT_CREDENTIALS_KEY: "credentials",
        PACKDRIFT_TOKEN_KEY: "0123456789abcdef",
        ...env,
      },
    });
    let logged = "";
    let told = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      logged += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      told += text;
    });
    child.once("close", (code) =>
      code === 0 ? resolve({ replies: JSON.parse(told), logged }) : reject(new Error(told)),
    );
  });
}

class Sha256 {
  private readonly hash;
  constructor(secret?: unknown) {
    this.hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret as string);
  }
  update(bytes: Uint8Array): void {
    this.hash.update(bytes);
  }
  async digest(): Promise<Uint8Array> {
    return this.hash.digest();
  }
  reset(): void {}
}

/** The event of a request that a client signed with the known key or another one. */
async function signed(
  recorded: { rawPath: string; rawQueryString: string; headers: Record<string, string> },
  query: Record<string, string> = {},
  secret = "s",
) {
  const signer = new SignatureV4({
    credentials: { accessKeyId: "AKIDLINE", secretAccessKey: secret },
    region: "eu-central-1",
    service: "lookoutvision",
    sha256: Sha256,
  });
  const { headers } = await signer.sign({
    method: "GET",
    protocol: "https:",
    hostname: recorded.headers.host ?? "",
    path: recorded.rawPath,
    query,
    headers: { host: recorded.headers.host ?? "" },
  });
  return {
    ...recorded,
    rawQueryString: new URLSearchParams(query).toString(),
    headers: { ...recorded.headers, ...headers },
  };
}

const HTTP_API = event("http-api");
const FUNCTION_URL = event("function-url");
const named = (reply: Reply | undefined) => [
  reply?.statusCode,
  reply?.headers["x-amzn-errortype"],
  JSON.parse(reply?.body ?? "{}").__type,
];

describe("the archive as a Lambda function", () => {
  it("describes a job to a signed request through an HTTP API", async () => {
    const { replies } = await invoke([await signed(HTTP_API)]);

    const job = labJobs().find(({ JobName }) => JobName === "weld-seams-xavier");
    expect(replies).toEqual([
      {
        statusCode: 200,
        headers: { "content-type": "application/json", "x-amzn-requestid": expect.stringMatching(/^[0-9a-f-]{36}$/) },
        body: JSON.stringify({ ModelPackagingDescription: job }),
        isBase64Encoded: false,
      },
    ]);
    expect(asked).toEqual(["GET /fleet/credentials", "GET /fleet/jobs/weld-seams/weld-seams-xavier.json"]);
  });

  it("pages through a list behind a function URL, from one instance to the next", async () => {
    objects.set("jobs/weld-seams/zz.txt", "no job");
    objects.set("jobs/weld-seams/damaged.json", "{");
    const first = await invoke([await signed(FUNCTION_URL, { maxResults: "1" })]);
    const page = JSON.parse(first.replies[0]?.body ?? "");
    const second = await invoke([await signed(FUNCTION_URL, { maxResults: "1", nextToken: page.NextToken })]);
    const last = JSON.parse(second.replies[0]?.body ?? "");

    expect([page.ModelPackagingJobs[0].JobName, last.ModelPackagingJobs[0].JobName, last.NextToken]).toEqual([
      "weld-seams-failed",
      "weld-seams-xavier",
      undefined,
    ]);
    expect(first.logged).toContain('"event":"archive.skipped","key":"jobs/weld-seams/damaged.json"');
  });

  it("answers with every fault", async () => {
    const other = (rawPath: string) => signed({ ...HTTP_API, rawPath });
    const { replies } = await invoke([
      HTTP_API,
      await signed(HTTP_API, {}, "wrong"),
      await other("/2020-11-20/projects/weld-seams/modelpackagingjobs/none"),
      await other("/2020-11-20/projects/nowhere/modelpackagingjobs/none"),
      await other("/2020-11-20/projects/weld-seams/modelpackagingjobs/a_b"),
      await other("/2020-11-20/models"),
    ]);

    expect(replies.map(named)).toEqual([
      [403, "MissingAuthenticationTokenException", "MissingAuthenticationTokenException"],
      [403, "InvalidSignatureException", "InvalidSignatureException"],
      [404, "ResourceNotFoundException", "ResourceNotFoundException"],
      [404, "ResourceNotFoundException", "ResourceNotFoundException"],
      [400, "ValidationException", "ValidationException"],
      [404, "UnknownOperationException", "UnknownOperationException"],
    ]);
    expect(JSON.parse(replies[3]?.body ?? "")).toMatchObject({ ResourceType: "PROJECT", ResourceId: "nowhere" });
  });

  it("answers InternalServerException when S3 refuses, and logs why", async () => {
    failing = true;
    const authorizer = { iam: { userArn: "arn:aws:iam::123456789012:user/line" } };
    const { replies, logged } = await invoke([
      { ...HTTP_API, requestContext: { ...HTTP_API.requestContext, authorizer } },
    ]);

    expect(replies.map(named)).toEqual([[500, "InternalServerException", "InternalServerException"]]);
    expect(logged).toContain("AccessDenied");
  });

  it("without credentials refuses everybody except callers that AWS has authenticated", async () => {
    const authorizer = { iam: { userArn: "arn:aws:iam::123456789012:user/line" } };
    const checked = { ...HTTP_API, requestContext: { ...HTTP_API.requestContext, authorizer } };
    const { replies } = await invoke([await signed(HTTP_API), checked], { PACKDRIFT_CREDENTIALS_KEY: "" });

    expect(replies.map(({ statusCode }) => statusCode)).toEqual([403, 200]);
  });

  it.each([
    [{ PACKDRIFT_BUCKET: "" }, "PACKDRIFT_BUCKET is not set"],
    [{ PACKDRIFT_TOKEN_KEY: "short" }, "PACKDRIFT_TOKEN_KEY must have 16 characters or more"],
    [{ PACKDRIFT_PREFIX: "jobs" }, "PACKDRIFT_PREFIX must end with /"],
  ])("does not start with %j", async (env, why) => {
    await expect(invoke([HTTP_API], env)).rejects.toThrow(why);
  });
});
