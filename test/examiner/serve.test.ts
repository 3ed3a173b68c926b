import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { ExpectedError } from "../../src/base/errors.js";
import { type ExaminerMessage, encodeMessage, parseMessage } from "../../src/examiner/protocol.js";
import { serveExaminer } from "../../src/examiner/serve.js";
import { someRequest } from "./builders.js";

const check: ExaminerMessage = { type: "request", request: { wanted: "check", check: someRequest() } };

describe("serveExaminer", () => {
  it("matches each of several questions with its own answer, whichever comes first", async () => {
    const input = new PassThrough();
    const output = new PassThrough().setEncoding("utf8");
    const sent: ExaminerMessage[] = [];
    const served = serveExaminer(input, output, async (_, ask) => {
      const components = ["Slow", "Quick"];
      const answers = await Promise.all(components.map((component) => ask({ what: "is-configured", component })));
      return { wanted: "validation", problem: JSON.stringify(answers) };
    });
    const questions = new Promise<void>((resolve) => {
      output.on("data", (line: string) => {
        sent.push(parseMessage(line));
        if (sent.length === 2) resolve();
      });
    });

    input.write(encodeMessage(check));
    await questions;
    for (const message of [...sent].reverse()) {
      if (message.type !== "ask" || message.ask.what !== "is-configured") throw new Error("Not a question");
      const configured = message.ask.component === "Slow";
      const { number } = message;
      input.write(encodeMessage({ type: "answer", number, answer: { what: "is-configured", configured } }));
    }
    await served;

    const answers = [true, false].map((configured) => ({ what: "is-configured", configured }));
    expect(sent[2]).toEqual({
      type: "result",
      result: { wanted: "validation", problem: JSON.stringify(answers) },
    });
  });

  it("ends without a result when its keeper has gone", async () => {
    const input = new PassThrough();
    const output = new PassThrough();
    const served = serveExaminer(input, output, () => new Promise(() => {}));
    input.end(encodeMessage(check));

    await served;
    expect(output.read()).toBe(null);
  });

  it.each([
    "{}",
    "null",
    "no JSON",
    encodeMessage({ type: "ask", number: 1, ask: { what: "is-configured", component: "C" } }),
  ])("fails on %j, which no keeper sends", async (line) => {
    const input = new PassThrough();
    const served = serveExaminer(input, new PassThrough(), () => new Promise(() => {}));
    input.write(`${line.trimEnd()}\n`);

    await expect(served).rejects.toThrow(ExpectedError);
  });
});
