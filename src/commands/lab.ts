import type { Command } from "./shared/command.js";
import { fromPackage } from "./shared/from-package.js";

/** `packdrift lab`: loads its code from a separate file that is not deployed to devices. */
export const lab: Command = async (args, terminal) =>
  (await fromPackage("lab", () => import("./lab/run-lab.js"))).labCommand(args, terminal);
