import type { Command } from "./shared/command.js";
import { fromPackage } from "./shared/from-package.js";

/** `packdrift fleet`: loads its code from a separate file that is not deployed to devices. */
export const fleet: Command = async (args, terminal) =>
  (await fromPackage("fleet", () => import("./fleet/run-fleet.js"))).runFleet(args, terminal);
