import { isObject, type JsonObject } from "../../base/json.js";
import { quoted } from "../../job/job-names.js";

/**
 * What a document is that comes from the same services but holds no job, and what to import instead; null for any other. These
 * share members with documents that do hold one, so they are named before those are looked for.
 */
export function otherAnswer(document: JsonObject): string | null {
  if (document.EdgePackagingJobName !== undefined || document.EdgePackagingJobArn !== undefined) {
    return edgePackagingJob(document);
  }
  const found = ANSWERS.find(([member]) => Array.isArray(document[member]));
  return found === undefined ? null : found[1];
}

/** Recognises the AWS CLI's skeletons, which look like answers or requests; null for any other document. */
export function sample(document: JsonObject): string | null {
  const inner = isObject(document.ModelPackagingDescription) ? document.ModelPackagingDescription : document;
  const placeholder = ["JobName", "ProjectName", "CompilationJobName"].some((member) => inner[member] === member);
  return placeholder ? "is a skeleton of the AWS CLI (--generate-cli-skeleton): its values are placeholders" : null;
}

/** An edge packaging job names the component and the compilation job, but only the compilation job has the target. */
function edgePackagingJob({ CompilationJobName: compiled }: JsonObject): string {
  const which = typeof compiled === "string" ? ` ${quoted(compiled, 70)}` : "";
  return `is an edge packaging job (DescribeEdgePackagingJob), which does not say what the model was compiled for: import its compilation job${which} (aws sagemaker describe-compilation-job)`;
}

const ANSWERS = [
  [
    "CompilationJobSummaries",
    "is an answer of ListCompilationJobs, which has no compiler options: import each job's own answer (aws sagemaker describe-compilation-job)",
  ],
  [
    "EdgePackagingJobSummaries",
    "is an answer of ListEdgePackagingJobs, which does not say what the models were compiled for: import the compilation jobs (aws sagemaker describe-compilation-job)",
  ],
  [
    "componentVersions",
    "is an answer of ListComponentVersions, which has no recipe: import each version's own answer (aws greengrassv2 get-component)",
  ],
  [
    "components",
    "is an answer of ListComponents, which has no recipe: import each version's own answer (aws greengrassv2 get-component)",
  ],
  [
    "installedComponents",
    "is an answer of ListInstalledComponents, which has no recipe: import each version's own answer (aws greengrassv2 get-component)",
  ],
] as const;
