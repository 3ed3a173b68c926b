import { ExpectedError, InvalidInputsError, UsageError } from "../../base/errors.js";
import { type Command, printProblem, type Terminal } from "./command.js";

/** The help text. */
export const USAGE = `packdrift: does this device still match what its Lookout for Vision model package was made for?

  packdrift check --job FILE… [--root DIR] [--deployed NAME=VERSION]…  check this device once
  packdrift check --project P --job-name J [--endpoint URL]            the same, with the job from the API or an archive
  packdrift check --component NAME [--root DIR]                        the same by the packaged model's own files alone
  packdrift preflight --job FILE… --facts FILE_OR_ROOT…                every job on every machine: will it run there?
  packdrift facts [--root DIR_OR_SNAPSHOT]                             the facts of this machine
  packdrift model PATH… | --component NAME[=VERSION] [--root DIR]      what a packaged model's own files say
  packdrift snapshot [--root DIR] [-o FILE]                            pack the files behind the facts, for --root elsewhere
  packdrift config check FILE [--thing NAME]                           whether a configuration is good, and what it means
  packdrift lab [--once] [--job FILE|none] [--nucleus classic|lite]    nucleus, broker and component on one machine
  packdrift lab --fleet N [--scene NAME]… [--speed N] [--port N]       the same in a fleet of virtual devices
  packdrift verify [--key FILE] FILE…                                  check that saved reports are unchanged and complete
  packdrift run                                                        the Greengrass component
  packdrift run --config FILE --thing NAME                             the same without Greengrass, over MQTT

  packdrift archive serve --dir DIR [--host H] [--port N] [--credentials FILE] [--tls-cert FILE --tls-key FILE] [--rate N] [--log-level debug|info|warn]
  packdrift archive import --dir DIR FILE_OR_FOLDER… [--project P] [--job-name J] [--tags FILE] [--replace] [--strict]
  packdrift archive list|verify --dir DIR                              list the jobs, or check that they are intact
  packdrift archive show --dir DIR PROJECT/JOB                         one job, as a client receives it

  packdrift fleet --broker URL [--cert FILE --key FILE --ca FILE] [--store FILE|postgres://…] [--listen ADDRESS]
                  [--things FILE] [--keys DIR] [--jobs DIR] [--alarms FILE]   receives and shows the reports of many devices

  Every command takes --json to write JSON instead of text; check and preflight also take --format junit|tap|prometheus|sarif.
  Exit: 0 in sync (preflight: all run; model: all read), 1 drifted (some will not run), 2 unknown, 3 wrong usage.
`;

/** Runs a command and resolves to its exit code: an expected error is printed to standard error and gives 3. */
export async function outcomeOf(command: Command, args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await command(args, terminal);
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    const problems = error instanceof InvalidInputsError ? error.problems : [error.message];
    for (const problem of problems) printProblem(terminal, problem);
    if (error instanceof UsageError) terminal.err(`\n${USAGE}`);
    return 3;
  }
}
