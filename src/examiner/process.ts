import { type ChildProcess, spawn } from "node:child_process";
import { ExpectedError } from "../base/errors.js";

/** The program that answers: this very bundle with a command of its own. */
export interface ExaminerProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What the child asks back while it works. */
export type AnswerAsk = (question: unknown) => Promise<unknown>;

/** A child process that has been started and waits for its request. */
export interface Examiner {
  /**
   * Sends the request and answers what the child asks back; resolves to its result. Throws ExpectedError when the child
   * dies, babbles or takes too long. A child that has answered may take END_LIMIT_MS to put its things in order. Call it once.
   */
  ask(request: unknown, answer: AnswerAsk): Promise<unknown>;
  /** Ends a child that is not needed. */
  kill(): void;
}

const TIME_LIMIT_MS = 120_000;
const END_LIMIT_MS = 2_000;
const MAX_OUTPUT_BYTES = 8 * 2 ** 20;

/**
 * Starts an examiner: a short-lived process, so that what it loads (AWS's client, the facts, the rules) is gone when it
 * has answered, and what goes wrong in it stays there. Both sides write JSON, one message a line: `{request}`,
 * `{ask}`/`{answer}` in turn, `{result}`.
 */
export function startExaminer(program: ExaminerProgram): Examiner {
  // The IPC token and socket are for the component alone; Node's own warnings are not for its log.
  const { SVCUID: _token, AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT: _socket, ...env } = program.env;
  let child: ChildProcess;
  try {
    child = spawn(program.command, program.args, {
      env: { ...env, NODE_NO_WARNINGS: "1" },
      stdio: ["pipe", "pipe", "inherit"],
    });
  } catch (error) {
    // Some failures, such as no memory, are thrown; others come as an event.
    const how = `could not start (${(error as NodeJS.ErrnoException).code})`;
    return { ask: async () => died(how), kill: () => undefined };
  }
  const gone = endOf(child);
  // Without it, writing to a child that has died would end this process with EPIPE.
  child.stdin?.on("error", () => undefined);
  return {
    async ask(request, answer) {
      const timer = setTimeout(() => child.kill("SIGKILL"), TIME_LIMIT_MS);
      let patienceMs = 0;
      try {
        const result = await Promise.race([talk(child, request, answer), gone.then(died)]);
        patienceMs = END_LIMIT_MS;
        return result;
      } finally {
        clearTimeout(timer);
        const end = setTimeout(() => child.kill("SIGKILL"), patienceMs);
        void gone.then(() => clearTimeout(end));
      }
    },
    kill: () => void child.kill("SIGKILL"),
  };
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error: NodeJS.ErrnoException) => resolve(`could not start (${error.code})`));
    // `close` comes after the last output, `exit` may come before it.
    child.once("close", (code, signal) => resolve(`ended with ${signal ?? `exit code ${code}`}`));
  });
}

function died(how: string): never {
  throw new ExpectedError(`Cannot check: the examining process ${how} before it gave its result`);
}

function talk(child: ChildProcess, request: unknown, answer: AnswerAsk): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const { stdin, stdout } = child;
    if (stdin === null || stdout === null) return;
    const say = (message: unknown) => stdin.write(`${JSON.stringify(message)}\n`);
    let bytes = 0;
    const fail = (why: string) => reject(new ExpectedError(`Cannot check: the examining process ${why}`));
    stdout.on("data", (chunk: string) => {
      bytes += Buffer.byteLength(chunk);
      if (bytes > MAX_OUTPUT_BYTES) fail(`wrote more than ${MAX_OUTPUT_BYTES} bytes`);
    });
    eachLine(stdout, (line) => {
      const message = parse(line);
      if (message === null) return fail("wrote something that is no message");
      if ("result" in message) return resolve(message.result);
      answer(message.ask).then(
        (given) => say({ answer: given, number: message.number }),
        (error: unknown) => reject(error),
      );
    });
    say({ request });
  });
}

/** The other side: reads the request, works, writes the result. */
export async function serveExaminer(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  work: (request: unknown, ask: (question: unknown) => Promise<unknown>) => Promise<unknown>,
): Promise<void> {
  const waiting = new Map<unknown, (answer: unknown) => void>();
  let asked = 0;
  const say = (message: unknown) =>
    new Promise<void>((resolve) => void output.write(`${JSON.stringify(message)}\n`, () => resolve()));
  const result = await new Promise<unknown>((resolve, reject) => {
    eachLine(input, (line) => {
      const message = parse(line) ?? {};
      if ("answer" in message) {
        waiting.get(message.number)?.(message.answer);
        waiting.delete(message.number);
        return;
      }
      const ask = async (question: unknown) => {
        const number = ++asked;
        const answered = new Promise<unknown>((take) => waiting.set(number, take));
        await say({ ask: question, number });
        return answered;
      };
      work(message.request, ask).then(resolve, reject);
    });
    // The keeper is gone: nobody waits for the result.
    for (const event of ["end", "close", "error"]) input.once(event, () => resolve(undefined));
  });
  await say({ result });
}

/** Calls back for each whole line; `node:readline` would cost each side 0.3 MB. What comes after the last line's end is none. */
function eachLine(stream: NodeJS.ReadableStream, take: (line: string) => void): void {
  let rest: string[] = [];
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    const [head = "", ...lines] = chunk.split("\n");
    rest.push(head);
    for (const line of lines) {
      take(rest.join(""));
      rest = [line];
    }
  });
}

function parse(line: string): Record<string, unknown> | null {
  try {
    const message: unknown = JSON.parse(line);
    return typeof message === "object" && message !== null ? (message as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
