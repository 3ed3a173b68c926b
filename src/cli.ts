#!/usr/bin/env node
import { processTerminal, type Terminal } from "./commands/shared/command.js";
import { outcomeOf, USAGE } from "./commands/shared/usage.js";

/** In the device bundle the code of the resident process is here, that of the other commands in examiner.cjs. */
async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args;
  switch (name) {
    case "run":
      return outcomeOf((await import("./commands/run.js")).run, rest, terminal);
    case "lab":
      return outcomeOf((await import("./commands/lab.js")).lab, rest, terminal);
    case "archive":
      return outcomeOf((await import("./commands/archive/archive.js")).archive, rest, terminal);
    case "fleet":
      return outcomeOf((await import("./commands/fleet.js")).fleet, rest, terminal);
    case "--version":
      terminal.out(`${PACKDRIFT_VERSION}\n`);
      return 0;
    case "help":
    case "--help":
      terminal.out(USAGE);
      return 0;
    case undefined:
      terminal.err(USAGE);
      return 3;
    default:
      // Loading the file may fail.
      return outcomeOf(
        async () => (await import("./commands/one-shot.js")).runOneShot(name, rest, terminal),
        rest,
        terminal,
      );
  }
}

// A closed pipe (packdrift … | head) is not an error.
process.stdout.on("error", () => process.exit(0));

process.exitCode = await main(process.argv.slice(2), processTerminal(process));
// Exit despite sockets that a library left open, such as one to a token exchange service that never answers.
process.stdout.write("", () => process.exit());
