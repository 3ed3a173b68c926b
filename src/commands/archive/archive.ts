import { codeOf, UsageError } from "../../base/errors.js";
import type { Command } from "../shared/command.js";

/** `packdrift archive`: loads its code from a separate file that is not deployed to devices. */
export const archive: Command = async (args, terminal) => (await loadActions()).runArchive(args, terminal);

async function loadActions(): Promise<typeof import("./actions.js")> {
  try {
    return await import("./actions.js");
  } catch (error) {
    if (codeOf(error) !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new UsageError("archive: not available on devices, run it from the packdrift package", { cause: error });
  }
}
