import { ExpectedError, InvalidInputsError, UsageError } from "../../base/errors.js";
import { systemProblem } from "../../base/system-errors.js";
import type { Command } from "./command.js";
import { printProblem, type Terminal } from "./terminal.js";

/**
 * Runs a command and resolves to its exit code: an expected error is printed to standard error and gives 3; wrong use
 * is printed with a pointer to the help. `name` is the command, with its action.
 */
export async function outcomeOf(
  command: Command,
  args: readonly string[],
  terminal: Terminal,
  name: string,
): Promise<number> {
  try {
    return await command(args, terminal);
  } catch (error) {
    const problems = problemsOf(error);
    if (problems === null) throw error;
    for (const problem of problems) printProblem(terminal, problem);
    // With a cause, the fault is elsewhere, such as in a file, and the help would not explain it.
    if (error instanceof UsageError && error.cause === undefined)
      terminal.err(`Run "packdrift ${name === "" ? "" : `${name} `}--help".\n`);
    return 3;
  }
}

/** What to print for an expected error or a failed system call; null for a bug. */
function problemsOf(error: unknown): readonly string[] | null {
  if (error instanceof InvalidInputsError) return error.problems;
  if (error instanceof ExpectedError) return [error.message];
  const problem = systemProblem(error);
  return problem === null ? null : [problem];
}
