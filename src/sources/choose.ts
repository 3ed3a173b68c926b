import { InvalidInputError, JobUnavailableError } from "../base/errors.js";
import { ALL_JOBS, type JobRef, NEO_PROJECT } from "../job/job-names.js";
import { accessKey } from "./access-key.js";
import { lookoutVisionJobs } from "./api.js";
import { LOOKOUT_VISION } from "./api-failure.js";
import { circuitBreaker, type GoneNote, isFoundGone } from "./circuit-breaker.js";
import { type Exchange, exchangedOnce, usesTokenExchange } from "./exchanged-credentials.js";
import { firstAnswer } from "./first-answer.js";
import { fileJobs } from "./job-files.js";
import { sageMakerJobs } from "./sagemaker.js";
import { type JobSource, titleOf } from "./source.js";

/** The source of job descriptions, from settings or options. */
export interface SourceChoice {
  readonly type: "auto" | "api" | "archive" | "file" | "model" | "sagemaker";
  readonly endpoint: string | null;
  readonly region: string | null;
  readonly path: string | null;
}

const TIME_LIMIT_MS = 30_000;

/** The dependencies of a source, besides its settings. */
export interface SourceParts {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Gives the credentials of one check. */
  readonly exchange: Exchange;
  /** When the service's API was found gone. */
  readonly note: GoneNote;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Bounds the calls of each source. */
  readonly bound?: (source: JobSource) => JobSource;
}

/**
 * The source that the settings choose. With `auto`: the file and the archive that are named, in this order; if neither
 * is, the API (at most once a day after it was found gone), or SageMaker for a compilation job. Throws as `jobSource`
 * does, but not for `auto`.
 */
export function chosenSource(choice: SourceChoice, parts: SourceParts): JobSource {
  const { env, exchange, bound = (source) => source } = parts;
  if (choice.type !== "auto") return bound(jobSource(choice, env, exchange));
  const types = namedTypes(choice);
  if (types.length === 0) {
    if (regionOf(choice, env) === null) return noRegion();
    const api = circuitBreaker(jobSource({ ...choice, type: "api" }, env, exchange), parts.note, parts.now);
    return servicesOf(bound(api), bound(jobSource({ ...choice, type: "sagemaker" }, env, exchange)));
  }
  return firstAnswer(types.map((type) => bound(jobSource({ ...choice, type }, env, exchange))));
}

/** Whether the settings lead to a call of the service's API now, which needs AWS's client. */
export function callsApi(choice: SourceChoice, { env, note, now }: SourceParts): boolean {
  if (choice.type === "api") return true;
  if (choice.type !== "auto" || namedTypes(choice).length > 0) return false;
  const region = regionOf(choice, env);
  return region !== null && !isFoundGone(note, jobSource({ ...choice, type: "api" }, env).name, now());
}

function namedTypes({ path, endpoint }: SourceChoice): readonly ("file" | "archive")[] {
  return [...(path === null ? [] : (["file"] as const)), ...(endpoint === null ? [] : (["archive"] as const))];
}

/** Each service for its own jobs. */
function servicesOf(lookoutVision: JobSource, sageMaker: JobSource): JobSource {
  const { list } = lookoutVision;
  return {
    name: lookoutVision.name,
    async describe(ref, signal) {
      if (ref.project !== NEO_PROJECT) return lookoutVision.describe(ref, signal);
      return { source: sageMaker.name, ...(await sageMaker.describe(ref, signal)) };
    },
    ...(list && { list: (project, signal) => list.call(lookoutVision, project, signal) }),
  };
}

/** Without a Region there is no API to call; the last good copy or the model's files may still answer. */
function noRegion(): JobSource {
  const refuse = async (ref: JobRef): Promise<never> => {
    const message = `Cannot get ${titleOf(ref)}: no source is named, and without a Region the API has no address; ${LOOKOUT_VISION.ended}`;
    throw new JobUnavailableError(message, "GONE");
  };
  return { name: "api", describe: refuse, list: (project) => refuse({ project, job: ALL_JOBS }) };
}

/** Creates a source of one type. Throws InvalidInputError if it needs a Region and none is set. */
export function jobSource(
  choice: SourceChoice,
  env: Readonly<Record<string, string | undefined>>,
  exchange: Exchange = exchangedOnce(env, async () => null),
): JobSource {
  const { type } = choice;
  if (type === "file") return fileJobs(choice.path ?? "");
  if (type !== "api" && type !== "archive" && type !== "sagemaker")
    throw new InvalidInputError(`Cannot look up a packaging job: the source's type is ${type}`);
  const region = regionOf(choice, env);
  if (region === null && choice.endpoint === null) {
    throw new InvalidInputError(
      `Cannot call the API: needs a Region, but neither the source's region nor AWS_REGION is set${type === "sagemaker" ? "" : `; ${LOOKOUT_VISION.ended}`}`,
    );
  }
  const access = { region: region ?? "us-east-1", endpoint: choice.endpoint, timeoutMs: TIME_LIMIT_MS };
  if (type === "sagemaker") {
    return sageMakerJobs({ ...access, credentials: () => accessKey(env, access.region, exchange) }, Date.now);
  }
  return lookoutVisionJobs(
    {
      ...access,
      signing: type === "api" ? "always" : signingOfArchive(env),
      credentials: usesTokenExchange(env) ? exchange : null,
    },
    Date.now,
  );
}

function regionOf({ region }: SourceChoice, env: Readonly<Record<string, string | undefined>>): string | null {
  return region ?? (env.AWS_REGION || env.AWS_DEFAULT_REGION || null);
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
