import type { DeviceFacts } from "../../device/facts.js";
import type { Runnable } from "../../drift/finding.js";
import type { Pair } from "../../drift/preflight.js";
import type { PackagingJob } from "../../job/job.js";

/** A job of a preflight; no two have one name. */
export interface NamedJob {
  readonly name: string;
  /** The file that it was read from, as given. */
  readonly from: string;
  readonly job: PackagingJob;
}

/** A machine of a preflight; no two have one name. */
export interface NamedMachine {
  readonly name: string;
  /** The folder or file that its facts were read from, as given. */
  readonly from: string;
  readonly facts: DeviceFacts;
}

export type NamedPair = Pair<NamedJob, NamedMachine>;

/** 0 when every job runs on every machine, tested or not; 1 when one will not; else 2 when one is unknown. */
export function exitCodeOfPairs(answers: ReadonlySet<Runnable>): 0 | 1 | 2 {
  if (answers.has("WILL_NOT_RUN")) return 1;
  return answers.has("CANNOT_TELL") ? 2 : 0;
}
