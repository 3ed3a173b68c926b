import { didYouMean } from "../base/did-you-mean.js";
import { InvalidInputError, messageOf } from "../base/errors.js";
import { checkShape, isObject } from "../base/json.js";
import { ShapeError } from "../base/shape.js";
import { describeProblem, shown } from "./messages.js";
import type { Settings } from "./settings.js";
import { isMissing } from "./shapes.js";
import { isKey, KEYS, TABLE } from "./table.js";

/** Limited because every report carries the problems while the configuration is bad. */
const MOST_PROBLEMS = 8;

// Keys that Greengrass stores in a component's configuration for itself or for the recipe.
const NOT_OURS: ReadonlySet<string> = new Set(["accessControl", "nodePath"]);

/**
 * Parses a configuration from Greengrass or from a file. Scalars may be texts, since nucleus lite turns YAML scalars into texts.
 * Throws InvalidInputError that names each bad key, with the value found and the value needed.
 */
export function parseSettings(raw: unknown): Settings {
  if (!isObject(raw)) {
    throw new InvalidInputError(`Cannot read the configuration: must be an object, is ${shown(raw)}`);
  }
  try {
    checkShape(raw);
  } catch (error) {
    throw new InvalidInputError(`Cannot read the configuration: ${messageOf(error)}`, { cause: error });
  }
  const problems = Object.keys(raw)
    .filter((key) => !NOT_OURS.has(key) && !isKey(key))
    .map((key) => `Unknown setting ${shown(key)}${didYouMean(key, KEYS)}`);
  const settings: Draft = {};
  for (const key of KEYS) problems.push(...readInto(settings, key, raw[key]));
  if (settings.transport === "mqtt" && settings.mqtt === null) {
    problems.push(
      `Cannot read setting "mqtt": must be an object with endpoint, cert and key, since transport is mqtt, is ${shown(raw.mqtt)}`,
    );
  }
  if (problems.length === 0 && isComplete(settings)) return settings;
  const more = problems.length > MOST_PROBLEMS ? [`and ${problems.length - MOST_PROBLEMS} more`] : [];
  throw new InvalidInputError([...problems.slice(0, MOST_PROBLEMS), ...more].join("; "));
}

type Draft = { -readonly [K in keyof Settings]?: Settings[K] };

/** Reads one setting into the draft; returns its problems. */
function readInto<K extends keyof Settings>(settings: Draft, key: K, value: unknown): readonly string[] {
  const { shape, fallback } = TABLE[key];
  try {
    settings[key] = isMissing(value) ? fallback : shape(value, key);
    return [];
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    return error.problems.map(describeProblem);
  }
}

function isComplete(settings: Draft): settings is Settings {
  return KEYS.every((key) => settings[key] !== undefined);
}
