import type { JobRef } from "../../job/job-names.js";
import type { ModelPackagingDescription } from "../../job/wire.js";
import type { Origin } from "../store/stored-job.js";

/** The job in one document of a file. */
interface ExtractedJob {
  readonly ref: JobRef;
  readonly description: ModelPackagingDescription;
  readonly origin: Origin;
  /** What was guessed, changed, left out or found wrong, in sentences. */
  readonly guessed: readonly string[];
}

/** The job in one document of a file, or why it has none. */
export type Extracted =
  | ExtractedJob
  | {
      /** Why it holds no job for the archive. */
      readonly refused: string;
    };

/** Names given by the user, for documents that may not have them. */
export interface Hints {
  readonly project: string | null;
  readonly job: string | null;
  /** A component's tags, saved apart from its recipe. */
  readonly tags: Readonly<Record<string, string>>;
}
