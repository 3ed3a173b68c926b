import { isObject } from "../../base/json.js";
import { isCompilationJob } from "../../job/compilation-job.js";
import { describeType, JOB_NAME_RULE, nameFault, PROJECT_NAME_RULE, quoted } from "../../job/job-names.js";
import { faultsIn } from "../store/verifier.js";
import { isTrailRecord, jobFromTrailRecord } from "./cloudtrail.js";
import { isComponent, jobFromComponent } from "./component-job.js";
import { jobFromAnswer, jobFromStartRequest, startRequestIn } from "./describe-answer.js";
import type { Extracted, Hints } from "./extracted.js";
import { jobFromCompilationJob } from "./neo-job.js";
import { otherAnswer, sample } from "./other-answers.js";

/**
 * Recognises a document and extracts its job. Faults in the job itself are noted with it, so that `archive verify` reports only
 * later changes. Never throws.
 */
export function recognise(document: unknown, hints: Hints): Extracted {
  return withFaults(extract(document, hints));
}

/** An extracted job with the faults in it noted; refused if its name is one that no job can have. */
export function withFaults(extracted: Extracted): Extracted {
  if ("refused" in extracted) return extracted;
  const { ref, description, origin, guessed } = extracted;
  const fault = nameFault(ref.project, PROJECT_NAME_RULE) ?? nameFault(ref.job, JOB_NAME_RULE);
  if (fault !== null)
    return { refused: `has the name ${quoted(`${ref.project}/${ref.job}`)}, which no job can have: ${fault}` };
  const faults = faultsIn(description, origin !== "DESCRIBE").map(({ message }) => message);
  return { ...extracted, guessed: [...guessed, ...faults] };
}

function extract(document: unknown, hints: Hints): Extracted {
  if (!isObject(document)) return { refused: `needs an object, is ${describeType(document)}` };
  if (isTrailRecord(document)) return jobFromTrailRecord(document, hints);
  const other = otherAnswer(document) ?? sample(document);
  if (other !== null) return { refused: other };
  if (isCompilationJob(document)) return jobFromCompilationJob(document, hints);
  if (isComponent(document)) return jobFromComponent(document, hints);
  const request = startRequestIn(document);
  return request === null ? jobFromAnswer(document, hints) : jobFromStartRequest(request, hints, null);
}
