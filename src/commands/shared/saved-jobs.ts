import { basename } from "node:path";
import { ExpectedError, InvalidInputError, JobUnavailableError } from "../../base/errors.js";
import { reasonOf } from "../../base/system-errors.js";
import { jobDocuments } from "../../job/job-documents.js";
import { FileTooLongError, readStandardInput } from "../../platform/safe-files.js";
import { readJobFile } from "../../sources/job-files.js";
import { type DescribedJob, savedJobIn, saysNothing } from "../../sources/lookup.js";
import { namedPaths } from "./named-files.js";
import { printProblem, type Terminal } from "./terminal.js";

/** A job that a user named. */
export interface SavedJob extends DescribedJob {
  /** The path; `-` for standard input. */
  readonly from: string;
  /** The name for a job that has none. */
  readonly fallback: string;
}

/** Receives the problems with inputs. */
export interface InputProblems {
  /** Reports an input that cannot be read: the command ends with 3 after it has shown the rest. */
  readonly failed: (problem: string) => void;
  /** Reports a file in a folder that is of another kind. */
  readonly skipped: (note: string) => void;
}

/** The exit code of a command that could not read all of its inputs. */
export const CANNOT_READ = 3;

/** Prints problems as they are found, and remembers whether the command has failed. */
export function inputProblems(terminal: Pick<Terminal, "err" | "errColumns">) {
  let hasFailed = false;
  return {
    failed(problem: string) {
      hasFailed = true;
      printProblem(terminal, problem);
    },
    skipped: (note: string) => printProblem(terminal, note),
    haveFailed: () => hasFailed,
  };
}

/**
 * Reads saved jobs: files, the JSON files in folders, and `-` for standard input, which may hold several. One that
 * cannot be read does not keep the others from being read.
 */
export async function readSavedJobs(
  paths: readonly string[],
  problems: InputProblems,
  onRead: () => void = () => undefined,
): Promise<readonly SavedJob[]> {
  const jobs: SavedJob[] = paths.includes("-") ? [...(await jobsInStandardInput(problems))] : [];
  const files = namedPaths(
    paths.filter((path) => path !== "-"),
    { isWhole: () => false, names: /\.json$/, what: "saved job", onProblem: problems.failed },
  );
  for (const { path, isNamed } of files) {
    const job = await jobInFile(path, isNamed, problems);
    if (job !== null) jobs.push(job);
    onRead();
  }
  return jobs;
}

async function jobInFile(path: string, isNamed: boolean, { failed, skipped }: InputProblems): Promise<SavedJob | null> {
  const read = await readJobFile(path).catch(problemIn);
  if ("problem" in read) {
    failed(read.problem);
    return null;
  }
  const found = jobIn(read.answer, path, `file ${path}`, read.fetchedAt);
  if ("problem" in found && isNamed) failed(found.problem);
  else if ("problem" in found) skipped(`Skipped ${JSON.stringify(path)}: it is not a saved job`);
  else if (isNamed || !saysNothing(found.job)) return { ...found, from: path, fallback: basename(path, ".json") };
  else skipped(`Skipped ${JSON.stringify(path)}: it says nothing about a job`);
  return null;
}

async function jobsInStandardInput({ failed }: InputProblems): Promise<readonly SavedJob[]> {
  try {
    const bytes = await readStandardInput(MOST_INPUT_BYTES);
    const fetchedAt = new Date().toISOString();
    return jobDocuments(bytes, STANDARD_INPUT).flatMap(({ name, read }) => {
      const found = documentJob(name, read, fetchedAt);
      if (!("problem" in found)) return [{ ...found, from: "-", fallback: name }];
      failed(found.problem);
      return [];
    });
  } catch (error) {
    failed(inputProblem(error));
    return [];
  }
}

function inputProblem(error: unknown): string {
  if (error instanceof FileTooLongError) return TOO_MUCH_INPUT;
  return error instanceof ExpectedError ? error.message : `Cannot read ${STANDARD_INPUT}: ${reasonOf(error)}`;
}

const STANDARD_INPUT = "standard input";
/** The most bytes of standard input: far more than all jobs of a project. */
const MOST_INPUT_BYTES = 64 * 2 ** 20;
const TOO_MUCH_INPUT = `Cannot read jobs from ${STANDARD_INPUT}: it has more than ${MOST_INPUT_BYTES} bytes`;

function documentJob(name: string, read: () => unknown, fetchedAt: string): DescribedJob | Problem {
  try {
    return jobIn(read(), name, name, fetchedAt);
  } catch (error) {
    return problemIn(error);
  }
}

interface Problem {
  readonly problem: string;
}

function jobIn(answer: unknown, name: string, source: string, fetchedAt: string): DescribedJob | Problem {
  try {
    return savedJobIn(answer, { name, source, fetchedAt });
  } catch (error) {
    return problemIn(error);
  }
}

function problemIn(error: unknown): Problem {
  if (error instanceof JobUnavailableError || error instanceof InvalidInputError) return { problem: error.message };
  throw error;
}
