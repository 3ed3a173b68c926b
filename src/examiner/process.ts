import { type ChildProcess, spawn } from "node:child_process";
import { codeOf, ExpectedError, InvalidInputError } from "../base/errors.js";
import type { FactsSummary } from "../device/summary.js";
import { eachLine } from "./lines.js";
import {
  type Answer,
  type ComponentDetails,
  type DoctorRequest,
  type Examination,
  type ExaminationRequest,
  type ExaminerMessage,
  type ExaminerRequest,
  type ExaminerResult,
  encodeMessage,
  type KeeperQuery,
  parseMessage,
} from "./protocol.js";

/** The examiner's program. */
export interface ExaminerProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Called when a signal, not `kill`, ended the process before its result: its compiled code may be damaged. */
  readonly onCrash?: () => void;
  /** Resolves to what is wrong with the program's own files, or null; called when the process ended without a result. */
  readonly whyBroken?: () => Promise<string | null>;
}

/** Answers the examiner's questions about the nucleus. */
export interface NucleusAnswers {
  componentDetails(component: string): Promise<ComponentDetails>;
  isConfigured(component: string): Promise<boolean>;
  mayPublish(topic: string): Promise<string | null>;
  tokenExchangePort(): Promise<number | null>;
}

/**
 * A started examiner that waits for its only request: call one of its methods but `kill`, once. Each throws ExpectedError when
 * the process dies, writes something that is not a message, or takes too long. After its result the process gets END_LIMIT_MS
 * to exit.
 */
export interface Examiner {
  /** Runs one examination; `nucleus` answers the examiner's questions. */
  check(request: ExaminationRequest, nucleus: NucleusAnswers): Promise<Examination>;
  facts(): Promise<FactsSummary>;
  /** Resolves to what keeps the component from starting without Greengrass with this configuration, or null. */
  startProblem(configuration: string): Promise<string | null>;
  /** Makes the doctor's page: schema `packdrift.doctor/1`, shortened for a message. */
  doctor(request: DoctorRequest, nucleus: NucleusAnswers): Promise<object>;
  /** Resolves to what is wrong with a configuration, or null. */
  validate(configuration: unknown): Promise<string | null>;
  /** Ends an examiner that is not needed. */
  kill(): void;
}

const TIME_LIMIT_MS = 120_000;
const END_LIMIT_MS = 2_000;
const MAX_OUTPUT_BYTES = 8 * 2 ** 20;

/**
 * Starts an examiner. It is a short-lived process, so that the memory for what it loads (AWS's client, the facts, the rules) is
 * freed once it has answered, and so that a crash in it does not take the keeper down.
 */
export function startExaminer(program: ExaminerProgram): Examiner {
  const started = start(program);
  let isUnwanted = false;
  async function ask(request: ExaminerRequest, nucleus: NucleusAnswers): Promise<ExaminerResult> {
    if (typeof started === "string") throw died(started, null);
    const { child, gone } = started;
    const timer = setTimeout(() => child.kill("SIGKILL"), TIME_LIMIT_MS);
    let patienceMs = 0;
    try {
      const how = gone.then(async (end) => {
        if (end.signal !== null && !isUnwanted) program.onCrash?.();
        const isAnswered = patienceMs > 0;
        throw died(end.how, isAnswered || isUnwanted ? null : ((await program.whyBroken?.()) ?? null));
      });
      const result = await Promise.race([talk(child, request, nucleus), how]);
      patienceMs = END_LIMIT_MS;
      return result;
    } finally {
      clearTimeout(timer);
      const end = setTimeout(() => child.kill("SIGKILL"), patienceMs);
      void gone.then(() => clearTimeout(end));
    }
  }
  return {
    async check(check, nucleus) {
      const result = await ask({ wanted: "check", check }, nucleus);
      if (result.wanted === "check") return result.examination;
      throw unexpected(result);
    },
    async facts() {
      const result = await ask({ wanted: "facts" }, NO_NUCLEUS);
      if (result.wanted === "facts") return result.facts;
      throw unexpected(result);
    },
    async startProblem(configuration) {
      const result = await ask({ wanted: "start", configuration }, NO_NUCLEUS);
      if (result.wanted === "start") return result.problem;
      throw unexpected(result);
    },
    async doctor(doctor, nucleus) {
      const result = await ask({ wanted: "doctor", doctor }, nucleus);
      if (result.wanted === "doctor") return result.page;
      throw unexpected(result);
    },
    async validate(configuration) {
      const result = await ask({ wanted: "validation", configuration }, NO_NUCLEUS);
      if (result.wanted === "validation") return result.problem;
      throw unexpected(result);
    },
    kill() {
      isUnwanted = true;
      if (typeof started !== "string") started.child.kill("SIGKILL");
    },
  };
}

/** For requests that have no questions about the nucleus. */
const NO_NUCLEUS: NucleusAnswers = {
  componentDetails: async () => ({ kind: "unsupported", why: "no check is under way" }),
  isConfigured: async () => false,
  mayPublish: async () => "no request is under way",
  tokenExchangePort: async () => null,
};

/** How a process ended: a phrase for messages, and the signal. */
interface End {
  readonly how: string;
  readonly signal: NodeJS.Signals | null;
}

interface Started {
  readonly child: ChildProcess;
  readonly gone: Promise<End>;
}

/** The running process, or why it could not start. */
function start({ command, args, env: given }: ExaminerProgram): Started | string {
  // The IPC token and socket are for the component alone; Node's own warnings are not for its log.
  const { SVCUID: _token, AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT: _socket, ...env } = given;
  try {
    const child = spawn(command, args, {
      env: { ...env, NODE_NO_WARNINGS: "1" },
      stdio: ["pipe", "pipe", "inherit"],
    });
    // Without a listener, writing to a dead child would crash this process with EPIPE.
    child.stdin?.on("error", () => undefined);
    return { child, gone: endOf(child) };
  } catch (error) {
    // Some failures, such as lack of memory, are thrown; others arrive as an event.
    return `could not start (${codeOf(error)})`;
  }
}

function endOf(child: ChildProcess): Promise<End> {
  return new Promise((resolve) => {
    child.once("error", (error: NodeJS.ErrnoException) => {
      resolve({ how: `could not start (${error.code})`, signal: null });
    });
    // `close` is emitted after the last output, `exit` possibly before it.
    child.once("close", (code, signal) => resolve({ how: `ended with ${signal ?? `exit code ${code}`}`, signal }));
  });
}

function talk(child: ChildProcess, request: ExaminerRequest, nucleus: NucleusAnswers): Promise<ExaminerResult> {
  return new Promise((resolve, reject) => {
    const { stdin, stdout } = child;
    if (stdin === null || stdout === null) return;
    const send = (message: ExaminerMessage) => void stdin.write(encodeMessage(message));
    const fail = (why: string) => reject(failed(why));
    let bytes = 0;
    stdout.on("data", (chunk: string) => {
      bytes += Buffer.byteLength(chunk);
      if (bytes > MAX_OUTPUT_BYTES) fail(`wrote more than ${MAX_OUTPUT_BYTES} bytes`);
    });
    const take = (message: ExaminerMessage) => {
      switch (message.type) {
        case "result":
          return resolve(message.result);
        case "ask": {
          const { number } = message;
          answer(message.ask, nucleus).then((given) => send({ type: "answer", number, answer: given }), reject);
          return;
        }
        default:
          return fail(`sent "${message.type}", which only the keeper sends`);
      }
    };
    eachLine(stdout, (line) => {
      try {
        take(parseMessage(line));
      } catch (error) {
        if (!(error instanceof InvalidInputError)) throw error;
        fail(`wrote a bad line: ${error.message}`);
      }
    });
    send({ type: "request", request });
  });
}

async function answer(ask: KeeperQuery, nucleus: NucleusAnswers): Promise<Answer> {
  switch (ask.what) {
    case "component-details":
      return { what: ask.what, details: await nucleus.componentDetails(ask.component) };
    case "is-configured":
      return { what: ask.what, configured: await nucleus.isConfigured(ask.component) };
    case "may-publish":
      return { what: ask.what, refusal: await nucleus.mayPublish(ask.topic) };
    case "token-exchange-port":
      return { what: ask.what, port: await nucleus.tokenExchangePort() };
  }
}

function failed(why: string): ExpectedError {
  return new ExpectedError(`Cannot check: the examining process ${why}`);
}

function died(how: string, why: string | null): ExpectedError {
  return failed(`${how} before it gave its result${why === null ? "" : `: ${why}`}`);
}

function unexpected({ wanted }: ExaminerResult): ExpectedError {
  return failed(`answered a request that was not made: "${wanted}"`);
}
