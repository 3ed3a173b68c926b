import { InvalidInputError } from "../base/errors.js";
import { isObject } from "../base/json.js";
import { COMPONENT } from "../base/names.js";
import { parseSettings } from "../config/parse-settings.js";
import type { Settings } from "../config/settings.js";
import { isSchedule } from "../platform/cron.js";
import { parseYamlDocument } from "../platform/yaml.js";

/**
 * The members of an unparsed configuration: an object from Greengrass, or the text of a YAML or JSON file. Empty if it is
 * neither.
 */
export function rawMembers(raw: unknown): Readonly<Record<string, unknown>> {
  try {
    const value = asValue(raw);
    return isObject(value) ? value : {};
  } catch (error) {
    if (error instanceof InvalidInputError) return {};
    throw error;
  }
}

/**
 * Parses a configuration, with the settings in `over` replacing its own. Throws InvalidInputError; node-cron decides which cron
 * expressions are valid.
 */
export function parseConfiguration(raw: unknown, over: Readonly<Record<string, unknown>> = {}): Settings {
  const isOverridden = Object.keys(over).length > 0;
  const settings = parseSettings(isOverridden ? { ...rawMembers(raw), ...over } : asValue(raw));
  const problem = scheduleProblem(settings);
  if (problem === null) return settings;
  throw new InvalidInputError(problem);
}

/** What is wrong with a schedule, or null: node-cron decides which expressions are valid. */
export function scheduleProblem({ schedule }: Pick<Settings, "schedule">): string | null {
  if (isSchedule(schedule)) return null;
  return `Cannot read setting "schedule": must be a cron expression of 5 or 6 fields, in UTC, is "${schedule}"`;
}

/**
 * Validates a configuration that is about to be deployed: what is wrong with it, or null. Null also for the configuration of
 * another component. Ours has an access control that names us or, without any access control, has jobs.
 */
export function problemOf(raw: unknown): string | null {
  const { accessControl, jobs } = rawMembers(raw);
  const isOurs = JSON.stringify(accessControl ?? null).includes(`"${COMPONENT}:`);
  const isAnothers = isObject(accessControl) && Object.keys(accessControl).length > 0;
  if (!isOurs && (isAnothers || jobs === undefined)) return null;
  try {
    parseConfiguration(raw);
    return null;
  } catch (error) {
    if (error instanceof InvalidInputError) return error.message;
    throw error;
  }
}

/** Without Greengrass the configuration is the text of a file. */
function asValue(raw: unknown): unknown {
  return typeof raw === "string" ? parseYamlDocument(raw, "core") : raw;
}
