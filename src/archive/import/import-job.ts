import { InvalidInputError } from "../../base/errors.js";
import type { JobRef } from "../../job/job-names.js";
import { digestOf, encodeStoredJob, type Note, type StoredJob } from "../store/stored-job.js";
import type { JobAccount } from "./account.js";
import { decide } from "./decide.js";
import type { Extracted } from "./extracted.js";

/** The archive that jobs are imported into. */
export interface ImportTarget {
  /** The stored job, or null. Throws InvalidInputError for a damaged file. */
  load(ref: JobRef): Promise<StoredJob | null>;
  /** Throws InvalidInputError where the archive's folder does not allow it. */
  write(ref: JobRef, text: string): Promise<void>;
  /** Hexadecimal. */
  sha256(text: string): string;
  /** Whether to replace jobs that the archive would otherwise keep. */
  readonly replace: boolean;
}

/** Stores the job extracted from the file named `from`, unless the archive has a better description. */
export async function importJob(extracted: Extracted, from: string, target: ImportTarget): Promise<JobAccount> {
  if ("refused" in extracted) return refusal(extracted.refused);
  const { ref, description, origin, guessed } = extracted;
  const digest = digestOf(description, target.sha256);
  // A damaged file must not keep the good one out.
  const stored = await target.load(ref).catch((error: unknown) => {
    if (error instanceof InvalidInputError) return null;
    throw error;
  });
  const storedDigest = stored === null ? null : digestOf(stored.description, target.sha256);
  const candidate = { origin, digest, updatedAt: description.LastUpdatedTimestamp };
  const { action, why } = decide(candidate, stored, storedDigest, target.replace);
  const reconstructed = origin !== "DESCRIBE";
  if (action === "TAKE") {
    const note: Note = { schema: "packdrift.archived-job/1", origin, reconstructed, from, guessed, digest };
    try {
      await target.write(ref, encodeStoredJob(description, note));
    } catch (error) {
      if (error instanceof InvalidInputError) return refusal(error.message);
      throw error;
    }
  }
  const outcome = OUTCOMES[action];
  return { ...ref, origin, reconstructed, outcome, guessed: outcome === "TAKEN" ? guessed : [], why };
}

const OUTCOMES = { TAKE: "TAKEN", LEAVE: "UNCHANGED", REFUSE: "REFUSED" } as const;

function refusal(why: string): JobAccount {
  return { project: null, job: null, outcome: "REFUSED", origin: null, reconstructed: false, guessed: [], why };
}
