import { afterEach, describe, expect, it } from "vitest";
import { InvalidInputError } from "../../src/base/errors.js";
import { NEO_PROJECT } from "../../src/job/job-names.js";
import { type SampleReply, type SampleSageMaker, startSampleSageMaker } from "../../src/lab/sample-sagemaker.js";
import { NoCredentialsError } from "../../src/sources/exchanged-credentials.js";
import { type SageMakerSettings, sageMakerJobs } from "../../src/sources/sagemaker.js";

const KEY = { accessKeyId: "ASIALAB1", secretAccessKey: "very-secret", sessionToken: "session-token" };
const KEYS = { ASIALAB1: { secret: "very-secret", token: "session-token" } };
const REF = { project: NEO_PROJECT, job: "nano-1" };
const COMPILED = {
  CompilationJobName: "nano-1",
  CompilationJobArn: "arn:aws:sagemaker:eu-west-1:123456789012:compilation-job/nano-1",
  CompilationJobStatus: "COMPLETED",
  CreationTime: 1740823200.5,
  LastModifiedTime: 1740823800.25,
  FailureReason: "",
  ModelArtifacts: { S3ModelArtifacts: "s3://models/compiled/nano.tar.gz" },
  ModelDigests: { ArtifactDigest: `sha256:${"ab".repeat(32)}` },
  OutputConfig: { S3OutputLocation: "s3://models/compiled/", TargetDevice: "jetson_nano" },
};
const NOW = Date.parse("2026-01-02T03:04:05Z");
const now = (): number => NOW;

const servers: SampleSageMaker[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

async function serve(fault: SampleSageMaker["fault"] = null, serverNow = now): Promise<SampleSageMaker> {
  const server = await startSampleSageMaker({ jobs: [COMPILED], keys: KEYS, now: serverNow });
  server.fault = fault;
  servers.push(server);
  return server;
}

function sourceAt(endpoint: string | null, settings: Partial<SageMakerSettings> = {}) {
  return sageMakerJobs(
    { region: "eu-west-1", endpoint, timeoutMs: 10_000, credentials: async () => KEY, ...settings },
    now,
  );
}

/** Reason and words of the failure of a request that gets this response. */
async function failureFor(fault: SampleSageMaker["fault"], settings: Partial<SageMakerSettings> = {}) {
  const { endpoint, asked } = await serve(fault);
  const failed = await sourceAt(endpoint, settings)
    .describe(REF)
    .catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(Error);
  const { message, reason } = failed as Error & { reason: string };
  expect(message).not.toMatch(/secret|session-token|ASIA/);
  expect(message.startsWith(`Cannot get compilation job "nano-1" from sagemaker ${endpoint}: `)).toBe(true);
  return { reason, words: message.replace(/^.*? from sagemaker \S+: /, ""), requests: asked.length };
}

const refused = (__type: string, message = "No way"): SampleReply => ({ status: 400, body: { __type, message } });

describe("sageMakerJobs", () => {
  it("answers with the packaging job that has the same requirements", async () => {
    const { endpoint, asked } = await serve();

    expect(await sourceAt(endpoint).describe(REF)).toEqual({
      answer: {
        ModelPackagingDescription: {
          JobName: "nano-1",
          ProjectName: "sagemaker-neo",
          ModelPackagingConfiguration: {
            Greengrass: {
              CompilerOptions: '{"gpu-code": "sm_53", "trt-ver": "5.0.6", "cuda-ver": "10.0"}',
              TargetPlatform: { Os: "LINUX", Arch: "ARM64", Accelerator: "NVIDIA" },
              S3OutputLocation: { Bucket: "models", Prefix: "compiled/" },
              Tags: [{ Key: "sagemaker:artifact-digest", Value: COMPILED.ModelDigests.ArtifactDigest }],
            },
          },
          Status: "SUCCEEDED",
          CreationTimestamp: 1740823200.5,
          LastUpdatedTimestamp: 1740823800.25,
        },
      },
      fetchedAt: "2026-01-02T03:04:05.000Z",
      notes: [
        "TargetPlatform stands for TargetDevice jetson_nano",
        "CompilerOptions are what Neo's guide lists for jetson_nano: the job has none",
      ],
    });
    expect(asked).toEqual(["ASIALAB1"]);
  });

  it("has a path in the endpoint signed, as a proxy may need one", async () => {
    const { endpoint } = await serve();

    // The server has no such operation, but says so only to a good signature.
    await expect(sourceAt(`${endpoint}/some/where/`).describe(REF)).rejects.toThrow("UnknownOperationException");
  });

  it.each([
    ["eu-west-1", "https://api.sagemaker.eu-west-1.amazonaws.com"],
    ["us-gov-west-1", "https://api.sagemaker.us-gov-west-1.amazonaws.com"],
    ["cn-north-1", "https://api.sagemaker.cn-north-1.amazonaws.com.cn"],
  ])("asks in %s at %s", (region, url) => {
    expect(sourceAt(null, { region }).name).toBe(`sagemaker ${url}`);
  });

  it("refuses what is not an endpoint or a region, and a name that no job can have", async () => {
    expect(() => sourceAt("ftp://x")).toThrow(InvalidInputError);
    expect(() => sourceAt(null, { region: "eu west" })).toThrow(InvalidInputError);
    await expect(sourceAt("http://127.0.0.1:1").describe({ ...REF, job: "a/b" })).rejects.toThrow(InvalidInputError);
  });

  it("signs again with the service's time when its own clock is wrong", async () => {
    const { endpoint, asked } = await serve(null, () => NOW + 3_600_000);

    expect(await sourceAt(endpoint).describe(REF)).toHaveProperty("answer");
    expect(asked).toHaveLength(2);
  });

  it("does not sign again when the clock is not why the signature is refused", async () => {
    const { endpoint, asked } = await serve();
    const credentials = async () => ({ ...KEY, secretAccessKey: "another" });

    await expect(sourceAt(endpoint, { credentials }).describe(REF)).rejects.toMatchObject({
      reason: "DENIED",
      message: expect.stringContaining("the credentials were not accepted"),
    });
    expect(asked).toHaveLength(1);
  });
});

describe("a compilation job that is unavailable", () => {
  it("is DENIED with the permission that the role needs", async () => {
    expect(await failureFor(refused("AccessDeniedException"))).toEqual({
      reason: "DENIED",
      words:
        'access denied (HTTP 400 AccessDeniedException), the role needs "sagemaker:DescribeCompilationJob" on Resource "arn:aws:sagemaker:eu-west-1:ACCOUNT:compilation-job/nano-1": "No way"',
      requests: 1,
    });
  });

  it("is DENIED without credentials", async () => {
    const credentials = () =>
      Promise.reject(new NoCredentialsError("Greengrass's token exchange service is not running"));

    expect(await failureFor(null, { credentials })).toEqual({
      reason: "DENIED",
      words: "no AWS credentials: Greengrass's token exchange service is not running",
      requests: 0,
    });
  });

  it.each([
    ["NOT_FOUND", "no such job there", refused("ResourceNotFound", "Could not find job nano-1.")],
    ["NOT_FOUND", "no such job there", refused("ValidationException", "Could not find compilation job")],
    ["INVALID", "the request was refused", refused("ValidationException", "1 validation error detected")],
    ["INVALID", "the request was refused", refused("SomethingNewException")],
    ["DENIED", "the credentials were not accepted", refused("UnrecognizedClientException")],
    ["DENIED", "the credentials were not accepted", refused("ExpiredTokenException")],
    ["GONE", "the API is n", { status: 410, body: {} }],
    ["GONE", "the API is n", { status: 404, body: {} }],
    ["NOT_A_JOB", "needs a JSON object with CompilationJobName (HTTP 200)", { status: 200, body: {} }],
    ["NOT_A_JOB", "needs a JSON object with CompilationJobName (HTTP 200)", { status: 200, body: "<html>" }],
    [
      "NOT_A_JOB",
      'the answer is a Neo compilation job for "ml_inf1" that no packaging job can name',
      { status: 200, body: { ...COMPILED, OutputConfig: { TargetDevice: "ml_inf1" } } },
    ],
  ] as const)("is %s, %s", async (reason, words, fault) => {
    const failure = await failureFor(fault);

    expect(failure).toMatchObject({ reason, words: expect.stringContaining(words), requests: 1 });
    expect(failure.words).not.toContain("2025-10-31");
  });

  it("is THROTTLED after three attempts, although the status is 400", async () => {
    expect(await failureFor(refused("ThrottlingException", "Rate exceeded"))).toMatchObject({
      reason: "THROTTLED",
      requests: 3,
    });
  });

  it("is FAILED after three attempts when the service fails", async () => {
    expect(await failureFor({ status: 500, body: { __type: "InternalFailure" } })).toMatchObject({
      reason: "FAILED",
      requests: 3,
    });
  });

  it("is a TIMEOUT when the service is silent", async () => {
    expect(await failureFor("silent", { timeoutMs: 200 })).toEqual({
      reason: "TIMEOUT",
      words: "no answer within 200 ms",
      requests: 1,
    });
  });

  it("is UNREACHABLE where nothing listens", async () => {
    const { endpoint } = await serve();
    await servers.pop()?.close();

    await expect(sourceAt(endpoint).describe(REF)).rejects.toMatchObject({ reason: "UNREACHABLE" });
  });
});
