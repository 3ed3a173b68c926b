import type { JobRef } from "../../job/job-names.js";
import type { ModelPackagingDescription } from "../../job/wire.js";
import type { Origin } from "../store/stored-job.js";

/** The job that one document of a file holds. */
interface ExtractedJob {
  readonly ref: JobRef;
  readonly description: ModelPackagingDescription;
  readonly origin: Origin;
  /** What was guessed, changed, left out or found wrong, in sentences. */
  readonly guessed: readonly string[];
}

/** What one document of a file turned out to be. */
export type Extracted =
  | ExtractedJob
  | {
      /** Why it holds no job for the archive. */
      readonly refused: string;
    };

/** What the user says about a job whose document may not name it. */
export interface Hints {
  readonly project: string | null;
  readonly job: string | null;
  /** A component's tags, saved apart from its recipe. */
  readonly tags: Readonly<Record<string, string>>;
}
