import { JobUnavailableError } from "../base/errors.js";
import { ALL_JOBS, type JobRef } from "../job/job-names.js";
import { describeJob } from "./lookup.js";
import { type JobAnswer, type JobSource, titleOf } from "./source.js";

/**
 * Several sources as one: asks them in order, and the first that describes the job answers. When none does, the error has the
 * first one's reason and names every failure.
 */
export function firstAnswer(sources: readonly JobSource[]): JobSource {
  const [only, another] = sources;
  if (only !== undefined && another === undefined) return only;
  const name = sources.map((source) => source.name).join(", then ") || "no source";

  async function inOrder<T>(ref: JobRef, ask: (source: JobSource) => Promise<T>): Promise<T> {
    const failures: JobUnavailableError[] = [];
    for (const source of sources) {
      try {
        return await ask(source);
      } catch (error) {
        if (!(error instanceof JobUnavailableError)) throw error;
        failures.push(error);
      }
    }
    const [first] = failures;
    if (first === undefined) throw new JobUnavailableError(`Cannot get ${titleOf(ref)}: no source is set`, "NOT_FOUND");
    const message = failures.map((failure) => failure.message).join("; ");
    throw new JobUnavailableError(message, first.reason, first.retryAfterSeconds, { cause: first });
  }

  return {
    name,
    // An answer about another job does not count: the next source may have the right one.
    describe: (ref, signal) =>
      inOrder(ref, async (source): Promise<JobAnswer> => {
        const { answer, fetchedAt, notes } = await describeJob(source, ref, signal);
        return { answer, fetchedAt, notes, source: source.name };
      }),
    list: (project, signal) =>
      inOrder({ project, job: ALL_JOBS }, async (source) => {
        if (source.list !== undefined) return source.list(project, signal);
        throw new JobUnavailableError(`Cannot list jobs: ${source.name} has no list`, "FAILED");
      }),
  };
}
