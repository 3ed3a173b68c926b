import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ApiAnswer, startApi } from "./api.js";
import { JOB, type SceneOptions, startScene, TOP } from "./flow-parts.js";

const COUNT = 20;
export const JOBS = Array.from({ length: COUNT }, (_, at) => ({ project: JOB.project, job: `caps-${at}` }));
export const NAMES = JOBS.map(({ job }) => job);
const ANSWER = readFileSync(join(TOP, "src/lab/jobs/x86-cpu-avx2.json"), "utf8");

/** Answers for any job, and lists all of them. */
export function listsAndAnswers(path: string): ApiAnswer {
  const name = /modelpackagingjobs\/(.+)$/.exec(path)?.[1];
  if (name === undefined) {
    const ModelPackagingJobs = NAMES.map((JobName) => ({ JobName, Status: "SUCCEEDED" }));
    return { status: 200, body: { ModelPackagingJobs } };
  }
  return { status: 200, body: JSON.parse(ANSWER.replaceAll(JOB.job, name)) };
}

/** A device with twenty jobs, and their archive. */
export async function twentyJobs(options: SceneOptions = {}) {
  const archive = await startApi(listsAndAnswers);
  const source = { type: "archive", endpoint: archive.url };
  const it = await startScene({ ...options, configuration: { jobs: JOBS, source, ...options.configuration } });
  /** The reports of the first check of a kind: one for each job. */
  const check = async (trigger: string) => {
    const reports = [];
    for (const job of NAMES)
      reports.push(await it.reports.next((report) => report.trigger === trigger && report.job.name === job));
    return reports;
  };
  const close = async () => {
    await it.close();
    await archive.close();
  };
  return { ...it, close, jobs: archive, check };
}
