import { didYouMean } from "../base/did-you-mean.js";
import { UsageError } from "../base/errors.js";
import type { KeeperCode } from "./doctor/doctor.js";
import type { Command } from "./shared/command.js";
import { escapeNodeMessages } from "./shared/node-messages.js";
import { outcomeOf } from "./shared/outcome.js";
import { asksForHelp } from "./shared/parse-options.js";
import { processTerminal, type Terminal, textStyle } from "./shared/terminal.js";

/** The commands in the device bundle's examiner.cjs; each loads only the code it needs. */
const COMMANDS: Readonly<Record<string, (keeper: KeeperCode) => Promise<Command>>> = {
  facts: async () => (await import("./facts.js")).facts,
  model: async () => (await import("./model.js")).model,
  snapshot: async () => (await import("./snapshot.js")).snapshot,
  verify: async () => (await import("./verify.js")).verify,
  check: async () => (await import("./check.js")).check,
  preflight: async () => (await import("./preflight.js")).preflight,
  doctor: async (keeper) => (await import("./doctor/doctor.js")).doctor(keeper),
  examine: async () => (await import("./examine.js")).examine,
  // A command with actions, which shows their help itself.
  config: async () => (await import("./config/config.js")).config,
  // The command is in packdrift.mjs, only its help is here.
  run: async () => helpOf("run"),
};

/** Runs the examiner in a process of its own, which exits afterwards. */
export async function runExaminer(ownProcess: NodeJS.Process, args: readonly string[]): Promise<void> {
  const terminal = processTerminal(ownProcess);
  escapeNodeMessages(ownProcess, terminal, 1);
  ownProcess.exit(await runOneShot("examine", args, terminal));
}

/** An examiner has no connection to the nucleus: it asks the keeper. */
const NO_KEEPER: KeeperCode = {
  url: import.meta.url,
  connectGreengrass: async () => {
    throw new UsageError("An examiner does not connect to the nucleus");
  },
};

/** Runs one of these commands, or shows its help; resolves to its exit code. Without a name it shows the overview. */
export async function runOneShot(
  name: string,
  args: readonly string[],
  terminal: Terminal,
  keeper: KeeperCode = NO_KEEPER,
): Promise<number> {
  if (name === "") return overview(args, terminal);
  if (!Object.hasOwn(COMMANDS, name)) return outcomeOf(() => unknown(name), args, terminal, "");
  const load = asksForHelp(args) && name !== "config" ? async () => helpOf(name) : COMMANDS[name];
  return outcomeOf(async (rest, at) => (await load?.(keeper))?.(rest, at) ?? 3, args, terminal, name);
}

function helpOf(name: string): Command {
  return async (_, terminal) => {
    const { deviceHelp } = await import("./help/device-help.js");
    terminal.out(deviceHelp(name, textStyle(terminal).width));
    return 0;
  };
}

/** The overview, on standard error and with exit code 3 if it was not requested. */
async function overview(args: readonly string[], terminal: Terminal): Promise<number> {
  const { renderOverview } = await import("./help/overview.js");
  const isAsked = asksForHelp(args);
  (isAsked ? terminal.out : terminal.err)(renderOverview());
  return isAsked ? 0 : 3;
}

async function unknown(name: string): Promise<never> {
  const { COMMAND_NAMES } = await import("./help/summaries.js");
  const isOption = name.startsWith("-");
  const meant = isOption
    ? didYouMean(name, ["help", "version"], (key) => `--${key}`)
    : didYouMean(name, [...COMMAND_NAMES, "help", "version"]);
  throw new UsageError(`Unknown ${isOption ? "option" : "command"} "${name}"${meant}`);
}
