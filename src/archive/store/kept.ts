import { InvalidInputError } from "../../base/errors.js";
import { isObject } from "../../base/json.js";
import { checkJobRef, type JobRef, quoted } from "../../job/job-names.js";
import { parseJobText } from "../../job/job-text.js";
import type { ModelPackagingDescription } from "../../job/wire.js";
import { canonicalAnswer, descriptionOf } from "../../job/wire-answer.js";
import { wireDescription } from "../api/wire-description.js";

/** Where a kept job was taken from; only DESCRIBE is the service's own word. */
export type Origin = (typeof ORIGINS)[number];

/** In the order of trust: a job is never replaced by one of lesser trust. */
export const ORIGINS = ["DESCRIBE", "CLOUDTRAIL", "NEO", "RECIPE"] as const;

/** What the archive notes beside a job; a file that a person put there has no note. */
export interface Note {
  readonly schema: "packdrift.archived-job/1";
  readonly origin: Origin;
  /** True when the description was put together from what else was left. */
  readonly reconstructed: boolean;
  /** The file's name, without its folder. */
  readonly from: string;
  /** What was guessed or left out, in sentences. */
  readonly guessed: readonly string[];
  /** SHA-256 of the canonical answer, hexadecimal. */
  readonly digest: string;
}

/** A job as the archive keeps it. */
export interface KeptJob {
  readonly description: ModelPackagingDescription;
  readonly note: Note | null;
  /** What the file has that the service would not have sent, in sentences. */
  readonly changes: readonly string[];
}

/** The text of `DIR/<projectName>/<jobName>.json`: an answer of DescribeModelPackagingJob with a note beside it. */
export function encodeKept(description: ModelPackagingDescription, note: Note): string {
  return `${JSON.stringify({ ModelPackagingDescription: description, packdrift: note }, null, 1)}\n`;
}

/**
 * Reads what stands in the file of a job: any answer of DescribeModelPackagingJob, with or without a note. Throws
 * InvalidInputError when it is none, or another job's.
 */
export function parseKept(text: string, ref: JobRef): KeptJob {
  const answer = parseJobText(text, `${ref.project}/${ref.job}.json`);
  const { packdrift: note, ...rest } = isObject(answer) ? answer : { packdrift: undefined, answer };
  const members = descriptionOf(isObject(answer) ? rest : answer);
  const { description, changes } = wireDescription(members);
  const { ProjectName = ref.project, JobName = ref.job } = description;
  checkJobRef(ProjectName, JobName);
  if (ProjectName !== ref.project || JobName !== ref.job) {
    throw new InvalidInputError(
      `Cannot keep job ${quoted(`${ref.project}/${ref.job}`)}: it is ${quoted(`${ProjectName}/${JobName}`)}`,
    );
  }
  return { description: { ...description, JobName, ProjectName }, note: parseNote(note), changes };
}

/** The digest of a description, as a note has it; `sha256` gives hexadecimal. */
export function digestOf(description: ModelPackagingDescription, sha256: (text: string) => string): string {
  return sha256(canonicalAnswer(description));
}

/** A note that is not as it should be counts as none: the job beside it is good all the same. */
function parseNote(value: unknown): Note | null {
  if (!isObject(value) || value.schema !== "packdrift.archived-job/1") return null;
  const { origin, reconstructed, from, guessed, digest } = value;
  const known = ORIGINS.find((name) => name === origin);
  if (known === undefined || typeof from !== "string" || typeof digest !== "string" || !Array.isArray(guessed))
    return null;
  return {
    schema: "packdrift.archived-job/1",
    origin: known,
    reconstructed: reconstructed === true,
    from,
    guessed: guessed.filter((sentence) => typeof sentence === "string"),
    digest,
  };
}
