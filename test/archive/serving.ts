import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { credentialsFile } from "../../src/archive/access/credentials-file.js";
import { authentication } from "../../src/archive/access/signature.js";
import type { ArchivedJobs } from "../../src/archive/api/describe.js";
import { archiveService } from "../../src/archive/api/service.js";
import { jobFolder } from "../../src/archive/store/folder.js";
import type { RateLimit } from "../../src/base/rate-limit.js";
import type { ModelPackagingDescription } from "../../src/job/wire.js";
import { serveHttp } from "../../src/platform/http-server.js";
import { signatureV4 } from "../../src/platform/signature-v4.js";

const LAB_JOBS = join(import.meta.dirname, "../../src/lab/jobs");

/** A running archive on the loopback address, made of the real parts. */
export interface Serving {
  readonly endpoint: string;
  /** The requests received, in order: method and URL. */
  readonly requests: readonly string[];
  /** When they were received: milliseconds. */
  readonly times: readonly number[];
  readonly errors: readonly unknown[];
  close(): Promise<void>;
}

/** How it differs from an ordinary archive. */
export interface ServingOptions {
  /** The text of a credentials file. */
  readonly credentials?: string;
  readonly limit?: RateLimit;
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Wraps the folder: may answer, throw or pass on. */
  readonly jobs?: (folder: ArchivedJobs) => ArchivedJobs;
}

/** Serves a folder. */
export async function serveFolder(dir: string, options: ServingOptions = {}): Promise<Serving> {
  const requests: string[] = [];
  const times: number[] = [];
  const errors: unknown[] = [];
  const folder = jobFolder(dir, { now: () => performance.now(), onDamaged: () => {} });
  const folderOfCredentials = mkdtempSync(join(tmpdir(), "packdrift-credentials-"));
  let authenticate: ReturnType<typeof authentication> | undefined;
  if (options.credentials !== undefined) {
    writeFileSync(join(folderOfCredentials, "credentials"), options.credentials, { mode: 0o600 });
    const onError = (error: unknown) => void errors.push(error);
    const file = await credentialsFile(join(folderOfCredentials, "credentials"), {
      now: () => performance.now(),
      onError,
    });
    authenticate = authentication({ credentials: () => file.current(), signer: signatureV4(), now: () => Date.now() });
  }
  let count = 0;
  const handle = archiveService({
    jobs: options.jobs?.(folder) ?? folder,
    newRequestId() {
      count += 1;
      return `00000000-0000-4000-8000-${String(count).padStart(12, "0")}`;
    },
    seal: (text) => Buffer.from(`sealed ${text}`).toString("base64"),
    limit: options.limit ?? null,
    ...(authenticate !== undefined && { authenticate }),
    onError: (error) => void errors.push(error),
  });
  const service = await serveHttp(
    (request) => {
      requests.push(`${request.method} ${request.url}`);
      times.push(performance.now());
      return handle(request);
    },
    {
      host: "127.0.0.1",
      port: 0,
      onError: (error) => void errors.push(error),
      ...(options.tls !== undefined && { tls: options.tls }),
    },
  );
  return {
    endpoint: service.url,
    requests,
    times,
    errors,
    async close() {
      await service.close();
      rmSync(folderOfCredentials, { recursive: true, force: true });
    },
  };
}

/** A new archive folder with these jobs. */
export function archiveOf(jobs: readonly ModelPackagingDescription[]): string {
  const dir = mkdtempSync(join(tmpdir(), "packdrift-archive-"));
  for (const job of jobs) putJob(dir, job);
  return dir;
}

/** Writes one job's file into an archive folder. */
export function putJob(
  dir: string,
  job: ModelPackagingDescription,
  text = JSON.stringify({ ModelPackagingDescription: job }),
): void {
  const path = join(dir, job.ProjectName ?? "", `${job.JobName}.json`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** The sample jobs of the lab. */
export function labJobs(): readonly ModelPackagingDescription[] {
  return readdirSync(LAB_JOBS).map(
    (name) => JSON.parse(readFileSync(join(LAB_JOBS, name), "utf8")).ModelPackagingDescription,
  );
}
