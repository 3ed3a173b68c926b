import { spawn } from "node:child_process";
import { join } from "node:path";

const BUNDLE = join(import.meta.dirname, "../../dist/packdrift.mjs");

/** How a program ended on a terminal, and all that it wrote there; a line that was drawn again stands there each time. */
export interface OnTerminal {
  readonly code: number | null;
  readonly text: string;
  /** The lines of it, without what was drawn over. */
  readonly lines: readonly string[];
}

/**
 * Runs the built program as its own process on a terminal of `script`, which gives no size; COLUMNS does. Ctrl-C is pressed once
 * the text `stopsAt` stands there.
 */
export function onTerminal(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  stopsAt: string | null = null,
): Promise<OnTerminal> {
  const { PATH = "", HOME = "" } = process.env;
  const command = [process.execPath, BUNDLE, ...args].map(quotedForShell).join(" ");
  return new Promise((resolve, reject) => {
    const child = spawn("script", ["-qefc", `exec ${command}`, "/dev/null"], {
      env: { PATH, HOME, TERM: "xterm", NO_COLOR: "1", ...env },
      stdio: ["pipe", "pipe", "inherit"],
    });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (more: string) => {
      const stood = stopsAt !== null && text.includes(stopsAt);
      text += more;
      // Ctrl-C, as a keyboard sends it; a second one would not wait for the end.
      if (stopsAt !== null && !stood && text.includes(stopsAt)) child.stdin.write("\u0003");
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, text, lines: linesOf(text) }));
  });
}

function linesOf(text: string): readonly string[] {
  return text
    .replaceAll("\r\n", "\n")
    .split("\n")
    .map((line) => line.slice(line.lastIndexOf("\r\u001b[2K") + 1).replace("\u001b[2K", ""));
}

function quotedForShell(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
