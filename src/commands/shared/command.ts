import { terminalText } from "../../base/terminal-text.js";
import { escapeControls } from "../../base/text.js";
import type { TextStyle } from "../../report/render-report.js";

/** The part of the terminal and the environment that a command may use. Control sequences in its output are removed. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Draws the last line of standard error again. */
  readonly redraw: (line: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether standard output is a terminal. */
  readonly isTerminal: boolean;
  readonly columns: number;
}

/**
 * The program's own streams, with `terminalText` where everything leaves. Node creates each when it is first used, which an
 * examiner saves: it writes no text.
 */
export function processTerminal(ownProcess: NodeJS.Process): Terminal {
  const err = (text: string) => void ownProcess.stderr.write(terminalText(text, false));
  const terminal: Terminal = {
    env: ownProcess.env,
    get isTerminal() {
      return ownProcess.stdout.isTTY === true;
    },
    get columns() {
      return ownProcess.stdout.columns ?? 100;
    },
    out: (text) => void ownProcess.stdout.write(terminalText(text, textStyle(terminal).colour)),
    err,
    redraw(line) {
      ownProcess.stderr.write("\r");
      err(line);
    },
  };
  return terminal;
}

/** Prints a problem on standard error, on one line even if it quotes line breaks. */
export function printProblem({ err }: Pick<Terminal, "err">, problem: string): void {
  err(`packdrift: ${escapeControls(problem)}\n`);
}

/** Runs a command; resolves to the exit code. Throws UsageError for wrong usage. */
export type Command = (args: readonly string[], terminal: Terminal) => Promise<number>;

/** Colour on a terminal or with FORCE_COLOR, never with NO_COLOR; lines of 60 to 100 columns. */
export function textStyle(terminal: Pick<Terminal, "env" | "isTerminal" | "columns">): TextStyle {
  const { NO_COLOR: refused = "", FORCE_COLOR: forced = "", TERM: kind } = terminal.env;
  const wanted = forced === "" ? terminal.isTerminal && kind !== "dumb" : forced !== "0";
  return { colour: wanted && refused === "", width: Math.max(60, Math.min(terminal.columns, 100)) };
}
