import type { Terminal } from "./terminal.js";

/** Runs a command; resolves to the exit code. Throws UsageError for wrong usage. */
export type Command = (args: readonly string[], terminal: Terminal) => Promise<number>;
