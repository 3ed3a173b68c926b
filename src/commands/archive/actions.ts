import { UsageError } from "../../base/errors.js";
import type { Command, Terminal } from "../shared/command.js";
import { outcomeOf } from "../shared/usage.js";

const ACTIONS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import("./serve.js")).archiveServe,
  import: async () => (await import("./import.js")).archiveImport,
  list: async () => (await import("./list.js")).archiveList,
  show: async () => (await import("./list.js")).archiveShow,
  verify: async () => (await import("./verify.js")).archiveVerify,
};

/** `packdrift archive`: stores packaging jobs and serves them as the service did. Resolves to the exit code. */
export function runArchive(args: readonly string[], terminal: Terminal): Promise<number> {
  return outcomeOf(action, args, terminal);
}

const action: Command = async ([name = "", ...rest], terminal) => {
  const load = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (load !== undefined) return (await load())(rest, terminal);
  const needed = `needs one of ${Object.keys(ACTIONS).join(", ")}`;
  throw new UsageError(
    name === "" ? `archive: command is missing, ${needed}` : `archive: unknown command "${name}", ${needed}`,
  );
};
