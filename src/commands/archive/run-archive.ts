import { ARCHIVE } from "../help/specs/archive.js";
import type { Command } from "../shared/command.js";
import { runGroup } from "../shared/run-group.js";
import type { Terminal } from "../shared/terminal.js";

const ACTIONS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import("./serve.js")).archiveServe,
  import: async () => (await import("./import.js")).archiveImport,
  list: async () => (await import("./list.js")).archiveList,
  show: async () => (await import("./list.js")).archiveShow,
  verify: async () => (await import("./verify.js")).archiveVerify,
};

/** `packdrift archive`: stores packaging jobs and serves them as the service did. Resolves to the exit code. */
export function runArchive(args: readonly string[], terminal: Terminal): Promise<number> {
  return runGroup(ARCHIVE, ACTIONS, args, terminal);
}
