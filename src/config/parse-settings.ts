import { didYouMean, MOST_SUGGESTIONS } from "../base/did-you-mean.js";
import { InvalidInputError, messageOf } from "../base/errors.js";
import { checkShape, isObject } from "../base/json.js";
import { ShapeError } from "../base/shape.js";
import { describeProblem, shown } from "./messages.js";
import { isMissing } from "./setting-shape.js";
import type { Settings } from "./settings.js";
import { isKey, KEYS, TABLE } from "./table.js";

/** Limited because every report carries the problems while the configuration is bad. */
const MOST_PROBLEMS = 8;

// Keys that Greengrass stores in a component's configuration for itself or for the recipe, and one for editors.
const NOT_OURS: ReadonlySet<string> = new Set(["accessControl", "nodePath", "$schema"]);

/** One thing that is wrong with a configuration. */
export interface SettingsProblem {
  /** The key, `source.type` say; empty for the whole configuration. */
  readonly path: string;
  readonly message: string;
}

/**
 * Parses a configuration from Greengrass or from a file. Scalars may be texts, since nucleus lite turns YAML scalars into texts.
 * Throws InvalidInputError that names each bad key, with the value found and the value needed.
 */
export function parseSettings(raw: unknown): Settings {
  const { settings, problems } = readSettings(raw);
  if (settings !== null) return settings;
  const messages = problems.map(({ message }) => message);
  const more = messages.length > MOST_PROBLEMS ? [`and ${messages.length - MOST_PROBLEMS} more`] : [];
  throw new InvalidInputError([...messages.slice(0, MOST_PROBLEMS), ...more].join("; "));
}

/** The settings in a configuration, or null and everything that is wrong with it. */
export function readSettings(raw: unknown): {
  readonly settings: Settings | null;
  readonly problems: readonly SettingsProblem[];
} {
  const refused = (why: string) => ({
    settings: null,
    problems: [{ path: "", message: `Cannot read the configuration: ${why}` }],
  });
  if (!isObject(raw)) return refused(`must be an object, is ${shown(raw)}`);
  try {
    checkShape(raw);
  } catch (error) {
    return refused(messageOf(error));
  }
  const problems = Object.keys(raw)
    .filter((key) => !NOT_OURS.has(key) && !isKey(key))
    .map((key, at) => {
      const meant = at < MOST_SUGGESTIONS ? didYouMean(key, KEYS) : "";
      return { path: key, message: `Unknown setting ${shown(key)}${meant}` };
    });
  const settings: Draft = {};
  for (const key of KEYS) problems.push(...readInto(settings, key, raw[key]));
  if (settings.transport === "mqtt" && settings.mqtt === null) {
    const needed = "an object with endpoint, cert and key, since transport is mqtt";
    problems.push({ path: "mqtt", message: `Cannot read setting "mqtt": must be ${needed}, is ${shown(raw.mqtt)}` });
  }
  return { settings: problems.length === 0 && isComplete(settings) ? settings : null, problems };
}

type Draft = { -readonly [K in keyof Settings]?: Settings[K] };

/** Reads one setting into the draft; returns its problems. */
function readInto<K extends keyof Settings>(settings: Draft, key: K, value: unknown): readonly SettingsProblem[] {
  const { shape, fallback } = TABLE[key];
  try {
    settings[key] = isMissing(value) ? fallback : shape(value, key);
    return [];
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    return error.problems.map((problem) => ({ path: problem.path, message: describeProblem(problem) }));
  }
}

function isComplete(settings: Draft): settings is Settings {
  return KEYS.every((key) => settings[key] !== undefined);
}
