import { codeOf, UsageError } from "../base/errors.js";
import type { Command } from "./shared/command.js";

/** `packdrift lab`: loads its code from a separate file that is not deployed to devices. */
export const lab: Command = async (args, terminal) => (await loadLab()).labCommand(args, terminal);

async function loadLab(): Promise<typeof import("./lab/run-lab.js")> {
  try {
    return await import("./lab/run-lab.js");
  } catch (error) {
    if (codeOf(error) !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new UsageError("lab: not available on devices, run it from the packdrift package", { cause: error });
  }
}
