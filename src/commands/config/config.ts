import { didYouMean } from "../../base/did-you-mean.js";
import { UsageError } from "../../base/errors.js";
import type { Command } from "../shared/command.js";
import { checkConfig } from "./check-config.js";

/** `packdrift config check FILE`: whether a configuration is good, and what it means. */
export const config: Command = async ([action, ...rest], terminal) => {
  if (action === "check") return checkConfig(rest, terminal);
  if (action === undefined) throw new UsageError("config: needs an action: config check FILE");
  throw new UsageError(`config: unknown action "${action}"${didYouMean(action, ["check"])}`);
};
