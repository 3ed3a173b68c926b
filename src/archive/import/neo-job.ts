import type { JsonObject } from "../../base/json.js";
import { packagingJobOf } from "../../job/compilation-job.js";
import type { Extracted, Hints } from "./extracted.js";

/** The packaging job with the same requirements as a SageMaker Neo compilation job. */
export function jobFromCompilationJob(job: JsonObject, hints: Hints): Extracted {
  const mapped = packagingJobOf(job, hints);
  if ("refused" in mapped) return mapped;
  const { ref, description, guessed } = mapped;
  return { ref, description, origin: "NEO", guessed };
}
