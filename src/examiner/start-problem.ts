import { InvalidInputError } from "../base/errors.js";
import type { Settings } from "../config/settings.js";
import { identityProblem } from "../platform/client-identity.js";
import { parseConfiguration } from "./raw-configuration.js";

/**
 * What keeps the component from starting without Greengrass with this configuration, in one sentence, or null. A bad
 * configuration does not keep it from starting if there is a last good one.
 */
export function startProblem(configuration: unknown, hasLastGood: () => boolean): string | null {
  let settings: Settings;
  try {
    settings = parseConfiguration(configuration);
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return hasLastGood() ? null : error.message;
  }
  if (settings.transport === "ipc" || settings.mqtt === null) {
    return `Without Greengrass "transport" must be mqtt, is ${settings.transport}`;
  }
  return identityProblem(settings.mqtt, (file) => `mqtt.${file}`);
}
