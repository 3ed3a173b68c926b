import { ExpectedError, UsageError } from "../errors.js";
import type { Command, Terminal } from "./command.js";

/** The help text. */
export const USAGE = `packdrift: is this device still what its Lookout for Vision model package was made for?

  packdrift check --job FILE… [--root DIR] [--deployed NAME=VERSION]…  one check, here, now
  packdrift check --project P --job-name J [--endpoint URL]            the same, asking the API or an archive
  packdrift facts [--root DIR]                                         what this machine is
  packdrift lab [--once] [--nucleus classic|lite]                      nucleus, broker and component on one machine
  packdrift run                                                        the Greengrass component

  --json on every command writes JSON in place of text.
  Exit: 0 in sync, 1 drifted, 2 could not tell, 3 wrong use.
`;

/** Runs a command to its exit code. What was thrown on purpose is told on standard error, and ends with 3. */
export async function outcomeOf(command: Command, args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await command(args, terminal);
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    terminal.err(`packdrift: ${error.message}\n${error instanceof UsageError ? `\n${USAGE}` : ""}`);
    return 3;
  }
}
