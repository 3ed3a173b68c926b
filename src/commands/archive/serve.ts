import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { stat } from "node:fs/promises";
import { performance } from "node:perf_hooks";
import { credentialsFile } from "../../archive/access/credentials-file.js";
import { authentication } from "../../archive/access/signature.js";
import { type AccessLog, accessLog } from "../../archive/api/access-log.js";
import type { Archive } from "../../archive/api/describe.js";
import { archiveService } from "../../archive/api/service.js";
import type { JobFolder } from "../../archive/store/folder.js";
import { codeOf, InvalidInputError, messageOf, UsageError } from "../../base/errors.js";
import { rateLimit } from "../../base/rate-limit.js";
import { reasonOf } from "../../base/system-errors.js";
import { type HttpService, serveHttp } from "../../platform/http-server.js";
import { signatureV4 } from "../../platform/signature-v4.js";
import type { Command } from "../shared/command.js";
import { openArchive } from "./open-archive.js";
import { type ServeEvents, serveEvents } from "./serve-events.js";
import { type ArchiveServeOptions, parseServeOptions } from "./serve-options.js";

/** `packdrift archive serve`: serves until SIGINT or SIGTERM, then exits with 0. */
export const archiveServe: Command = async (args, terminal) => {
  const options = parseServeOptions(args);
  const events = serveEvents(terminal, options.json, options.logLevel);
  const jobs = openArchive(options.dir, (file, why) => events.warn("archive.skipped", { file, why }));
  const authenticate = options.credentials === null ? null : await signedWith(options.credentials, events);
  const access = accessLog(
    () => performance.now(),
    events.debug && ((line) => events.debug?.("archive.request", { ...line })),
  );
  const service = await listen(jobs, authenticate, options, access, events);
  events.info("archive.listening", { url: service.url, dir: options.dir, signed: authenticate !== null });
  if (!options.isLoopback && options.tls === null) {
    events.warn("archive.plain", {
      why: "requests and session tokens can be read on the network: serve with --tls-cert and --tls-key",
    });
  }
  const stop = stopSignal();
  const counting = setInterval(() => printCounts(access, events), COUNTS_EVERY_MS);
  const checking = checkAll(jobs, stop).then((counts) => {
    if (!stop.aborted) events.info("archive.checked", counts);
  });
  await new Promise<void>((resolve) => stop.addEventListener("abort", () => resolve(), { once: true }));
  clearInterval(counting);
  await service.close();
  await checking;
  printCounts(access, events);
  return 0;
};

const COUNTS_EVERY_MS = 300_000;

type Authenticate = NonNullable<Archive["authenticate"]>;

async function signedWith(path: string, events: ServeEvents): Promise<Authenticate> {
  try {
    const file = await credentialsFile(path, {
      now: () => performance.now(),
      onError: (error) =>
        events.warn("archive.credentials", { why: `${messageOf(error)} (nobody has access until this is fixed)` }),
    });
    return authentication({ credentials: () => file.current(), signer: signatureV4(), now: () => Date.now() });
  } catch (error) {
    if (error instanceof InvalidInputError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

async function listen(
  jobs: JobFolder,
  authenticate: Authenticate | null,
  { dir, host, port, tls, perSecond }: ArchiveServeOptions,
  access: AccessLog,
  events: ServeEvents,
): Promise<HttpService> {
  const key = randomBytes(32);
  const rule = { perSecond, burst: 2 * perSecond, mostClients: 10_000 };
  const handle = archiveService({
    jobs,
    newRequestId: () => randomUUID(),
    seal: (text) => createHmac("sha256", key).update(text).digest("base64"),
    limit: perSecond === 0 ? null : rateLimit(rule, () => performance.now()),
    rendered: new WeakMap(),
    ...(authenticate !== null && { authenticate }),
    onError: (error, { url }) => events.warn("archive.failed", { url, why: String(error) }),
    isHealthy: async () => (await stat(dir)).isDirectory(),
  });
  const onError = (error: unknown): void => events.warn("archive.failed", { why: String(error) });
  try {
    await jobs.projects();
    return await serveHttp(access.observe(handle), { host, port, onError, ...(tls !== null && { tls }) });
  } catch (error) {
    if (!/^(E[A-Z]+|ERR_(OSSL|SSL)_.*)$/.test(codeOf(error) ?? "")) throw error;
    throw new UsageError(`Cannot serve the archive on ${host}:${port}: ${reasonOf(error)}`, { cause: error });
  }
}

function printCounts(access: AccessLog, events: ServeEvents): void {
  const counts = access.take();
  if (counts !== null) events.info("archive.requests", { ...counts });
}

/** Aborted by the first SIGINT or SIGTERM. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  return stop.signal;
}

/** Reads every job once, so that damaged files are reported before a client requests them. */
async function checkAll(jobs: JobFolder, signal: AbortSignal) {
  const counts = { projects: 0, jobs: 0, skipped: 0 };
  for (const project of await jobs.projects()) {
    counts.projects += 1;
    const total = (await jobs.jobs(project)).length;
    let good = 0;
    let after: string | null = null;
    do {
      if (signal.aborted) return counts;
      const page: readonly { readonly JobName?: string }[] = (await jobs.list(project, after, PAGE)) ?? [];
      good += page.length;
      after = page.length < PAGE ? null : (page.at(-1)?.JobName ?? null);
    } while (after !== null);
    counts.jobs += good;
    counts.skipped += Math.max(0, total - good);
  }
  return counts;
}

const PAGE = 50;
