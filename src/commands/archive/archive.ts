import type { Command } from "../shared/command.js";
import { fromPackage } from "../shared/from-package.js";

/** `packdrift archive`: loads its code from a separate file that is not deployed to devices. */
export const archive: Command = async (args, terminal) =>
  (await fromPackage("archive", () => import("./run-archive.js"))).runArchive(args, terminal);
