import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { credentialsFile } from "../../archive/access/credentials-file.js";
import { authentication } from "../../archive/access/signature.js";
import { signatureV4 } from "../../archive/access/signature-v4.js";
import { loopbackAddress } from "../../archive/api/loopback.js";
import { rateLimit } from "../../archive/api/rate.js";
import { archiveService } from "../../archive/api/service.js";
import type { JobFolder } from "../../archive/store/folder.js";
import { codeOf, InvalidInputError, messageOf, UsageError } from "../../base/errors.js";
import { type HttpService, serveHttp } from "../../platform/http-server.js";
import { type Command, parseOptions, type Terminal } from "../shared/command.js";
import { archiveFolder, openArchive } from "./open-archive.js";

const OPTIONS = {
  dir: { type: "string" },
  host: { type: "string" },
  port: { type: "string" },
  credentials: { type: "string" },
  "tls-cert": { type: "string" },
  "tls-key": { type: "string" },
  rate: { type: "string" },
  json: { type: "boolean" },
} as const;

/** `packdrift archive serve`: answers until it is told to stop (SIGINT, SIGTERM), then ends with 0. */
export const archiveServe: Command = async (args, terminal) => {
  const { values, positionals } = parseOptions(args, OPTIONS);
  if (positionals.length > 0) throw new UsageError(`Not an option of archive serve: "${positionals[0]}"`);
  const dir = archiveFolder(values.dir);
  const loopback = loopbackAddress(values.host ?? "127.0.0.1");
  if (loopback === null && values.credentials === undefined) {
    throw new UsageError(
      `Cannot serve on "${values.host}": without --credentials FILE the archive answers on the loopback address only`,
    );
  }
  const port = wholeNumber("port", values.port ?? "8080", 0, 65_535);
  const perSecond = wholeNumber("rate", values.rate ?? "50", 0, 1_000_000);
  const tls = tlsFiles(values["tls-cert"], values["tls-key"]);
  const tell = events(terminal, values.json ?? false);

  const jobs = openArchive(dir, (file, why) => tell.warn("archive.skipped", { file, why }));
  const limit =
    perSecond === 0
      ? null
      : rateLimit({ perSecond, burst: 2 * perSecond, mostClients: 10_000 }, performance.now.bind(performance));
  const authenticate = values.credentials === undefined ? null : await signedWith(values.credentials, tell);
  const key = randomBytes(32);
  const handle = archiveService({
    jobs,
    newRequestId: () => randomUUID(),
    seal: (text) => createHmac("sha256", key).update(text).digest("base64"),
    limit,
    rendered: new WeakMap(),
    ...(authenticate !== null && { authenticate }),
    onError: (error, { url }) => tell.warn("archive.failed", { url, why: String(error) }),
  });
  const service = await listen(jobs, () =>
    serveHttp(handle, {
      host: loopback ?? values.host ?? "",
      port,
      onError: (error) => tell.warn("archive.failed", { why: String(error) }),
      ...(tls !== null && { tls }),
    }),
  );
  tell.info("archive.listening", { url: service.url, dir, signed: authenticate !== null });
  if (loopback === null && tls === null) {
    tell.warn("archive.plain", {
      why: "requests and session tokens can be read on the way: serve with --tls-cert and --tls-key",
    });
  }
  const stopped = untilStopped();
  const checking = checkAll(jobs, stopped.signal).then((counts) => {
    if (!stopped.signal.aborted) tell.info("archive.checked", counts);
  });
  await stopped.promise;
  await service.close();
  await checking;
  return 0;
};

/** Told on the terminal in words, or as one JSON object a line. */
interface Events {
  info(event: string, fields: Readonly<Record<string, unknown>>): void;
  warn(event: string, fields: Readonly<Record<string, unknown>>): void;
}

function events(terminal: Terminal, json: boolean): Events {
  const line = (event: string, fields: Readonly<Record<string, unknown>>): string =>
    json ? `${JSON.stringify({ event, time: new Date().toISOString(), ...fields })}\n` : `${inWords(event, fields)}\n`;
  return {
    info: (event, fields) => terminal.out(line(event, fields)),
    warn: (event, fields) => (json ? terminal.out : terminal.err)(line(event, fields)),
  };
}

function inWords(event: string, fields: Readonly<Record<string, unknown>>): string {
  switch (event) {
    case "archive.listening":
      return `Archive ${fields.dir} answers on ${fields.url} (${fields.signed ? "signed requests" : "no credentials: this machine only"})`;
    case "archive.checked":
      return `${fields.jobs} jobs in ${fields.projects} projects, ${fields.skipped} damaged files skipped`;
    case "archive.skipped":
      return `Skipped ${fields.file}: ${fields.why}`;
    default:
      return `Warning: ${fields.url === undefined ? "" : `${fields.url}: `}${fields.why}`;
  }
}

async function signedWith(path: string, tell: Events) {
  try {
    const file = await credentialsFile(path, {
      now: () => performance.now(),
      onError: (error) => tell.warn("archive.credentials", { why: messageOf(error) }),
    });
    return authentication({ credentials: () => file.current(), signer: signatureV4(), now: () => Date.now() });
  } catch (error) {
    if (error instanceof InvalidInputError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

function tlsFiles(cert: string | undefined, key: string | undefined): { cert: string; key: string } | null {
  if (cert === undefined && key === undefined) return null;
  if (cert === undefined || key === undefined) throw new UsageError("--tls-cert and --tls-key belong together");
  const read = (option: string, path: string): string => {
    try {
      return readFileSync(path, "utf8");
    } catch (cause) {
      throw new UsageError(`Cannot read --${option} "${path}": ${codeOf(cause)}`, { cause });
    }
  };
  return { cert: read("tls-cert", cert), key: read("tls-key", key) };
}

async function listen(jobs: JobFolder, serve: () => Promise<HttpService>): Promise<HttpService> {
  try {
    await jobs.projects();
    return await serve();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!/^(E[A-Z]+|ERR_(OSSL|SSL)_.*)$/.test(code ?? "")) throw error;
    throw new UsageError(`Cannot serve the archive: ${message}`, { cause: error });
  }
}

function untilStopped() {
  const stop = new AbortController();
  const promise = new Promise<void>((resolve) =>
    stop.signal.addEventListener("abort", () => resolve(), { once: true }),
  );
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  return { promise, signal: stop.signal };
}

/** Looks at every job once, so that damaged files are known before anybody asks for them. */
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

function wholeNumber(option: string, text: string, least: number, most: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : -1;
  if (value < least || value > most) {
    throw new UsageError(`Cannot use --${option} "${text}": must be a whole number from ${least} to ${most}`);
  }
  return value;
}
