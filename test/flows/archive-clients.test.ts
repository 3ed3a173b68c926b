import { rmSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ModelPackagingDescription } from "../../src/job/wire.js";
import { METADATA_MEMBERS } from "../../src/job/wire.js";
import { boto3, type Client, cli, type Key, plain, sdk } from "../archive/clients/clients.js";
import { archiveOf, labJobs, type Serving, type ServingOptions, serveFolder } from "../archive/serving.js";
import { isLong } from "../long-runs.js";
import { lacks } from "../needed.js";

/** Every member of the model, with difficult values: Unicode, quotes inside quotes, milliseconds. */
const FULL: ModelPackagingDescription = {
  JobName: "full-1",
  ProjectName: "every_field",
  ModelVersion: "12",
  ModelPackagingConfiguration: {
    Greengrass: {
      CompilerOptions: '{"gpu-code": "sm_72", "trt-ver": "8.2.1", "cuda-ver": "10.2", "note": "a\\u00b5\\"b"}',
      TargetDevice: "jetson_xavier",
      TargetPlatform: { Os: "LINUX", Arch: "ARM64", Accelerator: "NVIDIA" },
      S3OutputLocation: { Bucket: "a-bucket", Prefix: "some/where/(1)" },
      ComponentName: "com.example.Full",
      ComponentVersion: "12.0.34",
      ComponentDescription: "All members, one job",
      Tags: [
        { Key: "Größe µ", Value: "40 µm" },
        { Key: "empty", Value: "" },
      ],
    },
  },
  ModelPackagingJobDescription: "It's all here: (yes), really?",
  ModelPackagingMethod: "Greengrass",
  ModelPackagingOutputDetails: {
    Greengrass: {
      ComponentVersionArn: "arn:aws:greengrass:eu-central-1:123456789012:components:com.example.Full:versions:12.0.34",
      ComponentName: "com.example.Full",
      ComponentVersion: "12.0.34",
    },
  },
  Status: "SUCCEEDED",
  StatusMessage: "Done; “quoted” — and 日本語",
  CreationTimestamp: 1671439322.001,
  LastUpdatedTimestamp: 1671440823.999,
};
const NAMES = ["a", "B", "b-1", "b1", "c", "00000000-0000-4000-8000-000000000000", "z9"];
const MANY = NAMES.map((JobName, at) => ({
  ...FULL,
  JobName,
  ProjectName: "many",
  CreationTimestamp: 1671439322 + at / 1000,
}));
const JOBS = [FULL, ...MANY, ...labJobs()];

const LINE: Key = { id: "AKIDLINE", secret: "line/secret+1" };
const TEMPORARY: Key = { id: "ASIATEMPORARY", secret: "temporary", token: "token//with+signs==" };
const NARROW: Key = { id: "AKIDNARROW", secret: "narrow" };
const CREDENTIALS = `
[line]
aws_access_key_id = ${LINE.id}
aws_secret_access_key = ${LINE.secret}
[temporary]
aws_access_key_id = ${TEMPORARY.id}
aws_secret_access_key = ${TEMPORARY.secret}
aws_session_token = ${TEMPORARY.token}
[narrow]
aws_access_key_id = ${NARROW.id}
aws_secret_access_key = ${NARROW.secret}
packdrift_projects = many other
`;

let dir: string;
const servings: Serving[] = [];
beforeAll(() => {
  dir = archiveOf(JOBS);
});
afterEach(() => Promise.all(servings.splice(0).map((serving) => serving.close())));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function serve(options: ServingOptions = {}): Promise<Serving> {
  const serving = await serveFolder(dir, { credentials: CREDENTIALS, ...options });
  servings.push(serving);
  return serving;
}

const error = (name: string, message: string) => ({ error: { name, message } });
const byName = (one: { JobName?: string }, other: { JobName?: string }) =>
  (one.JobName ?? "") < (other.JobName ?? "") ? -1 : 1;
const metadata = (job: ModelPackagingDescription) =>
  Object.fromEntries(METADATA_MEMBERS.flatMap((member) => (job[member] === undefined ? [] : [[member, job[member]]])));

// The other clients start a process of Python for each call.
describe.each<Client>(isLong ? [cli, boto3] : [sdk])("$name against the archive", (client) => {
  const test = it.skipIf(client.part !== null && lacks(client.part));

  test("gets every job as stored, field by field", async () => {
    const { endpoint } = await serve();
    const asked = client === sdk ? JOBS : [FULL, ...labJobs()];

    const outcomes = await Promise.all(
      asked.map((job) => client.call({ endpoint, key: LINE, project: job.ProjectName ?? "", job: job.JobName ?? "" })),
    );

    expect(outcomes).toEqual(asked.map((job) => ({ answer: plain(job) })));
  });

  test("signs with a session token", async () => {
    const { endpoint } = await serve();

    expect(await client.call({ endpoint, key: TEMPORARY, project: "every_field", job: "full-1" })).toEqual({
      answer: plain(FULL),
    });
  });

  test("pages through a list", async () => {
    const { endpoint, requests } = await serve();

    const outcome = await client.call({ endpoint, key: LINE, project: "many", pageSize: 3 });

    expect(outcome).toEqual({ answer: plain([...MANY].sort(byName).map(metadata)) });
    expect(requests.length).toBe(3);
  });

  test("gets the error of a missing job or project", async () => {
    const { endpoint } = await serve();
    const call = (project: string, job: string) => client.call({ endpoint, key: LINE, project, job });

    expect(await call("many", "none")).toEqual(
      error("ResourceNotFoundException", "The model packaging job none could not be found in project many"),
    );
    expect(await call("nowhere", "none")).toEqual(
      error("ResourceNotFoundException", "The project nowhere could not be found"),
    );
  });

  test("gets the error of an invalid name", async () => {
    const { endpoint } = await serve();
    const rule = "failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9-]+";

    const names = ["a/b", "../../etc/passwd", "ä", "a b", "a%2Fb", "a?b#c"];
    // The other clients start a process for each call.
    for (const job of client === sdk ? names : names.slice(0, 3)) {
      expect(await client.call({ endpoint, key: LINE, project: "many", job })).toEqual(
        error("ValidationException", `1 validation error detected: Value '${job}' at 'jobName' ${rule}`),
      );
    }
  });

  test("is denied what its key may not read, and everything without a valid key", async () => {
    const { endpoint } = await serve();
    const call = (key: Key, project: string, job?: string) =>
      client.call({ endpoint, key, project, ...(job !== undefined && { job }) });
    const action = "lookoutvision:DescribeModelPackagingJob";

    expect(await call(NARROW, "many", "a")).toHaveProperty("answer.JobName", "a");
    expect(await call(NARROW, "every_field", "full-1")).toEqual(
      error(
        "AccessDeniedException",
        `User: narrow is not authorized to perform: ${action} on resource: * because no identity-based policy allows the ${action} action`,
      ),
    );
    expect(await call({ ...LINE, secret: "wrong" }, "many", "a")).toEqual(
      error("InvalidSignatureException", expect.stringMatching(/^The request signature we calculated does not match/)),
    );
    const unknown = error("UnrecognizedClientException", "The security token included in the request is invalid.");
    expect(await call({ ...LINE, id: "AKIDNOBODY" }, "many", "a")).toEqual(unknown);
    expect(await call({ ...TEMPORARY, token: "another" }, "many")).toEqual(unknown);
    expect(await call({ ...LINE, token: "unasked" }, "many")).toEqual(unknown);
  });

  test("waits and retries when it is throttled", async () => {
    let left = 1;
    const { endpoint, requests, times } = await serve({ limit: () => (left-- > 0 ? 1 : 0) });

    const outcome = await client.call({ endpoint, key: LINE, project: "every_field", job: "full-1", attempts: 3 });

    expect(outcome).toEqual({ answer: plain(FULL) });
    expect(requests.length).toBe(2);
    // botocore has its own delays and ignores Retry-After.
    if (client === sdk) expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(950);
  });

  test("gets the error of too many requests", async () => {
    const { endpoint } = await serve({ limit: () => 1 });

    expect(await client.call({ endpoint, key: LINE, project: "many", job: "a" })).toEqual(
      error("ThrottlingException", "Rate exceeded"),
    );
  });

  test("retries when the archive failed, and gets the error", async () => {
    const broken = new Error("The disk is gone");
    const { endpoint, requests, errors } = await serve({
      jobs: (folder) => ({ ...folder, find: async () => Promise.reject(broken) }),
    });

    expect(await client.call({ endpoint, key: LINE, project: "many", job: "a", attempts: 2 })).toEqual(
      error("InternalServerException", "The archive could not read the job; its log says why"),
    );
    expect(requests.length).toBe(2);
    expect(errors).toEqual([broken, broken]);
  });
});
