import { codeOf } from "../../base/errors.js";
import { reasonOf } from "../../base/system-errors.js";
import { hanging, terminalText } from "../../base/terminal-text.js";
import { escapeControls } from "../../base/text.js";
import { cutTo } from "../../base/text-width.js";
import type { TextStyle } from "../../report/render-report.js";
import { standardOutput } from "./standard-output.js";

/** The part of the terminal and the environment that a command may use. Control sequences in its output are removed. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /**
   * Shows what the command is doing, on the last line of a terminal at standard error; replaces its earlier text. Null
   * removes it, as any other output does. Does nothing if standard error is not a terminal.
   */
  readonly status: (line: string | null) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether standard output is a terminal. */
  readonly isTerminal: boolean;
  /** Columns of standard output: COLUMNS, else the terminal's, else 100. */
  readonly columns: number;
  /** Columns of standard error; null if it is not a terminal. */
  readonly errColumns: number | null;
}

/** The terminal of this process. */
interface ProcessTerminal extends Terminal {
  /** Writes out everything; resolves to the exit code: `code`, or 3 when the output could not be written. */
  end(code: number): Promise<number>;
}

const CANNOT_WRITE = 3;
const PIPE_COLUMNS = 100;
const UNKNOWN_COLUMNS = 80;
/** Goes to the first column and removes the line. */
const ERASE_LINE = "\r\u001b[2K";

/**
 * The program's own streams; everything written passes through `terminalText`. Node creates each stream when it is
 * first used, which an examiner saves, since it writes no text.
 *
 * When standard output is closed by its reader, as by `| head`, the rest is dropped and the command still ends with its
 * own code. Any other failure to write makes it end with 3. A command that runs until it is stopped is stopped in both
 * cases.
 */
export function processTerminal(ownProcess: NodeJS.Process): ProcessTerminal {
  let failed = false;
  let hasStatus = false;
  let hasErr = false;
  const stdout = standardOutput(ownProcess, (error) => {
    if (codeOf(error) !== "EPIPE") {
      failed = true;
      printProblem(terminal, `Cannot write to standard output: ${reasonOf(error)}`);
    }
    if (!ownProcess.emit("SIGINT") && failed) ownProcess.exit(CANNOT_WRITE);
  });
  const writeErr = (text: string): void => {
    // If standard error cannot be written either, there is nowhere to report it.
    if (!hasErr) ownProcess.stderr.on("error", () => undefined);
    hasErr = true;
    ownProcess.stderr.write(text);
  };
  const eraseStatus = (): void => {
    if (!hasStatus) return;
    hasStatus = false;
    writeErr(ERASE_LINE);
  };
  const terminal: ProcessTerminal = {
    env: ownProcess.env,
    get isTerminal() {
      return ownProcess.stdout.isTTY === true;
    },
    get columns() {
      return columnsIn(ownProcess.env) ?? columnsOf(ownProcess.stdout) ?? PIPE_COLUMNS;
    },
    get errColumns() {
      if (ownProcess.stderr.isTTY !== true) return null;
      return columnsIn(ownProcess.env) ?? columnsOf(ownProcess.stderr) ?? PIPE_COLUMNS;
    },
    out(text) {
      eraseStatus();
      stdout.write(terminalText(text, textStyle(terminal).colour));
    },
    err(text) {
      eraseStatus();
      writeErr(terminalText(text, false));
    },
    status(line) {
      const { errColumns } = terminal;
      if (errColumns === null || ownProcess.env.TERM === "dumb") return;
      eraseStatus();
      if (line === null) return;
      // Not in the last column, after which some terminals begin a new line.
      writeErr(terminalText(cutTo(line, errColumns - 1), false));
      hasStatus = true;
    },
    async end(code) {
      eraseStatus();
      await stdout.flush();
      return failed ? CANNOT_WRITE : code;
    },
  };
  return terminal;
}

/** The usual width, for a terminal that does not know its size. */
function columnsOf({ isTTY, columns }: NodeJS.WriteStream): number | null {
  return isTTY ? columns || UNKNOWN_COLUMNS : null;
}

function columnsIn({ COLUMNS = "" }: Readonly<Record<string, string | undefined>>): number | null {
  return /^[1-9]\d{0,3}$/.test(COLUMNS) ? Number(COLUMNS) : null;
}

/** Prints a problem on standard error: wrapped on a terminal, on one line elsewhere, even if it quotes line breaks. */
export function printProblem({ err, errColumns }: Pick<Terminal, "err" | "errColumns">, problem: string): void {
  const line = `packdrift: ${escapeControls(problem)}`;
  const lines = errColumns === null ? [line] : hanging(line, Math.max(LEAST_COLUMNS, errColumns));
  err(`${lines.join("\n")}\n`);
}

const LEAST_COLUMNS = 60;
const MOST_COLUMNS = 200;

/**
 * The style of texts: colour as NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE, CLICOLOR and TERM ask for; lines of 60 to 200
 * columns.
 */
export function textStyle(terminal: Pick<Terminal, "env" | "isTerminal" | "columns">): TextStyle {
  const width = Math.max(LEAST_COLUMNS, Math.min(terminal.columns, MOST_COLUMNS));
  return { colour: isColourWanted(terminal.env) ?? terminal.isTerminal, width };
}

/**
 * Columns at which to break lists that programs may read line by line: those of a terminal or COLUMNS; otherwise no
 * limit.
 */
export function lineWidth(terminal: Pick<Terminal, "env" | "isTerminal" | "columns">): number {
  const isAsked = terminal.isTerminal || columnsIn(terminal.env) !== null;
  return isAsked ? textStyle(terminal).width : Number.POSITIVE_INFINITY;
}

/** Null if the environment leaves it to the terminal. */
function isColourWanted(env: Terminal["env"]): boolean | null {
  const { NO_COLOR = "", FORCE_COLOR = "", CLICOLOR_FORCE = "", CLICOLOR = "", TERM } = env;
  if (NO_COLOR !== "") return false;
  if (FORCE_COLOR !== "") return !["0", "false"].includes(FORCE_COLOR);
  if (CLICOLOR_FORCE !== "" && CLICOLOR_FORCE !== "0") return true;
  return CLICOLOR === "0" || TERM === "dumb" ? false : null;
}
