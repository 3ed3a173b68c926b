import { isObject, type JsonObject } from "../base/json.js";
import type { SettingsWarning } from "./setting-warnings.js";

/** Nucleus lite stores at most this much JSON of one list or text; maps are stored value by value. */
const MOST_VALUE_BYTES = 1_024;

/** The values of a configuration that nucleus lite would refuse, so that the deployment fails. */
export function liteRefusals(raw: unknown): readonly SettingsWarning[] {
  if (!isObject(raw)) return [];
  // The access control is no setting: the nucleus reads it itself.
  const { accessControl: _, ...settings } = raw;
  return refusalsIn(settings, "");
}

function refusalsIn(raw: JsonObject, path: string): readonly SettingsWarning[] {
  return Object.entries(raw).flatMap(([key, value]) => {
    const at = path === "" ? key : `${path}.${key}`;
    return isObject(value) ? refusalsIn(value, at) : refusalsAt(at, value);
  });
}

function refusalsAt(path: string, raw: unknown): readonly SettingsWarning[] {
  const bytes = new TextEncoder().encode(JSON.stringify(raw) ?? "").length;
  if (bytes <= MOST_VALUE_BYTES) return [];
  const [setting = ""] = path.split(/[.[]/);
  const fix = MAPS.includes(setting)
    ? `write "${setting}" as a map by names of your own: maps may be of any size`
    : "shorten it";
  return [
    {
      path,
      message: `Nucleus lite would refuse the deployment: "${path}" is ${bytes} bytes of JSON, and one list or text may have ${MOST_VALUE_BYTES}`,
      fix: `${fix}; on the classic nucleus nothing has to be done`,
    },
  ];
}

/** Settings that may be a map in place of a list. */
const MAPS = ["jobs", "waivers", "damping"];
