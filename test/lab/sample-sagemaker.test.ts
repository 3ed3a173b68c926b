import { afterEach, describe, expect, it } from "vitest";
import { type SampleSageMaker, startSampleSageMaker } from "../../src/lab/sample-sagemaker.js";
import { ended } from "../ended.js";
import { lacks } from "../needed.js";

const COMPILED = {
  CompilationJobName: "xavier-1",
  CompilationJobArn: "arn:aws:sagemaker:eu-central-1:123456789012:compilation-job/xavier-1",
  CompilationJobStatus: "COMPLETED",
  CreationTime: 1740823200.5,
  OutputConfig: { S3OutputLocation: "s3://models/x/", TargetDevice: "jetson_xavier" },
};
const KEYS = { AKIDLINE: { secret: "line/secret+1", token: null }, ASIATEMPORARY: { secret: "t", token: "to//ken==" } };
const LINE = { AWS_ACCESS_KEY_ID: "AKIDLINE", AWS_SECRET_ACCESS_KEY: "line/secret+1" };
const TEMPORARY = { AWS_ACCESS_KEY_ID: "ASIATEMPORARY", AWS_SECRET_ACCESS_KEY: "t", AWS_SESSION_TOKEN: "to//ken==" };
const CLEAN = {
  PATH: "/usr/bin:/bin",
  HOME: "/nonexistent",
  AWS_EC2_METADATA_DISABLED: "true",
  AWS_DEFAULT_REGION: "eu-central-1",
  AWS_MAX_ATTEMPTS: "1",
};

const SCRIPT = `
import boto3, botocore.exceptions, json, sys
client = boto3.client("sagemaker", endpoint_url=sys.argv[1])
try:
    found = client.describe_compilation_job(CompilationJobName=sys.argv[2])
    print(json.dumps([found["CompilationJobName"], found["CreationTime"].timestamp(), found["OutputConfig"]["TargetDevice"]]))
except botocore.exceptions.ClientError as error:
    print(json.dumps(error.response["Error"]["Code"]))
`;

let server: SampleSageMaker;
afterEach(() => server.close());

describe("startSampleSageMaker", () => {
  const boto3 = async (job: string, key: Readonly<Record<string, string>>) => {
    server = await startSampleSageMaker({ jobs: [COMPILED], keys: KEYS });
    const { out, err } = await ended("/usr/bin/python3", ["-c", SCRIPT, server.endpoint, job], { ...CLEAN, ...key });
    expect(err).toBe("");
    return JSON.parse(out);
  };

  it.skipIf(lacks("boto3")).each([
    ["a long-term key", LINE],
    ["a temporary key", TEMPORARY],
  ])("answers an unmodified boto3 that signs with %s", async (_, key) => {
    expect(await boto3("xavier-1", key)).toEqual(["xavier-1", 1740823200.5, "jetson_xavier"]);
  });

  it.skipIf(lacks("boto3")).each([
    ["ResourceNotFound", "xavier-2", LINE],
    ["InvalidSignatureException", "xavier-1", { ...LINE, AWS_SECRET_ACCESS_KEY: "wrong" }],
    ["UnrecognizedClientException", "xavier-1", { ...LINE, AWS_ACCESS_KEY_ID: "AKIDOTHER" }],
  ])("refuses boto3 with %s", async (code, job, key) => {
    expect(await boto3(job, key)).toBe(code);
  });

  it.skipIf(lacks("AWS CLI"))("answers the AWS CLI", async () => {
    server = await startSampleSageMaker({ jobs: [COMPILED], keys: KEYS });
    const call = ["sagemaker", "describe-compilation-job", "--compilation-job-name", "xavier-1"];

    const { out } = await ended("/usr/bin/aws", [...call, "--endpoint-url", server.endpoint, "--output", "json"], {
      ...CLEAN,
      ...LINE,
    });

    expect(JSON.parse(out)).toMatchObject({ OutputConfig: COMPILED.OutputConfig });
  });

  it("refuses a body other than the signed one, and another service's signature", async () => {
    const { signedHeaders } = await import("../../src/platform/signature-v4.js");
    server = await startSampleSageMaker({ jobs: [COMPILED], keys: KEYS });
    const { host } = new URL(server.endpoint);
    const ask = async (service: string, signed: string, sent: string) => {
      const key = { accessKeyId: "AKIDLINE", secretAccessKey: "line/secret+1", sessionToken: null };
      const headers = { host, "content-type": "application/x-amz-json-1.1" };
      const request = { method: "POST", path: "/", query: {}, headers, body: signed, signedAt: new Date() };
      const response = await fetch(server.endpoint, {
        method: "POST",
        headers: await signedHeaders({ ...request, region: "eu-west-1", service }, key),
        body: sent,
      });
      return (await response.json()) as { __type: string };
    };

    expect(await ask("sagemaker", "{}", "{ }")).toMatchObject({ __type: "InvalidSignatureException" });
    expect(await ask("lookoutvision", "{}", "{}")).toMatchObject({ __type: "InvalidSignatureException" });
    expect(await ask("sagemaker", "{}", "{}")).toMatchObject({ __type: "UnknownOperationException" });
  });
});
