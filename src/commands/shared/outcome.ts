import { ExpectedError, InvalidInputsError, UsageError } from "../../base/errors.js";
import { type Command, printProblem, type Terminal } from "./command.js";

/**
 * Runs a command and resolves to its exit code: an expected error is printed to standard error and gives 3, wrong use with
 * where to read on. `name` is the command, with its action.
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
    if (!(error instanceof ExpectedError)) throw error;
    const problems = error instanceof InvalidInputsError ? error.problems : [error.message];
    for (const problem of problems) printProblem(terminal, problem);
    if (error instanceof UsageError) terminal.err(`Run "packdrift ${name === "" ? "" : `${name} `}--help".\n`);
    return 3;
  }
}
