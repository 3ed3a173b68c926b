import { fileURLToPath } from "node:url";
import { describeApart } from "../adapters/describe-apart.js";
import { fileJobs } from "../adapters/file-jobs.js";
import { UsageError } from "../errors.js";
import type { JobSource } from "../job/source.js";

/** Where descriptions come from, as settings or options say it. */
export interface SourceChoice {
  readonly type: "api" | "archive" | "file";
  readonly endpoint: string | null;
  readonly region: string | null;
  readonly path: string | null;
}

const TIME_LIMIT_MS = 30_000;

/** The chosen source. Throws UsageError when it lacks what it needs. */
export function jobSource(choice: SourceChoice, env: Readonly<Record<string, string | undefined>>): JobSource {
  if (choice.type === "file") return fileJobs(choice.path ?? "");
  const region = choice.region ?? env["AWS_REGION"] ?? env["AWS_DEFAULT_REGION"] ?? null;
  if (region === null && choice.endpoint === null) {
    throw new UsageError('Cannot ask the API: needs a Region, neither "source.region" nor AWS_REGION is set');
  }
  const settings = {
    region: region ?? "us-east-1",
    endpoint: choice.endpoint,
    timeoutMs: TIME_LIMIT_MS,
    // An archive on the local network may know no credentials; with some at hand its requests are signed.
    unsigned: choice.type === "archive" && !hasCredentials(env),
  };
  const bundle = fileURLToPath(import.meta.url);
  return describeApart(settings, { command: process.execPath, args: [bundle, "describe-job"], env });
}

function hasCredentials(env: Readonly<Record<string, string | undefined>>): boolean {
  const places = [
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
  ];
  return places.some((name) => (env[name] ?? "") !== "");
}
