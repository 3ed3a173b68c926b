import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { escapeNodeMessages } from "../../../src/commands/shared/node-messages.js";

const HOSTILE = "a\u001b[31m\u009bb\u202e";
const ESCAPED = "a\\u001b[31m\\u009bb\\u202e";

describe("escapeNodeMessages", () => {
  function start() {
    const exits: number[] = [];
    const texts: string[] = [];
    const ownProcess = Object.assign(new EventEmitter(), { exit: (code: number) => void exits.push(code) });
    return { ownProcess, exits, texts, terminal: { err: (text: string) => void texts.push(text) } };
  }

  it("escapes a warning before Node.js prints it", () => {
    const { ownProcess, terminal } = start();
    const printed: unknown[] = [];
    ownProcess.on("warning", ({ message, stack, detail }) => printed.push(message, stack, detail));
    escapeNodeMessages(ownProcess as never, terminal, 3);

    ownProcess.emit("warning", Object.assign(new Error(HOSTILE), { stack: HOSTILE, detail: HOSTILE }));

    expect(printed).toEqual([ESCAPED, ESCAPED, ESCAPED]);
  });

  it("prints a bug to the terminal, and ends the process", () => {
    const { ownProcess, exits, texts, terminal } = start();
    escapeNodeMessages(ownProcess as never, terminal, 3);

    ownProcess.emit("uncaughtException", Object.assign(new Error("a"), { stack: "Error: a\n    at b" }));
    ownProcess.emit("uncaughtException", "no error");

    expect([exits, texts]).toEqual([
      [3, 3],
      ["Error: a\n    at b\n", "no error\n"],
    ]);
  });
});
