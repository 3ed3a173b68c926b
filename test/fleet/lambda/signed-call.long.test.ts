import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { iotPublisher } from "../../../src/fleet/lambda/iot-publisher.js";
import { secretValue } from "../../../src/fleet/lambda/secret-value.js";
import { AwsCallError, callAws } from "../../../src/fleet/lambda/signed-call.js";
import { lacks } from "../../needed.js";
import { type Answer, awsEndpoint, ROLE, type Signed } from "./aws-endpoint.js";

const CALLER = {
  region: "eu-central-1",
  key: () => ({
    accessKeyId: ROLE.AWS_ACCESS_KEY_ID,
    secretAccessKey: ROLE.AWS_SECRET_ACCESS_KEY,
    sessionToken: ROLE.AWS_SESSION_TOKEN,
  }),
  now: Date.now,
  random: () => 0,
};
const TOPIC = "cmd/packdrift/v1/press 1+ä/ack/req";

async function endpoint(answer: (request: Signed) => Answer | "hang up" = () => ({})) {
  const started = await awsEndpoint(answer);
  onTestFinished(() => started.close());
  return started;
}

/** Answers one after the other, the last one again and again. */
const inTurn = (...answers: readonly (Answer | "hang up")[]) => {
  let turn = 0;
  return () => answers[Math.min(turn++, answers.length - 1)] ?? {};
};

describe("iotPublisher", () => {
  it("publishes with QoS 1, signed for IoT Core", async () => {
    const { url, requests } = await endpoint();
    await iotPublisher(url, CALLER)(TOPIC, '{"sequence":7}');

    expect(requests).toMatchObject([
      {
        service: "iotdata",
        url: "/topics/cmd%2Fpackdrift%2Fv1%2Fpress%201%2B%C3%A4%2Fack%2Freq?qos=1",
        body: '{"sequence":7}',
      },
    ]);
  });

  it.skipIf(lacks("boto3"))("sends what AWS's own client for Python sends", async () => {
    const { url, requests } = await endpoint();
    await iotPublisher(url, CALLER)(TOPIC, '{"sequence":7}');
    const script = `
import sys, boto3
boto3.client("iot-data", region_name="eu-central-1", endpoint_url=sys.argv[1]).publish(topic=sys.argv[2], qos=1, payload=sys.argv[3])`;
    await promisify(execFile)("python3", ["-c", script, url, TOPIC, '{"sequence":7}'], {
      env: { PATH: process.env.PATH, ...ROLE },
    });
    const [ours, theirs] = requests.map(({ service, url: path, body }) => ({ service, path, body }));

    expect(theirs).toEqual(ours);
  });
});

describe("secretValue", () => {
  it("asks Secrets Manager for the present value", async () => {
    const { url, requests } = await endpoint(() => ({ body: '{"SecretString":"postgres://db","Name":"db"}' }));

    expect(await secretValue(url, "arn:aws:secretsmanager:…:secret:db", CALLER)).toBe("postgres://db");
    expect(requests).toMatchObject([
      {
        service: "secretsmanager",
        url: "/",
        headers: { "x-amz-target": "secretsmanager.GetSecretValue", "content-type": "application/x-amz-json-1.1" },
        body: '{"SecretId":"arn:aws:secretsmanager:…:secret:db"}',
      },
    ]);
  });

  it("refuses a secret of bytes", async () => {
    const { url } = await endpoint(() => ({ body: '{"SecretBinary":"AAAA"}' }));

    await expect(secretValue(url, "db", CALLER)).rejects.toThrow("Cannot use the secret db: must be a string");
  });
});

describe("callAws", () => {
  const call = (url: string) => callAws({ service: "iotdata", url, body: "" }, CALLER);

  it("tries again when the connection is closed, the service throttles or fails", async () => {
    const throttled = { status: 400, headers: { "x-amzn-errortype": "ThrottlingException:" } };
    const { url, requests } = await endpoint(inTurn("hang up", throttled, { body: "done" }));

    expect([await call(url), requests.length]).toEqual(["done", 3]);
  });

  it("reports after three attempts how the service failed", async () => {
    const { url, requests } = await endpoint(() => ({ status: 503, body: '{"message":"try later"}' }));

    await expect(call(url)).rejects.toThrow(/^Cannot call 127\.0\.0\.1:\d+: HTTP 503 try later$/);
    expect(requests.length).toBe(3);
  });

  it("does not retry a refused call, and names the error", async () => {
    const body = '{"__type":"com.amazonaws.secretsmanager#AccessDeniedException","Message":"not allowed"}';
    const { url, requests } = await endpoint(() => ({ status: 400, body }));

    await expect(call(url)).rejects.toThrow(/: HTTP 400 AccessDeniedException not allowed$/);
    expect(requests.length).toBe(1);
  });

  it("throws AwsCallError when nothing listens", async () => {
    const { url, close } = await awsEndpoint(() => ({}));
    await close();

    await expect(call(url)).rejects.toThrow(AwsCallError);
    await expect(call(url)).rejects.toThrow(/ECONNREFUSED/);
  });
});
