import { InvalidInputError } from "../../base/errors.js";
import { isObject, type JsonObject } from "../../base/json.js";
import { JOB_NAME, kindOf, nameFault, PROJECT_NAME, quoted } from "../../job/job-names.js";
import { descriptionOf } from "../../job/wire-answer.js";
import { wireDescription } from "../api/wire-description.js";
import { isTrailRecord, takeTrailRecord } from "./cloudtrail.js";
import { isComponent, takeComponent } from "./component-recipe.js";
import { isCompilationJob, takeCompilationJob } from "./neo.js";
import type { Hints, Taken } from "./taken.js";

/** Tells what a document is and takes the job out of it. Never throws. */
export function recognise(document: unknown, hints: Hints): Taken {
  const taken = take(document, hints);
  if ("refused" in taken) return taken;
  const { project, job } = taken.ref;
  const fault = nameFault(project, PROJECT_NAME) ?? nameFault(job, JOB_NAME);
  return fault === null
    ? taken
    : { refused: `its name ${quoted(`${project}/${job}`)} is none that a job can have: ${fault}` };
}

function take(document: unknown, hints: Hints): Taken {
  if (!isObject(document)) return { refused: `needs an object, is ${kindOf(document)}` };
  if (isTrailRecord(document)) return takeTrailRecord(document, (answer) => takeAnswer(answer, hints));
  if (isCompilationJob(document)) return takeCompilationJob(document, hints);
  if (isComponent(document)) return takeComponent(document, hints);
  return takeAnswer(document, hints);
}

/** An answer of DescribeModelPackagingJob, however a client wrote it. */
function takeAnswer(document: JsonObject, hints: Hints): Taken {
  try {
    const { description, changes } = wireDescription(descriptionOf(document));
    const guessed = [...changes];
    const named = (member: "ProjectName" | "JobName", hint: string | null): string => {
      const own = description[member];
      if (own !== undefined) return own;
      if (hint !== null) guessed.push(`${member} as given on the command line`);
      return hint ?? "";
    };
    const ref = { project: named("ProjectName", hints.project), job: named("JobName", hints.job) };
    if (ref.project === "" || ref.job === "") {
      return { refused: "it does not name its project and job: give --project and --job-name" };
    }
    const full = { ...description, ProjectName: ref.project, JobName: ref.job };
    return { ref, description: wireDescription({ ...full }).description, origin: "DESCRIBE", guessed };
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return { refused: error.message.replace(/^Cannot read job: /, "") };
  }
}
