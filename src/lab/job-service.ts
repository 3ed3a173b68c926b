import { InvalidInputError } from "../base/errors.js";
import { isObject, type JsonObject } from "../base/json.js";
import { isCompilationJob, packagingJobOf } from "../job/compilation-job.js";
import type { PackagingJob } from "../job/job.js";
import { parseJob } from "../job/parse-job.js";
import { startSampleArchive } from "./sample-archive.js";
import { startSampleSageMaker } from "./sample-sagemaker.js";

/** The service that describes the lab's jobs. */
export interface JobService {
  readonly jobs: readonly PackagingJob[];
  /** What it is and where, for people. */
  readonly title: string;
  /** The component's settings "jobs" and "source"; empty without jobs. */
  readonly settings: JsonObject;
  /** What the component's process needs to ask it. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

const REGION = "eu-west-1";
const KEY = { id: "AKIALAB", secret: "lab" };

/**
 * Starts an archive for answers of DescribeModelPackagingJob, or SageMaker for those of DescribeCompilationJob. Throws
 * InvalidInputError for both at once, and for a compilation job that no packaging job can stand for.
 */
export async function startJobService(answers: readonly unknown[]): Promise<JobService> {
  const compiled = answers.filter((answer): answer is JsonObject => isObject(answer) && isCompilationJob(answer));
  if (compiled.length === 0) return archiveOf(answers);
  if (compiled.length === answers.length) return sageMakerOf(compiled);
  throw new InvalidInputError("Cannot run packaging jobs and compilation jobs together: they have one source");
}

async function archiveOf(answers: readonly unknown[]): Promise<JobService> {
  const jobs = answers.map(parseJob);
  const { endpoint, close } = await startSampleArchive(answers);
  const settings = {
    jobs: jobs.map((job) => ({ project: job.project ?? "", job: job.name ?? "" })),
    source: { type: "archive", endpoint },
  };
  return { jobs, title: `archive ${endpoint}`, settings: jobs.length === 0 ? {} : settings, environment: {}, close };
}

async function sageMakerOf(compiled: readonly JsonObject[]): Promise<JobService> {
  const jobs = compiled.map((job) => {
    const mapped = packagingJobOf(job, { project: null, job: null });
    if ("refused" in mapped) throw new InvalidInputError(`Cannot run a job in the lab: it ${mapped.refused}`);
    return parseJob({ ModelPackagingDescription: mapped.description });
  });
  const keys = { [KEY.id]: { secret: KEY.secret, token: null } };
  const { endpoint, close } = await startSampleSageMaker({ jobs: compiled, keys });
  return {
    jobs,
    title: `SageMaker ${endpoint}`,
    settings: {
      jobs: jobs.map(({ name }) => ({ compilationJob: name ?? "" })),
      source: { type: "sagemaker", endpoint, region: REGION },
    },
    environment: { AWS_ACCESS_KEY_ID: KEY.id, AWS_SECRET_ACCESS_KEY: KEY.secret },
    close,
  };
}
