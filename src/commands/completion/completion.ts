import type { Command } from "../shared/command.js";
import { fromPackage } from "../shared/from-package.js";

/** `packdrift completion`: loads its code from a separate file that is not deployed to devices. */
export const completion: Command = async (args, terminal) =>
  (await fromPackage("completion", () => import("./write-completion.js"))).runCompletion(args, terminal);
