import type { JobRef } from "../../job/job-names.js";
import type { ModelPackagingDescription } from "../../job/wire.js";
import type { Origin } from "../store/kept.js";

/** What one document of a file turned out to be. */
export type Taken =
  | {
      readonly ref: JobRef;
      readonly description: ModelPackagingDescription;
      readonly origin: Origin;
      /** What was guessed, changed or left out, in sentences. */
      readonly guessed: readonly string[];
    }
  | {
      /** Why it is of no use to the archive. */
      readonly refused: string;
    };

/** What the user knows of a job that its document may not name. */
export interface Hints {
  readonly project: string | null;
  readonly job: string | null;
  /** A component's tags, kept apart from its recipe. */
  readonly tags: Readonly<Record<string, string>>;
}
