import { ExpectedError } from "../base/errors.js";
import { eachLine } from "./lines.js";
import {
  type Answer,
  type ExaminerMessage,
  type ExaminerRequest,
  type ExaminerResult,
  encodeMessage,
  type KeeperQuery,
  parseMessage,
} from "./protocol.js";

/** Asks the keeper a question about the nucleus. */
export type QueryKeeper = (ask: KeeperQuery) => Promise<Answer>;

/**
 * The examiner's side: reads its only request, performs it, writes the result. Resolves without a result when the keeper is
 * gone. Throws ExpectedError when the keeper sends something that is not a message of the protocol.
 */
export async function serveExaminer(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  work: (request: ExaminerRequest, ask: QueryKeeper) => Promise<ExaminerResult>,
): Promise<void> {
  const pending = new Map<number, (answer: Answer) => void>();
  let asked = 0;
  const send = (message: ExaminerMessage) =>
    new Promise<void>((resolve) => void output.write(encodeMessage(message), () => resolve()));
  const ask: QueryKeeper = async (question) => {
    const number = ++asked;
    const answered = new Promise<Answer>((resolve) => pending.set(number, resolve));
    await send({ type: "ask", number, ask: question });
    return answered;
  };
  const result = await new Promise<ExaminerResult | null>((resolve, reject) => {
    const take = (message: ExaminerMessage) => {
      switch (message.type) {
        case "request":
          work(message.request, ask).then(resolve, reject);
          return;
        case "answer":
          pending.get(message.number)?.(message.answer);
          pending.delete(message.number);
          return;
        default:
          reject(new ExpectedError(`Cannot check: the keeper sent "${message.type}", which only the examiner sends`));
      }
    };
    eachLine(input, (line) => {
      try {
        take(parseMessage(line));
      } catch (error) {
        reject(error);
      }
    });
    // The keeper has exited: the result is not needed.
    for (const event of ["end", "close", "error"]) input.once(event, () => resolve(null));
  });
  if (result !== null) await send({ type: "result", result });
}
