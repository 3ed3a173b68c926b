import { InvalidInputError } from "../base/errors.js";
import { isObject } from "../base/json.js";
import { COMPONENT } from "../base/names.js";
import { parseSettings } from "../config/parse-settings.js";
import type { Settings } from "../config/settings.js";
import { isSchedule } from "../platform/cron.js";
import { parseYamlDocument } from "../platform/yaml.js";

/**
 * The members of a configuration that has not been parsed yet: an object from Greengrass, or the text of a YAML or JSON
 * file. Empty when it is neither.
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
 * The settings of a configuration, with those of `over` in place of its own. Throws InvalidInputError; the scheduler decides
 * which cron expressions are valid.
 */
export function parseConfiguration(raw: unknown, over: Readonly<Record<string, unknown>> = {}): Settings {
  const isOverridden = Object.keys(over).length > 0;
  const settings = parseSettings(isOverridden ? { ...rawMembers(raw), ...over } : asValue(raw));
  if (isSchedule(settings.schedule)) return settings;
  throw new InvalidInputError(
    `Cannot read setting "schedule": must be a cron expression of 5 or 6 fields, in UTC, is "${settings.schedule}"`,
  );
}

/**
 * What is wrong with a configuration that is about to be deployed; null when nothing is, or when it is another component's:
 * its access control names the component it is for, and without one only ours has jobs.
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
