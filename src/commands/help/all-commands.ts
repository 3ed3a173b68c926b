import type { CommandSpec, GroupSpec } from "./spec.js";
import { ARCHIVE } from "./specs/archive.js";
import { CHECK } from "./specs/check.js";
import { COMPLETION } from "./specs/completion.js";
import { CONFIG } from "./specs/config.js";
import { DOCTOR } from "./specs/doctor.js";
import { FACTS } from "./specs/facts.js";
import { FLEET } from "./specs/fleet.js";
import { LAB } from "./specs/lab.js";
import { MODEL } from "./specs/model.js";
import { PREFLIGHT } from "./specs/preflight.js";
import { RUN } from "./specs/run.js";
import { SNAPSHOT } from "./specs/snapshot.js";
import { VERIFY } from "./specs/verify.js";

/** Every command, in the overview's order. For servers and builds only: no program on a device has all of them. */
export const ALL_COMMANDS: readonly (CommandSpec | GroupSpec)[] = [
  CHECK,
  PREFLIGHT,
  FACTS,
  MODEL,
  SNAPSHOT,
  VERIFY,
  DOCTOR,
  CONFIG,
  RUN,
  LAB,
  ARCHIVE,
  FLEET,
  COMPLETION,
];

/** Every action, and every command that does something itself. */
export const RUNNABLE_COMMANDS: readonly CommandSpec[] = ALL_COMMANDS.flatMap(actionsOf);

function actionsOf(command: CommandSpec | GroupSpec): readonly CommandSpec[] {
  return [...("options" in command ? [command] : []), ...(command.actions ?? [])];
}
