#!/usr/bin/env node
import type { KeeperCode } from "./commands/doctor/doctor.js";
import { escapeNodeMessages } from "./commands/shared/node-messages.js";
import { outcomeOf } from "./commands/shared/outcome.js";
import { asksForHelp } from "./commands/shared/parse-options.js";
import { processTerminal, type Terminal } from "./commands/shared/terminal.js";

/** For the doctor, which connects as the resident process does. */
const KEEPER: KeeperCode = {
  url: import.meta.url,
  connectGreengrass: async (...listeners) =>
    (await import("./transports/greengrass/connection.js")).connectGreengrass(...listeners),
};

/** In the device bundle the code of the resident process is here, that of the other commands in examiner.cjs. */
async function main(words: readonly string[], terminal: Terminal): Promise<number> {
  const [name = "", ...args] = withoutHelpWord(words);
  if (name === "run" && !asksForHelp(args)) {
    return outcomeOf((await import("./commands/run.js")).run, args, terminal, name);
  }
  switch (name) {
    case "lab":
      return outcomeOf((await import("./commands/lab.js")).lab, args, terminal, name);
    case "archive":
      return outcomeOf((await import("./commands/archive/archive.js")).archive, args, terminal, name);
    case "fleet":
      return outcomeOf((await import("./commands/fleet.js")).fleet, args, terminal, name);
    case "completion":
      return outcomeOf((await import("./commands/completion/completion.js")).completion, args, terminal, name);
    case "version":
    case "--version":
    case "-V":
      terminal.out(`${PACKDRIFT_VERSION}\n`);
      return 0;
    default:
      // Loading the file may fail.
      return outcomeOf(
        async () => (await import("./commands/one-shot.js")).runOneShot(name, args, terminal, KEEPER),
        args,
        terminal,
        "",
      );
  }
}

/** `help archive import` and `--help archive import` mean `archive import --help`; `help` alone is the overview's. */
function withoutHelpWord([first = "", ...words]: readonly string[]): readonly string[] {
  if (!["help", "--help", "-h"].includes(first)) return [first, ...words];
  const named = words.filter((word) => !word.startsWith("-") && word !== "help" && word !== "version");
  return [named[0] ?? "", ...named.slice(1), "--help"];
}

const terminal = processTerminal(process);
const words = process.argv.slice(2);
// A bug is neither drift nor a finding, which exit with 1. What runs until it is stopped is to be restarted.
escapeNodeMessages(process, terminal, ["run", "fleet"].includes(words[0] ?? "") ? 1 : 3);
const code = await main(words, terminal);
// Exit despite sockets that a library left open, such as one to a token exchange service that never answers.
process.exit(await terminal.end(code));
