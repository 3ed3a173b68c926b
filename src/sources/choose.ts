import { InvalidInputError } from "../base/errors.js";
import { lookoutVisionJobs } from "./api.js";
import { exchangedCredentials, type FindPort, usesTokenExchange } from "./exchanged-credentials.js";
import { fileJobs } from "./job-files.js";
import type { JobSource } from "./source.js";

/** The source of job descriptions, from settings or options. */
export interface SourceChoice {
  readonly type: "auto" | "api" | "archive" | "file" | "model" | "sagemaker";
  readonly endpoint: string | null;
  readonly region: string | null;
  readonly path: string | null;
}

const TIME_LIMIT_MS = 30_000;

/** Creates the chosen source. Throws InvalidInputError if it needs a Region and none is set. */
export function jobSource(
  choice: SourceChoice,
  env: Readonly<Record<string, string | undefined>>,
  findPort: FindPort = async () => null,
): JobSource {
  const type = choice.type === "auto" ? namedType(choice) : choice.type;
  if (type === "file") return fileJobs(choice.path ?? "");
  if (type === "model" || type === "sagemaker")
    throw new InvalidInputError(`Cannot look up a packaging job: the source's type is ${type}`);
  const region = choice.region ?? (env.AWS_REGION || env.AWS_DEFAULT_REGION || null);
  if (region === null && choice.endpoint === null) {
    throw new InvalidInputError(
      "Cannot call the API: needs a Region, but neither the source's region nor AWS_REGION is set",
    );
  }
  return lookoutVisionJobs(
    {
      region: region ?? "us-east-1",
      endpoint: choice.endpoint,
      timeoutMs: TIME_LIMIT_MS,
      signing: type === "api" ? "always" : signingOfArchive(env),
      credentials: usesTokenExchange(env) ? () => exchangedCredentials(env, findPort) : null,
    },
    Date.now,
  );
}

/** What `auto` asks first: what the settings name, else the service. */
function namedType({ path, endpoint }: SourceChoice): "api" | "archive" | "file" {
  if (path !== null) return "file";
  return endpoint !== null ? "archive" : "api";
}

/** An archive may accept unsigned requests, and has to be usable while the token exchange service is down. */
function signingOfArchive(env: Readonly<Record<string, string | undefined>>): "if-possible" | "never" {
  const variables = [
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
  ];
  return variables.some((name) => (env[name] ?? "") !== "") ? "if-possible" : "never";
}
