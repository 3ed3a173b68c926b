import { isObject, type JsonObject } from "../../base/json.js";
import { descriptionOf, NotAJobError } from "../../job/wire-answer.js";
import { wireDescription } from "../../job/wire-description.js";
import type { Extracted, Hints } from "./extracted.js";

/**
 * The request of StartModelPackagingJob that a document is or belongs to, as saved for the AWS CLI's `--cli-input-json` or
 * `--configuration`; null for any other document.
 */
export function startRequestIn(document: JsonObject): JsonObject | null {
  if (isObject(document.Configuration) && isObject(document.Configuration.Greengrass)) return document;
  return isObject(document.Greengrass) ? { Configuration: document } : null;
}

/** Extracts the job from an answer of DescribeModelPackagingJob, saved by any client. */
export function jobFromAnswer(document: JsonObject, hints: Hints): Extracted {
  try {
    const members = descriptionOf(document);
    if (!DETAILS.some((member) => (members[member] ?? null) !== null)) return { refused: WITHOUT_DETAILS };
    const { description, changes } = wireDescription(members);
    const guessed = [...changes];
    const named = (member: "ProjectName" | "JobName", hint: string | null): string => {
      const own = description[member];
      if (own !== undefined) return own;
      if (hint !== null) guessed.push(`${member} as given on the command line`);
      return hint ?? "";
    };
    const ref = { project: named("ProjectName", hints.project), job: named("JobName", hints.job) };
    if (ref.project === "" || ref.job === "") return { refused: NAMELESS };
    const full = { ...description, ProjectName: ref.project, JobName: ref.job };
    return { ref, description: wireDescription({ ...full }).description, origin: "DESCRIBE", guessed };
  } catch (error) {
    if (!(error instanceof NotAJobError)) throw error;
    return { refused: error.why };
  }
}

/**
 * Extracts the job from a request of StartModelPackagingJob, which does not show the outcome. `startedAt` is in Unix
 * milliseconds.
 */
export function jobFromStartRequest(request: JsonObject, hints: Hints, startedAt: number | null): Extracted {
  const { description, changes } = wireDescription({
    JobName: request.JobName ?? hints.job,
    ProjectName: request.ProjectName ?? hints.project,
    ModelVersion: request.ModelVersion,
    ModelPackagingConfiguration: request.Configuration,
    ModelPackagingJobDescription: request.Description,
    ...(startedAt !== null && { CreationTimestamp: startedAt / 1000 }),
  });
  const { ProjectName: project = "", JobName: job = "" } = description;
  if (project === "" || job === "") return { refused: NAMELESS };
  const guessed = [
    ...(startedAt === null ? [] : ["CreationTimestamp is the time of the request"]),
    "the outcome of the job is not known: Status, output details and times of change are absent",
    ...changes,
  ];
  return { ref: { project, job }, description, origin: "CLOUDTRAIL", guessed };
}

const NAMELESS = "does not name its project and job: give --project and --job-name";

/** Members that only a description has, not an item of ListModelPackagingJobs. */
const DETAILS = ["ModelPackagingConfiguration", "ModelPackagingOutputDetails"];
const WITHOUT_DETAILS =
  "does not say what the job was packaged for (ModelPackagingConfiguration is missing): describe each job by its name";
