import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { describeApart, runDescribeTask, type TaskProgram } from "../../src/adapters/describe-apart.js";
import { InvalidInputError, JobUnavailableError } from "../../src/errors.js";
import type { ApiSettings, JobSource } from "../../src/job/source.js";

const REF = { project: "weld-seams", job: "xavier" };
const ANSWER = { ModelPackagingDescription: { JobName: "xavier", CreationTimestamp: 1671439322.915 } };
const ENV = { ...process.env, AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "very-secret" };

let folder: string;
let bundle: TaskProgram;
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "packdrift-"));
  const outfile = join(folder, "entry.mjs");
  await build({
    entryPoints: [new URL("./fixtures/describe-entry.ts", import.meta.url).pathname],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node16",
    mainFields: ["module", "main"],
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    logLevel: "error",
  });
  bundle = { command: process.execPath, args: [outfile], env: ENV };
});

afterAll(() => rm(folder, { recursive: true }));
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** An API that answers with this status and body, or not at all. */
async function api(answer: { readonly status: number; readonly body: unknown } | null) {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    if (answer === null) return;
    response.writeHead(answer.status, { "content-type": "application/json" });
    response.end(JSON.stringify(answer.body));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  closers.push(() => {
    server.closeAllConnections();
    return new Promise((closed) => server.close(closed));
  });
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, server };
}

const settingsFor = (endpoint: string, timeoutMs = 10_000): ApiSettings => ({
  region: "eu-central-1",
  endpoint,
  timeoutMs,
  unsigned: false,
});

/** A program of its own in place of the bundle. */
const script = (code: string): TaskProgram => ({ command: process.execPath, args: ["-e", code], env: process.env });

async function failureOf(asked: Promise<unknown>): Promise<JobUnavailableError> {
  const error: unknown = await asked.then(
    () => null,
    (thrown) => thrown,
  );
  if (!(error instanceof JobUnavailableError)) throw error ?? new Error("did not fail");
  return error;
}

describe("describeApart", () => {
  it("gives the API's answer through a process of its own", async () => {
    const { endpoint, requests } = await api({ status: 200, body: ANSWER });

    const answer = await describeApart(settingsFor(endpoint), bundle).describe(REF);

    expect(answer).toEqual({ answer: ANSWER, fetchedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) });
    expect(requests[0]?.headers.authorization).toMatch(/Credential=AKIAEXAMPLE\//);
  });

  it("gives the API's failure with reason and words", async () => {
    const body = {
      Message: "x",
      ResourceType: "PROJECT",
      ResourceId: "weld-seams",
      __type: "ResourceNotFoundException",
    };
    const { endpoint } = await api({ status: 404, body });

    const failure = await failureOf(describeApart(settingsFor(endpoint), bundle).describe(REF));

    expect([failure.reason, failure.message, failure.retryAfterSeconds]).toEqual([
      "NOT_FOUND",
      `Cannot get job "xavier" of project "weld-seams" from api ${endpoint}: no such project there (HTTP 404 ResourceNotFoundException)`,
      null,
    ]);
  });

  it("holds the limit for an API that never answers", async () => {
    const { endpoint } = await api(null);

    const failure = await failureOf(describeApart(settingsFor(endpoint, 300), bundle).describe(REF));

    expect([failure.reason, failure.message]).toEqual([
      "TIMEOUT",
      `Cannot get job "xavier" of project "weld-seams" from api ${endpoint}: no answer within 300 ms`,
    ]);
  });

  const FROM = 'Cannot get job "xavier" of project "weld-seams" from api http://127.0.0.1:1: ';
  const settings = settingsFor("http://127.0.0.1:1");

  it.each([
    [
      "dies",
      script("process.kill(process.pid, 'SIGKILL')"),
      "the asking process gave no answer and ended with SIGKILL",
    ],
    ["says nothing", script(""), "the asking process gave no answer and ended with exit code 0"],
    ["fails", script("process.exit(7)"), "the asking process gave no answer and ended with exit code 7"],
    ["babbles", script("console.log('hello')"), "the asking process gave no answer and ended with exit code 0"],
    [
      "answers something else",
      script("console.log('{\"message\":1}')"),
      "the asking process gave no answer and ended with exit code 0",
    ],
    [
      "floods",
      script("const f = () => process.stdout.write('x'.repeat(1e6), f); f()"),
      "the asking process wrote more than 4194304 bytes",
    ],
    ["is not there", { command: "/nonexistent/node", args: [], env: {} }, "the asking process did not start (ENOENT)"],
  ])("tells a process that %s", async (_, program, words) => {
    const failure = await failureOf(describeApart(settings, program).describe(REF));

    expect([failure.reason, failure.message]).toEqual(["FAILED", FROM + words]);
  });

  it("kills a process that hangs", async () => {
    const program = { ...script("setInterval(() => {}, 1000)"), graceMs: 100 };

    const failure = await failureOf(describeApart({ ...settings, timeoutMs: 200 }, program).describe(REF));

    expect([failure.reason, failure.message]).toEqual(["TIMEOUT", `${FROM}no answer within 200 ms`]);
  });

  it("kills the process when it is aborted", async () => {
    const controller = new AbortController();
    const { endpoint, server } = await api(null);
    const gone = new Promise((closed) => server.once("connection", (socket) => socket.once("close", closed)));
    server.once("request", () => controller.abort(new Error("stop")));

    await expect(describeApart(settingsFor(endpoint), bundle).describe(REF, controller.signal)).rejects.toThrow("stop");
    await gone;
  });

  it("keeps the nucleus' token from the process", async () => {
    const file = join(folder, "env.json");
    const program = script(`require("fs").writeFileSync(${JSON.stringify(file)}, JSON.stringify(process.env))`);

    await failureOf(describeApart(settings, { ...program, env: { ...ENV, SVCUID: "token" } }).describe(REF));

    const env = JSON.parse(await readFile(file, "utf8"));
    expect([env.SVCUID, env.AWS_ACCESS_KEY_ID]).toEqual([undefined, "AKIAEXAMPLE"]);
  });

  it("starts no process for a name that no job can have", async () => {
    await expect(describeApart(settings, script("")).describe({ project: "p", job: "a/b" })).rejects.toThrow(
      new InvalidInputError('Cannot use job name "a/b": must match [a-zA-Z0-9-]+'),
    );
  });
});

describe("runDescribeTask", () => {
  const source = (describe: JobSource["describe"]) => () => ({ name: "x", describe });
  const request = JSON.stringify({ settings: settingsFor("http://127.0.0.1:1"), ref: REF });

  async function replyTo(input: string, sourceOf: (settings: ApiSettings) => JobSource): Promise<unknown> {
    const output = new PassThrough();
    await runDescribeTask(Readable.from([Buffer.from(input)]), output, sourceOf);
    return JSON.parse(String(output.read()));
  }

  it("writes the answer of the source", async () => {
    const answer = { answer: ANSWER, fetchedAt: "2026-01-02T03:04:05.000Z" };

    expect(
      await replyTo(
        request,
        source(async (ref) => ({ ...answer, answer: ref })),
      ),
    ).toEqual({ ...answer, answer: REF });
  });

  it("writes why there is no answer", async () => {
    const failing = source(async () => {
      throw new JobUnavailableError("slow down", "THROTTLED", 9);
    });

    expect(await replyTo(request, failing)).toEqual({
      message: "slow down",
      reason: "THROTTLED",
      retryAfterSeconds: 9,
    });
  });

  it.each(["", "hello", "[]", "{}", '{"settings":{"region":1},"ref":{}}', "x".repeat(100_000)])(
    "refuses a request like %.20s",
    async (input) => {
      expect(
        await replyTo(
          input,
          source(async () => Promise.reject(new Error("asked"))),
        ),
      ).toEqual({
        message: "Cannot describe a job: standard input needs one JSON object with settings and ref",
        reason: null,
        retryAfterSeconds: null,
      });
    },
  );
});
