import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { ExpectedError } from "../../src/base/errors.js";
import { serveExaminer, startExaminer } from "../../src/examiner/process.js";

const ENTRY = join(import.meta.dirname, "examiner-entry.mjs");
const { PATH = "" } = process.env;
const start = (behaviour: string, env: Record<string, string> = {}) =>
  startExaminer({ command: process.execPath, args: [ENTRY, behaviour], env: { PATH, ...env } });
const nothing = async () => null;

describe("startExaminer", () => {
  it("gives what the process answered", async () => {
    expect(await start("echo").ask({ thing: "line-4" }, nothing)).toMatchObject({ thing: "line-4" });
  });

  it("answers what the process asks back, in turn", async () => {
    const answers: unknown[] = [];
    const result = await start("ask").ask({}, async (question) => {
      answers.push(question);
      return question === "who" ? "me" : "well";
    });

    expect([result, answers]).toEqual([
      ["me", "well"],
      ["who", { how: "me" }],
    ]);
  });

  it("keeps the token and the socket of the nucleus from the process", async () => {
    const secret = { SVCUID: "s", AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT: "/s", AWS_REGION: "eu-west-1" };
    const { environment } = (await start("echo", secret).ask({}, nothing)) as { environment: string[] };

    expect(environment).toEqual(["AWS_REGION", "NODE_NO_WARNINGS", "PATH"]);
  });

  it.each([
    ["die", "ended with exit code 7 before it gave its result"],
    ["babble", "wrote something that is no message"],
    ["flood", "wrote more than 8388608 bytes"],
  ])("says how a process failed that does %s", async (behaviour, how) => {
    const failed = start(behaviour).ask({}, nothing);

    await expect(failed).rejects.toThrow(how);
    await expect(failed).rejects.toThrow(ExpectedError);
  });

  it("says that a program could not be started", async () => {
    const examiner = startExaminer({ command: "/no/such/node", args: [], env: {} });

    await expect(examiner.ask({}, nothing)).rejects.toThrow("could not start (ENOENT)");
  });

  it("fails when the keeper cannot answer", async () => {
    const failed = start("ask").ask({}, async () => {
      throw new ExpectedError("the connection is lost");
    });

    await expect(failed).rejects.toThrow("the connection is lost");
  });

  it("ends a process that stays after its answer", async () => {
    const pid = Number(await start("linger").ask({}, nothing));
    const gone = () => {
      try {
        process.kill(pid, 0);
        return false;
      } catch {
        return true;
      }
    };

    await expect.poll(gone, { timeout: 10_000 }).toBe(true);
  });
});

describe("serveExaminer", () => {
  it("gives each of several questions its own answer, whichever comes first", async () => {
    const input = new PassThrough();
    const output = new PassThrough().setEncoding("utf8");
    const said: Record<string, unknown>[] = [];
    const served = serveExaminer(input, output, (_, ask) => Promise.all([ask("slow"), ask("quick")]));
    const say = (message: object) => input.write(`${JSON.stringify(message)}\n`);
    const questions = new Promise<void>((resolve) => {
      output.on("data", (line: string) => {
        said.push(JSON.parse(line));
        if (said.length === 2) resolve();
      });
    });

    say({ request: {} });
    await questions;
    for (const { ask, number } of [...said].reverse()) say({ answer: `${ask} answer`, number });
    await served;

    expect(said[2]).toEqual({ result: ["slow answer", "quick answer"] });
  });

  it("ends without a result when its keeper has gone", async () => {
    const input = new PassThrough();
    const output = new PassThrough();
    const served = serveExaminer(input, output, () => new Promise(() => {}));
    input.end(`${JSON.stringify({ request: {} })}\n`);

    await served;
    expect(String(output.read())).toBe("{}\n");
  });
});
