import { terminalText } from "../../base/terminal-text.js";
import type { Terminal } from "./terminal.js";

type OwnProcess = Pick<NodeJS.Process, "on" | "prependListener" | "exit">;

/**
 * Escapes what Node.js would write to standard error itself, past the terminal: its warnings, and the stack of a bug. Either may
 * quote a file or a name. A bug ends the process with `bugCode`.
 */
export function escapeNodeMessages(ownProcess: OwnProcess, { err }: Pick<Terminal, "err">, bugCode: number): void {
  // Before Node's own listener, which prints it.
  ownProcess.prependListener("warning", (warning: Error & { detail?: unknown }) => {
    warning.message = terminalText(warning.message, false);
    if (warning.stack !== undefined) warning.stack = terminalText(warning.stack, false);
    if (typeof warning.detail === "string") warning.detail = terminalText(warning.detail, false);
  });
  ownProcess.on("uncaughtException", (error: unknown) => {
    err(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    ownProcess.exit(bugCode);
  });
}
