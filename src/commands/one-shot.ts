import { UsageError } from "../base/errors.js";
import { type Command, processTerminal, type Terminal } from "./shared/command.js";
import { outcomeOf } from "./shared/usage.js";

/** The commands in the device bundle's examiner.cjs; each loads only the code it needs. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  facts: async () => (await import("./facts.js")).facts,
  model: async () => (await import("./model.js")).model,
  snapshot: async () => (await import("./snapshot.js")).snapshot,
  verify: async () => (await import("./verify.js")).verify,
  check: async () => (await import("./check.js")).check,
  preflight: async () => (await import("./preflight.js")).preflight,
  config: async () => (await import("./config/config.js")).config,
  examine: async () => (await import("./examine.js")).examine,
};

/** Runs the examiner in a process of its own, which exits afterwards. */
export async function runExaminer(ownProcess: NodeJS.Process, args: readonly string[]): Promise<void> {
  ownProcess.exit(await runOneShot("examine", args, processTerminal(ownProcess)));
}

/** Runs one of these commands; resolves to its exit code. */
export async function runOneShot(name: string, args: readonly string[], terminal: Terminal): Promise<number> {
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  const command: Command = async (rest, at) => {
    if (load === undefined) throw new UsageError(`Unknown command "${name}"`);
    return (await load())(rest, at);
  };
  return outcomeOf(command, args, terminal);
}
