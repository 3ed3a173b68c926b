import type { ChildProcess } from "node:child_process";
import { InvalidInputError, type JobFailure, JobUnavailableError } from "../errors.js";
import { isMembers } from "../job/answer.js";
import { apiName } from "../job/api-failure.js";
import { checkJobRef, type JobRef } from "../job/names.js";
import { type ApiSettings, type JobAnswer, type JobSource, titleOf } from "../job/source.js";

/** The program that runs describeTask: this very bundle with a command of its own. */
export interface TaskProgram {
  /** Such as `process.execPath`. */
  readonly command: string;
  /** Such as `[bundle, "describe-job"]`. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What it may need beyond its own limit, to start, to load the client and to write; 5,000 by default. */
  readonly graceMs?: number;
}

/**
 * Asks the API in a short-lived process, so that AWS's client and everything it loads is gone when the answer is here.
 * The same outcomes as lookoutVisionJobs; a child that dies or babbles is FAILED. Invariants: the child is dead when
 * describe settles, and it never outlives the time limit by more than the grace.
 */
export function describeApart(settings: ApiSettings, program: TaskProgram): JobSource {
  const name = apiName(settings);
  return {
    name,
    async describe(ref, signal) {
      checkJobRef(ref.project, ref.job);
      if (signal?.aborted) throw signal.reason;
      const failed = (reason: JobFailure, words: string, cause?: unknown) =>
        new JobUnavailableError(`Cannot get ${titleOf(ref)} from ${name}: ${words}`, reason, null, { cause });
      const ended = await runChild(
        program,
        JSON.stringify({ settings, ref }),
        settings.timeoutMs + (program.graceMs ?? GRACE_MS),
        signal,
      );
      if (signal?.aborted) throw signal.reason;
      if (ended.why === "late") throw failed("TIMEOUT", `no answer within ${settings.timeoutMs} ms`);
      if (ended.why === "large") throw failed("FAILED", `the asking process wrote more than ${MAX_OUTPUT_BYTES} bytes`);
      if (ended.why === "unstarted")
        throw failed("FAILED", `the asking process did not start${ended.detail}`, ended.cause);
      const reply = parseReply(ended.output);
      if (reply === null) throw failed("FAILED", `the asking process gave no answer and ended with ${ended.detail}`);
      if ("fetchedAt" in reply) return reply;
      throw reply.reason === null
        ? new InvalidInputError(reply.message)
        : new JobUnavailableError(reply.message, reply.reason, reply.retryAfterSeconds);
    },
  };
}

/**
 * The other side of describeApart: reads one request, asks `sourceOf` its settings, writes one reply. Resolves when the
 * reply is written; then the process should exit, whatever the client may still have open.
 */
export async function runDescribeTask(
  input: AsyncIterable<Uint8Array | string>,
  output: NodeJS.WritableStream,
  sourceOf: (settings: ApiSettings) => JobSource,
): Promise<void> {
  const reply = await ask(input, sourceOf);
  await new Promise<void>((resolve, reject) => {
    output.once("error", reject);
    output.write(`${JSON.stringify(reply)}\n`, () => resolve());
  });
}

const GRACE_MS = 5_000;
/** The largest answer, escaped once more. */
const MAX_OUTPUT_BYTES = 4_194_304;
const MAX_INPUT_CHARACTERS = 65_536;

type Reply = JobAnswer | Refusal;
/** `reason` is null for names or settings that cannot be asked for. */
interface Refusal {
  readonly message: string;
  readonly reason: JobFailure | null;
  readonly retryAfterSeconds: number | null;
}

async function ask(
  input: AsyncIterable<Uint8Array | string>,
  sourceOf: (settings: ApiSettings) => JobSource,
): Promise<Reply> {
  let text = "";
  for await (const chunk of input) {
    text += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
    if (text.length > MAX_INPUT_CHARACTERS) break;
  }
  try {
    const { settings, ref } = parseRequest(text);
    return await sourceOf(settings).describe(ref);
  } catch (error) {
    if (error instanceof JobUnavailableError) {
      return { message: error.message, reason: error.reason, retryAfterSeconds: error.retryAfterSeconds };
    }
    if (error instanceof InvalidInputError) return { message: error.message, reason: null, retryAfterSeconds: null };
    throw error;
  }
}

function parseRequest(text: string): { readonly settings: ApiSettings; readonly ref: JobRef } {
  let request: unknown = null;
  try {
    request = JSON.parse(text);
  } catch {
    // Told below with every other wrong request.
  }
  const { settings, ref } = isMembers(request) ? request : { settings: null, ref: null };
  if (isMembers(settings) && isMembers(ref)) {
    const { region, endpoint, timeoutMs, unsigned } = settings;
    const places = typeof region === "string" && (endpoint === null || typeof endpoint === "string");
    if (places && typeof timeoutMs === "number" && timeoutMs > 0 && typeof unsigned === "boolean") {
      return { settings: { region, endpoint, timeoutMs, unsigned }, ref: checkJobRef(ref.project, ref.job) };
    }
  }
  throw new InvalidInputError("Cannot describe a job: standard input needs one JSON object with settings and ref");
}

interface Ended {
  readonly why: "closed" | "late" | "large" | "aborted" | "unstarted";
  readonly output: string;
  /** Exit code or signal, or why it did not start. */
  readonly detail: string;
  readonly cause?: unknown;
}

/** Resolves when the child is gone. */
async function runChild(
  program: TaskProgram,
  request: string,
  limitMs: number,
  signal: AbortSignal | undefined,
): Promise<Ended> {
  // Loaded when first used: a component that reads its job from a file never pays for it.
  const { spawn } = await import("node:child_process");
  return new Promise((resolve) => {
    let why: Ended["why"] = "closed";
    let cause: unknown;
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    const child = start(spawn, program);
    const kill = (reason: Ended["why"]) => {
      if (why === "closed") why = reason;
      child.kill("SIGKILL");
      // A grandchild may hold the pipe open; closed here, it cannot hold up the answer.
      child.stdout?.destroy();
    };
    const timer = setTimeout(() => kill("late"), limitMs);
    const abort = () => kill("aborted");
    signal?.addEventListener("abort", abort, { once: true });
    const finish = (detail: string) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      const output = Buffer.concat(chunks).toString("utf8");
      resolve({ why, output, detail, ...(cause !== undefined && { cause }) });
    };
    child.stdout?.on("data", (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes > MAX_OUTPUT_BYTES) kill("large");
      else chunks.push(chunk);
    });
    // Without it, a child that dies before it has read would end this process with EPIPE.
    child.stdin?.on("error", () => {});
    child.once("error", (error: NodeJS.ErrnoException) => {
      if (child.pid !== undefined) return;
      why = "unstarted";
      cause = error;
      finish(error.code === undefined ? "" : ` (${error.code})`);
    });
    child.once("close", (code, killedBy) => finish(killedBy ?? `exit code ${code}`));
    child.stdin?.end(request);
  });
}

function start(spawn: typeof import("node:child_process").spawn, { command, args, env }: TaskProgram): ChildProcess {
  // The IPC token and socket are for the component alone; the client's warnings about Node's version are not for its log.
  const { SVCUID: _token, AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT: _socket, ...rest } = env;
  return spawn(command, args, { env: { ...rest, NODE_NO_WARNINGS: "1" }, stdio: ["pipe", "pipe", "inherit"] });
}

const REASONS: ReadonlySet<unknown> = new Set<JobFailure>([
  "NOT_FOUND",
  "DENIED",
  "INVALID",
  "THROTTLED",
  "FAILED",
  "UNREACHABLE",
  "TIMEOUT",
  "GONE",
  "NOT_A_JOB",
]);

function parseReply(output: string): Reply | null {
  let reply: unknown;
  try {
    reply = JSON.parse(output);
  } catch {
    return null;
  }
  if (!isMembers(reply)) return null;
  if (typeof reply.fetchedAt === "string" && "answer" in reply)
    return { answer: reply.answer, fetchedAt: reply.fetchedAt };
  const { message, reason, retryAfterSeconds } = reply;
  if (typeof message !== "string" || !(reason === null || REASONS.has(reason))) return null;
  const wait = typeof retryAfterSeconds === "number" ? retryAfterSeconds : null;
  return { message, reason: reason as JobFailure | null, retryAfterSeconds: wait };
}
