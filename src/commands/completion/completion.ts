import { codeOf, UsageError } from "../../base/errors.js";
import type { Command } from "../shared/command.js";

/** `packdrift completion`: loads its code from a separate file that is not deployed to devices. */
export const completion: Command = async (args, terminal) => (await loadCompletion()).runCompletion(args, terminal);

async function loadCompletion(): Promise<typeof import("./write-completion.js")> {
  try {
    return await import("./write-completion.js");
  } catch (error) {
    if (codeOf(error) !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new UsageError("completion: not available on devices, run it from the packdrift package", { cause: error });
  }
}
