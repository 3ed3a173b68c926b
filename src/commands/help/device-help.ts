import { UsageError } from "../../base/errors.js";
import { renderHelp } from "./render-help.js";
import type { CommandSpec } from "./spec.js";
import { CHECK } from "./specs/check.js";
import { DOCTOR } from "./specs/doctor.js";
import { FACTS } from "./specs/facts.js";
import { MODEL } from "./specs/model.js";
import { PREFLIGHT } from "./specs/preflight.js";
import { RUN } from "./specs/run.js";
import { SNAPSHOT } from "./specs/snapshot.js";
import { VERIFY } from "./specs/verify.js";

/** The commands that exist on devices. */
export const DEVICE_COMMANDS: readonly CommandSpec[] = [CHECK, PREFLIGHT, FACTS, MODEL, SNAPSHOT, VERIFY, DOCTOR, RUN];

/** The help of a command that exists on devices. Throws UsageError for another one. */
export function deviceHelp(name: string, width: number): string {
  const spec = DEVICE_COMMANDS.find((each) => each.name === name);
  if (spec === undefined) throw new UsageError(`Unknown command "${name}"`);
  return renderHelp(spec, width);
}
