import { afterEach, describe, expect, it } from "vitest";
import { type SampleSageMaker, startSampleSageMaker } from "../../src/lab/sample-sagemaker.js";
import { lacks } from "../needed.js";
import { runProgram } from "../run-program.js";

const COMPILED = {
  CompilationJobName: "xavier-1",
  CompilationJobArn: "arn:aws:sagemaker:eu-central-1:123456789012:compilation-job/xavier-1",
  CompilationJobStatus: "COMPLETED",
  CreationTime: 1740823200.5,
  OutputConfig: { S3OutputLocation: "s3://models/x/", TargetDevice: "jetson_xavier" },
};
const KEYS = { AKIDLINE: { secret: "line/secret+1", token: null }, ASIATEMPORARY: { secret: "t", token: "to//ken==" } };
const LINE = { AWS_ACCESS_KEY_ID: "AKIDLINE", AWS_SECRET_ACCESS_KEY: "line/secret+1" };
const CLEAN = {
  PATH: "/usr/bin:/bin",
  HOME: "/nonexistent",
  AWS_EC2_METADATA_DISABLED: "true",
  AWS_DEFAULT_REGION: "eu-central-1",
  AWS_MAX_ATTEMPTS: "1",
};

/** One process for all calls: loading boto3 takes a second. */
const SCRIPT = `
import boto3, botocore.exceptions, json, sys
answers = []
for job, id, secret, token in json.loads(sys.argv[2]):
    client = boto3.client("sagemaker", endpoint_url=sys.argv[1], aws_access_key_id=id, aws_secret_access_key=secret, aws_session_token=token)
    try:
        found = client.describe_compilation_job(CompilationJobName=job)
        answers.append([found["CompilationJobName"], found["CreationTime"].timestamp(), found["OutputConfig"]["TargetDevice"]])
    except botocore.exceptions.ClientError as error:
        answers.append(error.response["Error"]["Code"])
print(json.dumps(answers))
`;

let server: SampleSageMaker;
afterEach(() => server.close());

describe("startSampleSageMaker", () => {
  it.skipIf(lacks("boto3"))("answers an unmodified boto3 that signs with a good key, and refuses others", async () => {
    server = await startSampleSageMaker({ jobs: [COMPILED], keys: KEYS });
    const calls = [
      ["xavier-1", "AKIDLINE", "line/secret+1", null],
      ["xavier-1", "ASIATEMPORARY", "t", "to//ken=="],
      ["xavier-2", "AKIDLINE", "line/secret+1", null],
      ["xavier-1", "AKIDLINE", "wrong", null],
      ["xavier-1", "AKIDOTHER", "line/secret+1", null],
    ];

    const { out, err } = await runProgram(
      "/usr/bin/python3",
      ["-c", SCRIPT, server.endpoint, JSON.stringify(calls)],
      CLEAN,
    );

    expect(err).toBe("");
    const found = ["xavier-1", 1740823200.5, "jetson_xavier"];
    expect(JSON.parse(out)).toEqual([
      found,
      found,
      "ResourceNotFound",
      "InvalidSignatureException",
      "UnrecognizedClientException",
    ]);
  });

  it.skipIf(lacks("AWS CLI"))("answers the AWS CLI", async () => {
    server = await startSampleSageMaker({ jobs: [COMPILED], keys: KEYS });
    const call = ["sagemaker", "describe-compilation-job", "--compilation-job-name", "xavier-1"];

    const { out } = await runProgram("/usr/bin/aws", [...call, "--endpoint-url", server.endpoint, "--output", "json"], {
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
