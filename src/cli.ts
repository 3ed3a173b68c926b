import type { Command, Terminal } from "./commands/command.js";
import { ExpectedError, UsageError } from "./errors.js";

/** What a resident process runs stands here in plain text; all else is packed in the device bundle (artifacts/build.mjs). */
async function load(name: string): Promise<Command | null> {
  switch (name) {
    case "run":
      return (await import("./commands/run.js")).run;
    case "lab":
      return (await import("./commands/lab.js")).lab;
    default: {
      const { COMMANDS } = await import("./commands/packed.js");
      const found = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
      return found === undefined ? null : await found();
    }
  }
}

const USAGE = `packdrift: is this device still what its Lookout for Vision model package was made for?

  packdrift check --job FILE… [--root DIR] [--deployed NAME=VERSION]…  one check, here, now
  packdrift check --project P --job-name J [--endpoint URL]            the same, asking the API or an archive
  packdrift facts [--root DIR]                                         what this machine is
  packdrift lab [--once] [--nucleus classic|lite]                      nucleus, broker and component on one machine
  packdrift verify [--key FILE] FILE…                                  whether saved reports are what devices sent
  packdrift run                                                        the Greengrass component
  packdrift run --config FILE --thing NAME                             the same without Greengrass, over MQTT

  --json on every command writes JSON in place of text.
  Exit: 0 in sync, 1 drifted, 2 could not tell, 3 wrong use.
`;

async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args;
  if (name === "--version") {
    terminal.out(`${PACKDRIFT_VERSION}\n`);
    return 0;
  }
  if (name === undefined || name === "--help" || name === "help") {
    (name === undefined ? terminal.err : terminal.out)(USAGE);
    return name === undefined ? 3 : 0;
  }
  try {
    const command = await load(name);
    if (command === null) throw new UsageError(`There is no command "${name}"`);
    return await command(rest, terminal);
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    terminal.err(`packdrift: ${error.message}\n${error instanceof UsageError ? `\n${USAGE}` : ""}`);
    return 3;
  }
}

// A reader that has gone away (packdrift … | head) is no reason to fail loudly.
process.stdout.on("error", () => process.exit(0));

process.exitCode = await main(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  env: process.env,
  isTerminal: process.stdout.isTTY === true,
  columns: process.stdout.columns ?? 100,
});
