import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type ArchivedJobs, answerRequest } from "../archive/api/describe.js";
import { checkJobRef } from "../job/job-names.js";
import type { ModelPackagingDescription } from "../job/wire.js";
import { descriptionOf } from "../job/wire-answer.js";
import { serveHttp } from "../platform/http-server.js";

/** An archive on the loopback address. */
export interface SampleArchive {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  close(): Promise<void>;
}

/**
 * Serves sample jobs: the given wire answers, or those in a folder's `*.json`. Listens on the loopback address, on a port
 * that the system chooses, and accepts requests with any signature and without.
 */
export async function startSampleArchive(folderOrJobs: string | readonly unknown[]): Promise<SampleArchive> {
  const answers = typeof folderOrJobs === "string" ? await readAnswers(folderOrJobs) : folderOrJobs;
  const key = randomBytes(32);
  const archive = {
    jobs: jobsInMemory(answers),
    newRequestId: () => randomUUID(),
    seal: (text: string) => createHmac("sha256", key).update(text).digest("base64"),
  };
  let failed: unknown;
  const service = await serveHttp((request) => answerRequest(request, archive), {
    host: "127.0.0.1",
    port: 0,
    onError(error) {
      failed = error;
    },
  });
  return {
    endpoint: service.url,
    async close() {
      await service.close();
      // A handler that threw is a bug: thrown here, because the lab has no log.
      if (failed !== undefined) throw failed;
    },
  };
}

/** The sample jobs' answers, in the order of their file names. */
export async function readAnswers(folder: string): Promise<unknown[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".json")).sort();
  return Promise.all(names.map(async (name) => JSON.parse(await readFile(join(folder, name), "utf8")) as unknown));
}

/** Jobs by project and name; each answer must name both. */
export function jobsInMemory(answers: readonly unknown[]): ArchivedJobs {
  const projects = new Map<string, Map<string, ModelPackagingDescription>>();
  for (const answer of answers) {
    const description: ModelPackagingDescription = descriptionOf(answer);
    const { project, job } = checkJobRef(description.ProjectName, description.JobName);
    const jobs = projects.get(project) ?? new Map<string, ModelPackagingDescription>();
    projects.set(project, jobs.set(job, description));
  }
  return {
    find: async (project, job) => projects.get(project)?.get(job) ?? null,
    async list(project, after, limit) {
      const jobs = projects.get(project);
      if (jobs === undefined) return null;
      const names = [...jobs.keys()].sort().filter((name) => after === null || name > after);
      return names.slice(0, limit).map((name) => jobs.get(name) ?? {});
    },
  };
}
