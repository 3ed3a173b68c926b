import { join } from "node:path";
import {
  DescribeModelPackagingJobCommand,
  LookoutVisionClient,
  paginateListModelPackagingJobs,
} from "@aws-sdk/client-lookoutvision";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { epochMilliseconds } from "../../../src/job/wire-answer.js";
import type { Part } from "../../needed.js";
import { type ProgramResult, runProgram } from "../../run-program.js";

/** A key that a client signs with. */
export interface Key {
  readonly id: string;
  readonly secret: string;
  readonly token?: string;
}

/** One call of a client; without a job it lists the project. */
export interface Call {
  readonly endpoint: string;
  readonly key: Key;
  readonly project: string;
  readonly job?: string;
  readonly pageSize?: number;
  /** How many attempts the client may make; 1 by default. */
  readonly attempts?: number;
  /** The file of the certificate to trust. */
  readonly ca?: string;
}

/** What a client returned; times as milliseconds since 1970. */
export type Outcome =
  | { readonly answer: unknown }
  | { readonly error: { readonly name: string; readonly message: string } };

/** A client that is not ours. */
export interface Client {
  readonly name: string;
  /** What must be installed for it. */
  readonly part: Part | null;
  call(call: Call): Promise<Outcome>;
}

const AWS = "/usr/bin/aws";
const PYTHON = "/usr/bin/python3";
// The tools must not find credentials or certificates of the person who runs the tests.
const CLEAN = { PATH: "/usr/bin:/bin", HOME: "/nonexistent", AWS_EC2_METADATA_DISABLED: "true" };

export const sdk: Client = { name: "@aws-sdk/client-lookoutvision", part: null, call: callSdk };

export const cli: Client = {
  name: "the AWS CLI of Debian",
  part: "AWS CLI",
  call: callCli,
};

export const boto3: Client = {
  name: "boto3 of Debian",
  part: "boto3",
  call: callBoto3,
};

async function callSdk({ endpoint, key, project, job, pageSize = 100, attempts = 1, ca }: Call): Promise<Outcome> {
  const client = new LookoutVisionClient({
    endpoint,
    region: "eu-central-1",
    credentials: { accessKeyId: key.id, secretAccessKey: key.secret, ...(key.token && { sessionToken: key.token }) },
    maxAttempts: attempts,
    ...(ca !== undefined && {
      requestHandler: new NodeHttpHandler({ httpsAgent: { ca: (await import("node:fs")).readFileSync(ca) } }),
    }),
  });
  try {
    if (job !== undefined) {
      const command = new DescribeModelPackagingJobCommand({ ProjectName: project, JobName: job });
      return { answer: plain((await client.send(command)).ModelPackagingDescription) };
    }
    const jobs: unknown[] = [];
    for await (const page of paginateListModelPackagingJobs({ client, pageSize }, { ProjectName: project })) {
      jobs.push(...(page.ModelPackagingJobs ?? []));
    }
    return { answer: plain(jobs) };
  } catch (error) {
    const { name, message } = error as Error;
    return { error: { name, message } };
  } finally {
    client.destroy();
  }
}

async function callCli({ endpoint, key, project, job, pageSize = 100, attempts = 1, ca }: Call): Promise<Outcome> {
  const args =
    job === undefined
      ? ["list-model-packaging-jobs", "--project-name", project, "--page-size", String(pageSize)]
      : ["describe-model-packaging-job", "--project-name", project, "--job-name", job];
  const { code, out, err } = await run(
    AWS,
    ["lookoutvision", ...args, "--endpoint-url", endpoint, "--output", "json"],
    {
      AWS_ACCESS_KEY_ID: key.id,
      AWS_SECRET_ACCESS_KEY: key.secret,
      ...(key.token !== undefined && { AWS_SESSION_TOKEN: key.token }),
      ...(ca !== undefined && { AWS_CA_BUNDLE: ca }),
      AWS_DEFAULT_REGION: "eu-central-1",
      AWS_MAX_ATTEMPTS: String(attempts),
    },
  );
  if (code === 0) {
    const answer = JSON.parse(out);
    return { answer: plain(job === undefined ? answer.ModelPackagingJobs : answer.ModelPackagingDescription) };
  }
  const told =
    /An error occurred \((\w+)\) when calling the \w+ operation(?: \(reached max retries: \d+\))?: (.*)/s.exec(err);
  if (told === null) throw new Error(`The AWS CLI ended with ${code}: ${err}`);
  return { error: { name: told[1] ?? "", message: (told[2] ?? "").trim() } };
}

async function callBoto3({ endpoint, key, project, job, pageSize = 100, attempts = 1, ca }: Call): Promise<Outcome> {
  const credentials = {
    aws_access_key_id: key.id,
    aws_secret_access_key: key.secret,
    ...(key.token !== undefined && { aws_session_token: key.token }),
  };
  const wanted = { endpoint, credentials, project, job, pageSize, attempts, ca };
  const { code, out, err } = await run(PYTHON, [join(import.meta.dirname, "call.py"), JSON.stringify(wanted)]);
  if (code !== 0) throw new Error(`boto3 ended with ${code}: ${err}`);
  const outcome = JSON.parse(out);
  return "answer" in outcome ? { answer: plain(outcome.answer) } : outcome;
}

function run(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ProgramResult> {
  return runProgram(command, args, { ...CLEAN, ...env });
}

/** The same answer with times as milliseconds, in whatever form the client returned them. */
export function plain(value: unknown, member = ""): unknown {
  if (/Timestamp$/.test(member)) return epochMilliseconds(value);
  if (Array.isArray(value)) return value.map((item) => plain(item));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, plain(item, key)]));
}
