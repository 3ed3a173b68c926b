import type { Command } from "./command.js";

/** The commands that travel packed in the device bundle; each loads its own parts, so that none pays for another's. */
export const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  facts: async () => (await import("./facts.js")).facts,
  verify: async () => (await import("./verify.js")).verify,
  check: async () => (await import("./check.js")).check,
  examine: async () => (await import("./examine.js")).examine,
};
