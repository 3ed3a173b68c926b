import { codeOf, UsageError } from "../base/errors.js";
import type { Command } from "./shared/command.js";

/** `packdrift fleet`: loads its code from a separate file that is not deployed to devices. */
export const fleet: Command = async (args, terminal) => (await loadFleet()).runFleet(args, terminal);

async function loadFleet(): Promise<typeof import("./fleet/run-fleet.js")> {
  try {
    return await import("./fleet/run-fleet.js");
  } catch (error) {
    if (codeOf(error) !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new UsageError("fleet: not available on devices, run it from the packdrift package", { cause: error });
  }
}
