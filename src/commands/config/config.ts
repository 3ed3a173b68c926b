import { CONFIG } from "../help/specs/config.js";
import type { Command } from "../shared/command.js";
import { runGroup } from "../shared/run-group.js";

/** `packdrift config check FILE`: whether a configuration is good, and what it means. */
export const config: Command = (args, terminal) =>
  runGroup(CONFIG, { check: async () => (await import("./check-config.js")).checkConfig }, args, terminal);
