import { isObject, type JsonObject } from "../../base/json.js";
import { quoted } from "../../job/job-names.js";
import { epochMilliseconds } from "../../job/wire-answer.js";
import { allCapitalKeys } from "./capital-keys.js";
import { jobFromAnswer, jobFromStartRequest } from "./describe-answer.js";
import type { Extracted, Hints } from "./extracted.js";
import { jobFromCompilationJob } from "./neo-job.js";

/** Whether a document is a record of AWS CloudTrail. */
export function isTrailRecord(document: JsonObject): boolean {
  return typeof document.eventSource === "string" && typeof document.eventName === "string";
}

/** The job that a CloudTrail record's request started, or that its answer describes. */
export function jobFromTrailRecord(record: JsonObject, hints: Hints): Extracted {
  const call = { service: String(record.eventSource).replace(/\.amazonaws\.com$/, ""), name: String(record.eventName) };
  const read = READERS[`${call.service} ${call.name}`];
  if (read === undefined && !SERVICES.includes(call.service)) {
    return { refused: `is a CloudTrail record of another service (${quoted(record.eventSource, 60)})` };
  }
  if (read === undefined) return { refused: `is a CloudTrail record of ${quoted(call.name, 60)}, which holds no job` };
  if (typeof record.errorCode === "string") {
    return { refused: `is a CloudTrail record of a ${call.name} that failed with ${quoted(record.errorCode, 60)}` };
  }
  const request = spelledOut(record.requestParameters);
  const answer = spelledOut(record.responseElements);
  return read({ request, answer, startedAt: epochMilliseconds(record.eventTime) }, hints);
}

const SERVICES = ["lookoutvision", "sagemaker"];

interface Call {
  readonly request: JsonObject | null;
  readonly answer: JsonObject | null;
  /** Unix milliseconds; null if the record has no time. */
  readonly startedAt: number | null;
}

const READERS: Readonly<Record<string, (call: Call, hints: Hints) => Extracted>> = {
  "lookoutvision StartModelPackagingJob": started,
  "lookoutvision DescribeModelPackagingJob": described,
  "sagemaker CreateCompilationJob": compilationStarted,
};

function started({ request, answer, startedAt }: Call, hints: Hints): Extracted {
  if (request === null) return WITHOUT_REQUEST;
  const named = { ...request, JobName: answer?.JobName ?? request.JobName };
  return jobFromStartRequest(named, hints, startedAt);
}

/** CloudTrail seldom records what a read-only call returned. */
function described({ request, answer }: Call, hints: Hints): Extracted {
  if (isObject(answer?.ModelPackagingDescription)) return jobFromAnswer({ ...answer }, hints);
  const job = request === null ? "unknown" : `${request.ProjectName}/${request.JobName}`;
  return {
    refused: `is a CloudTrail record that says only that somebody asked for job ${quoted(job)}, not what it is`,
  };
}

function compilationStarted({ request, startedAt }: Call, hints: Hints): Extracted {
  if (request === null) return WITHOUT_REQUEST;
  return jobFromCompilationJob({ ...request, ...(startedAt !== null && { CreationTime: startedAt / 1000 }) }, hints);
}

const WITHOUT_REQUEST: Extracted = { refused: "is a CloudTrail record without requestParameters" };

// CloudTrail's placeholders for hidden values.
const HIDDEN = /^(HIDDEN_DUE_TO_SECURITY_REASONS|\*{3,})$/;

/** Parameters as the service spells them (CloudTrail writes lower first letters), without what CloudTrail hides. */
function spelledOut(parameters: unknown): JsonObject | null {
  const found = allCapitalKeys(parameters, (leaf) => (typeof leaf === "string" && HIDDEN.test(leaf) ? null : leaf));
  return isObject(found) ? found : null;
}
