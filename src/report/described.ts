import { parseCompilerOptions } from "../job/compiler-options.js";
import type { PackagingJob } from "../job/job.js";
import { type Requirements, requirementsOf } from "../job/requirements.js";
import type { ReportedJob } from "./report.js";

/** The requirements of a report's job, from its target and options: a report has these two, but not the description. */
export function describedIn({ target, compilerOptions }: ReportedJob): Requirements {
  const words = (target ?? "").split(" ");
  const isPlatform = target !== null && (words.includes("LINUX") || words.length > 1);
  const find = (...known: readonly string[]) => words.find((word) => known.includes(word)) ?? null;
  return requirementsOf({
    ...NOTHING,
    targetDevice: isPlatform ? null : target,
    targetPlatform: isPlatform
      ? { os: find("LINUX"), arch: find("ARM64", "X86_64"), accelerator: find("NVIDIA") }
      : null,
    compilerOptions: parseCompilerOptions(compilerOptions),
  });
}

const NOTHING: PackagingJob = {
  project: null,
  name: null,
  modelVersion: null,
  status: null,
  statusMessage: null,
  description: null,
  method: null,
  createdAt: null,
  updatedAt: null,
  component: { name: null, version: null, versionFrom: null },
  configured: { name: null, version: null },
  output: null,
  targetDevice: null,
  targetPlatform: null,
  compilerOptions: parseCompilerOptions(null),
  problems: [],
};
