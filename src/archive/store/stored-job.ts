import { InvalidInputError } from "../../base/errors.js";
import { isObject } from "../../base/json.js";
import { checkJobRef, type JobRef, quoted } from "../../job/job-names.js";
import { parseJobText } from "../../job/job-text.js";
import type { ModelPackagingDescription } from "../../job/wire.js";
import { canonicalAnswer, descriptionOf } from "../../job/wire-answer.js";
import { wireDescription } from "../../job/wire-description.js";

/** Where a stored job came from; only DESCRIBE is the service's own answer. */
export type Origin = (typeof ORIGINS)[number];

/** Most trusted first: a job is never replaced by one of a less trusted origin. */
export const ORIGINS = ["DESCRIBE", "CLOUDTRAIL", "NEO", "MODEL", "RECIPE"] as const;

/** The archive's note on a job; a file copied there by hand has none. */
export interface Note {
  readonly schema: "packdrift.archived-job/1";
  readonly origin: Origin;
  /** True when the description was composed from something other than an answer of the service. */
  readonly reconstructed: boolean;
  /** The imported file's name, without its folder. */
  readonly from: string;
  /** What was guessed, changed, left out or found wrong, in sentences. */
  readonly guessed: readonly string[];
  /** SHA-256 of the canonical answer, hexadecimal. */
  readonly digest: string;
}

/** A job as stored in the archive. */
export interface StoredJob {
  readonly description: ModelPackagingDescription;
  readonly note: Note | null;
  /** How the file differs from what the service would have sent, in sentences. */
  readonly changes: readonly string[];
}

/** The text of `DIR/<projectName>/<jobName>.json`: an answer of DescribeModelPackagingJob, with the note. */
export function encodeStoredJob(description: ModelPackagingDescription, note: Note): string {
  return `${JSON.stringify({ ModelPackagingDescription: description, packdrift: note }, null, 1)}\n`;
}

/**
 * Reads the file of a job: any answer of DescribeModelPackagingJob, with or without a note. Throws InvalidInputError when it
 * is not one, or is another job's.
 */
export function parseStoredJob(text: string, ref: JobRef): StoredJob {
  const answer = parseJobText(text, `${ref.project}/${ref.job}.json`);
  const { packdrift: note, ...rest } = isObject(answer) ? answer : { packdrift: undefined, answer };
  const members = descriptionOf(isObject(answer) ? rest : answer);
  const { description, changes } = wireDescription(members);
  const { ProjectName = ref.project, JobName = ref.job } = description;
  checkJobRef(ProjectName, JobName);
  if (ProjectName !== ref.project || JobName !== ref.job) {
    throw new InvalidInputError(
      `Cannot read job ${quoted(`${ref.project}/${ref.job}`)}: its file holds ${quoted(`${ProjectName}/${JobName}`)}`,
    );
  }
  return { description: { ...description, JobName, ProjectName }, note: parseNote(note), changes };
}

/** The digest of a description for its note; `sha256` returns hexadecimal. */
export function digestOf(description: ModelPackagingDescription, sha256: (text: string) => string): string {
  return sha256(canonicalAnswer(description));
}

/** A malformed note counts as missing; the job itself is still good. */
function parseNote(value: unknown): Note | null {
  if (!isObject(value) || value.schema !== "packdrift.archived-job/1") return null;
  const { origin, reconstructed, from, guessed, digest } = value;
  const known = ORIGINS.find((name) => name === origin);
  if (known === undefined || typeof from !== "string" || typeof digest !== "string" || !Array.isArray(guessed)) {
    return null;
  }
  return {
    schema: "packdrift.archived-job/1",
    origin: known,
    reconstructed: reconstructed === true,
    from,
    guessed: guessed.filter((sentence) => typeof sentence === "string"),
    digest,
  };
}
