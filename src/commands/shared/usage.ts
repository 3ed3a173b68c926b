import { ExpectedError, InvalidInputsError, UsageError } from "../../base/errors.js";
import { type Command, type Terminal, tellProblem } from "./command.js";

/** The help text. */
export const USAGE = `packdrift: is this device still what its Lookout for Vision model package was made for?

  packdrift check --job FILE… [--root DIR] [--deployed NAME=VERSION]…  one check, here, now
  packdrift check --project P --job-name J [--endpoint URL]            the same, asking the API or an archive
  packdrift preflight --job FILE… --facts FILE_OR_ROOT…                every job on every machine: will it run there?
  packdrift facts [--root DIR_OR_SNAPSHOT]                             what this machine is
  packdrift snapshot [--root DIR] [-o FILE]                            the files that facts come from, for --root elsewhere
  packdrift lab [--once] [--nucleus classic|lite]                      nucleus, broker and component on one machine
  packdrift verify [--key FILE] FILE…                                  whether saved reports are as devices sent them
  packdrift run                                                        the Greengrass component
  packdrift run --config FILE --thing NAME                             the same without Greengrass, over MQTT

  packdrift archive serve --dir DIR [--host H] [--port N] [--credentials FILE] [--tls-cert FILE --tls-key FILE] [--rate N] [--log-level debug|info|warn]
  packdrift archive import --dir DIR FILE_OR_FOLDER… [--project P] [--job-name J] [--tags FILE] [--replace] [--strict]
  packdrift archive list|verify --dir DIR                              its jobs, and whether they are intact
  packdrift archive show --dir DIR PROJECT/JOB                         one job, as a client receives it

  --json writes JSON instead of text, on every command; check and preflight also take --format junit|tap|prometheus|sarif.
  Exit: 0 in sync (preflight: all run), 1 drifted (some will not run), 2 could not tell, 3 wrong use.
`;

/** Runs a command and resolves to its exit code: an expected error is printed to standard error and gives 3. */
export async function outcomeOf(command: Command, args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await command(args, terminal);
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    const problems = error instanceof InvalidInputsError ? error.problems : [error.message];
    for (const problem of problems) tellProblem(terminal, problem);
    if (error instanceof UsageError) terminal.err(`\n${USAGE}`);
    return 3;
  }
}
