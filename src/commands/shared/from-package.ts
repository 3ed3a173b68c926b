import { codeOf, UsageError } from "../../base/errors.js";

/**
 * Loads the code of a command from its own file, which the package has and devices do not. Throws UsageError if it is
 * missing.
 */
export async function fromPackage<T>(command: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (codeOf(error) !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new UsageError(`${command}: not available on devices, run it from the packdrift package`, { cause: error });
  }
}
