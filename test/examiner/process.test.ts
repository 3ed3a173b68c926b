import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ExpectedError } from "../../src/base/errors.js";
import { type NucleusAnswers, startExaminer } from "../../src/examiner/process.js";
import { someRequest } from "./builders.js";

const ENTRY = join(import.meta.dirname, "examiner-entry.mjs");
const { PATH = "" } = process.env;
const start = (behaviour: readonly string[], env: Record<string, string> = {}) =>
  startExaminer({ command: process.execPath, args: [ENTRY, ...behaviour], env: { PATH, ...env } });
const nucleus: NucleusAnswers = {
  componentDetails: async () => ({ kind: "absent" }),
  isConfigured: async () => true,
  mayPublish: async () => null,
  tokenExchangePort: async () => null,
};

describe("startExaminer", () => {
  it("sends the request and returns what the process answered", async () => {
    const echoed = JSON.parse((await start(["echo"]).validate({ jobs: [] })) ?? "");

    expect(echoed.request).toEqual({ wanted: "validation", configuration: { jobs: [] } });
  });

  it("answers what the process asks of the nucleus, each under its number", async () => {
    const asked: string[] = [];
    const done = await start(["ask"]).check(someRequest(), {
      tokenExchangePort: async () => 43_210,
      mayPublish: async () => null,
      componentDetails: async (component) => {
        asked.push(`details of ${component}`);
        return { kind: "found", version: "1.0.0", state: "RUNNING" };
      },
      isConfigured: async (component) => {
        asked.push(`configuration of ${component}`);
        return true;
      },
    });

    expect(asked).toEqual(["details of Caps", "configuration of Caps"]);
    const details = { kind: "found", version: "1.0.0", state: "RUNNING" };
    expect(done.kind === "refused" && JSON.parse(done.message)).toEqual([
      { type: "answer", number: 1, answer: { what: "component-details", details } },
      { type: "answer", number: 2, answer: { what: "is-configured", configured: true } },
      { type: "answer", number: 3, answer: { what: "token-exchange-port", port: 43_210 } },
    ]);
  });

  it("keeps the token and the socket of the nucleus from the process", async () => {
    const secret = { SVCUID: "s", AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT: "/s", AWS_REGION: "eu-west-1" };
    const { environment } = JSON.parse((await start(["echo"], secret).validate({})) ?? "");

    expect(environment).toEqual(["AWS_REGION", "NODE_NO_WARNINGS", "PATH"]);
  });

  it.each([
    ["dies", ["die"], "ended with exit code 7 before it gave its result"],
    ["writes text", ["say", "Hello?"], 'wrote a bad line: "Hello?" is not a message of the protocol'],
    ["writes an empty object", ["say", "{}"], 'wrote a bad line: "{}" is not a message of the protocol'],
    ["asks nothing", ["say", '{"type":"ask","number":1,"ask":null}'], "is not a message of the protocol"],
    ["sends a keeper's message", ["say", '{"type":"request","request":{"wanted":"facts"}}'], 'sent "request"'],
    [
      "answers another request",
      ["say", '{"type":"result","result":{"wanted":"validation","problem":null}}'],
      'answered a request that was not made: "validation"',
    ],
    ["writes without end", ["flood"], "wrote more than 8388608 bytes"],
  ])("fails that check alone when the process %s", async (_, behaviour, how) => {
    const examiner = start(behaviour);
    const failed = examiner.check(someRequest(), nucleus);

    await expect(failed).rejects.toThrow(how);
    await expect(failed).rejects.toThrow(ExpectedError);
  });

  it("reports when a signal ends the process, since its compiled code may be damaged", async () => {
    let crashes = 0;
    const onCrash = () => void crashes++;
    const crashing = (behaviour: readonly string[]) =>
      startExaminer({ command: process.execPath, args: [ENTRY, ...behaviour], env: { PATH }, onCrash });

    await expect(crashing(["crash"]).check(someRequest(), nucleus)).rejects.toThrow("ended with SIGSEGV");
    await expect(crashing(["die"]).check(someRequest(), nucleus)).rejects.toThrow("ended with exit code 7");
    const unneeded = crashing(["linger"]);
    unneeded.kill();
    await expect(unneeded.check(someRequest(), nucleus)).rejects.toThrow("ended with SIGKILL");

    expect(crashes).toBe(1);
  });

  it("says what is wrong with the program's files when the process gives no result, and looks at them only then", async () => {
    let looked = 0;
    const whyBroken = async () => {
      looked += 1;
      return "the file is damaged";
    };
    const broken = (behaviour: readonly string[]) =>
      startExaminer({ command: process.execPath, args: [ENTRY, ...behaviour], env: { PATH }, whyBroken });

    await expect(broken(["die"]).facts()).rejects.toThrow(
      "ended with exit code 7 before it gave its result: the file is damaged",
    );
    await broken(["echo"]).validate({});

    expect(looked).toBe(1);
  });

  it("fails the check when the program cannot be started", async () => {
    const examiner = startExaminer({ command: "/no/such/node", args: [], env: {} });

    await expect(examiner.facts()).rejects.toThrow("could not start (ENOENT)");
  });

  it("fails when the keeper cannot answer", async () => {
    const failed = start(["ask"]).check(someRequest(), {
      ...nucleus,
      componentDetails: () => Promise.reject(new ExpectedError("the connection is lost")),
    });

    await expect(failed).rejects.toThrow("the connection is lost");
  });

  it("ends a process that stays after its answer", async () => {
    const pid = Number(await start(["linger"]).validate({}));
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
