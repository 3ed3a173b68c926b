import { isObject, type JsonObject } from "../../base/json.js";
import { quoted } from "../../job/job-names.js";
import { epochMilliseconds } from "../../job/wire-answer.js";
import { wireDescription } from "../api/wire-description.js";
import type { Taken } from "./taken.js";

/** Whether a document is a record of AWS CloudTrail. */
export function isTrailRecord(document: JsonObject): boolean {
  return typeof document.eventSource === "string" && typeof document.eventName === "string";
}

/**
 * A record of StartModelPackagingJob: what was asked for, spelled as CloudTrail spells it (lower first letters). What came of
 * the job no record says. `takeAnswer` takes what a record of DescribeModelPackagingJob holds, where it holds an answer.
 */
export function takeTrailRecord(record: JsonObject, takeAnswer: (answer: JsonObject) => Taken): Taken {
  const name = String(record.eventName);
  if (record.eventSource !== "lookoutvision.amazonaws.com") {
    return { refused: `a CloudTrail record of another service (${quoted(record.eventSource, 60)})` };
  }
  if (typeof record.errorCode === "string") {
    return { refused: `a CloudTrail record of a ${name} that failed with ${quoted(record.errorCode, 60)}` };
  }
  const input = capitalised(record.requestParameters);
  const output = capitalised(record.responseElements);
  if (name === "DescribeModelPackagingJob") {
    if (isObject(output) && isObject(output.ModelPackagingDescription)) return takeAnswer(output);
    // CloudTrail keeps no answers of reading calls.
    const asked = isObject(input) ? `${input.ProjectName}/${input.JobName}` : "unknown";
    return { refused: `a CloudTrail record that says only that job ${quoted(asked)} was asked for, not what it is` };
  }
  if (name !== "StartModelPackagingJob")
    return { refused: `a CloudTrail record of ${quoted(name, 60)}, which holds no job` };
  if (!isObject(input)) return { refused: "a CloudTrail record without requestParameters" };
  const job = (isObject(output) ? output.JobName : undefined) ?? input.JobName;
  const started = epochMilliseconds(record.eventTime);
  const { description, changes } = wireDescription({
    JobName: job,
    ProjectName: input.ProjectName,
    ModelVersion: input.ModelVersion,
    ModelPackagingConfiguration: input.Configuration,
    ModelPackagingJobDescription: input.Description,
    ...(started !== null && { CreationTimestamp: started / 1000 }),
  });
  const { ProjectName = "", JobName = "" } = description;
  if (ProjectName === "" || JobName === "")
    return { refused: "a CloudTrail record that does not name its project and job" };
  const guessed = [
    ...(started === null ? [] : ["CreationTimestamp is the time of the request"]),
    "what came of the job is not known: Status, output details and times of change are absent",
    ...changes,
  ];
  return { ref: { project: ProjectName, job: JobName }, description, origin: "CLOUDTRAIL", guessed };
}

const DEEPEST = 16;
// CloudTrail's own words in place of a value.
const HIDDEN = /^(HIDDEN_DUE_TO_SECURITY_REASONS|\*{3,})$/;

/** The same with capital first letters, without what CloudTrail hides. */
function capitalised(value: unknown, depth = 0): unknown {
  if (depth > DEEPEST || (typeof value === "string" && HIDDEN.test(value))) return null;
  if (Array.isArray(value)) return value.map((item) => capitalised(item, depth + 1));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, member]) => {
    return [key.slice(0, 1).toUpperCase() + key.slice(1), capitalised(member, depth + 1)];
  });
  return Object.fromEntries(entries) as JsonObject;
}
