import { InvalidInputError } from "../base/errors.js";
import { lookoutVisionJobs } from "./api.js";
import { exchangedCredentials, type FindPort, usesTokenExchange } from "./exchanged-credentials.js";
import { fileJobs } from "./job-files.js";
import type { JobSource } from "./source.js";

/** Where descriptions come from, by settings or options. */
export interface SourceChoice {
  readonly type: "api" | "archive" | "file";
  readonly endpoint: string | null;
  readonly region: string | null;
  readonly path: string | null;
}

const TIME_LIMIT_MS = 30_000;

/** The chosen source. Throws InvalidInputError when it lacks what it needs. */
export function jobSource(
  choice: SourceChoice,
  env: Readonly<Record<string, string | undefined>>,
  findPort: FindPort = async () => null,
): JobSource {
  if (choice.type === "file") return fileJobs(choice.path ?? "");
  const region = choice.region ?? (env.AWS_REGION || env.AWS_DEFAULT_REGION || null);
  if (region === null && choice.endpoint === null) {
    throw new InvalidInputError(
      "Cannot ask the API: needs a Region, neither the source's region nor AWS_REGION is set",
    );
  }
  return lookoutVisionJobs(
    {
      region: region ?? "us-east-1",
      endpoint: choice.endpoint,
      timeoutMs: TIME_LIMIT_MS,
      signing: choice.type === "api" ? "always" : signingOfArchive(env),
      credentials: usesTokenExchange(env) ? () => exchangedCredentials(env, findPort) : null,
    },
    Date.now,
  );
}

/** An archive need not have signed requests, and must also answer while the token exchange service does not. */
function signingOfArchive(env: Readonly<Record<string, string | undefined>>): "if-possible" | "never" {
  const places = [
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
  ];
  return places.some((name) => (env[name] ?? "") !== "") ? "if-possible" : "never";
}
