import { isObject, type JsonObject } from "../base/json.js";
import { jsonSize } from "../base/json-size.js";
import type { SettingsWarning } from "./setting-warnings.js";
import type { Settings } from "./settings.js";

/** Nucleus lite stores at most this much JSON of one list or text; maps are stored value by value. */
const MOST_VALUE_BYTES = 1_024;
/** It sends at most 255 keys and values in an answer, of which four are around the setting. */
const MOST_SENT = 251;
/** Its memory for one merge: a key with its value takes 21 bytes, an item of a list 11. */
const MOST_MERGED_BYTES = 2_125;
const PAIR_BYTES = 21;
const ITEM_BYTES = 11;
/** Settings that may be a map in place of a list. */
const MAPS = ["jobs", "waivers", "damping"];
const NOTHING_ON_CLASSIC = "on the classic nucleus nothing has to be done";

/** Messages over this drop the connection. */
const MOST_MESSAGE_BYTES = 7_300;

/** Settings that do nothing on nucleus lite, or not what was probably meant. */
export function liteWarnings({
  maxMessageBytes,
  transport,
  vetoBadConfiguration,
}: Settings): readonly SettingsWarning[] {
  return [
    ...(maxMessageBytes > MOST_MESSAGE_BYTES && transport === "ipc"
      ? [
          {
            path: "maxMessageBytes",
            message: `Nucleus lite drops the connection on messages over ${MOST_MESSAGE_BYTES} bytes, and "maxMessageBytes" is ${maxMessageBytes}`,
            fix: `use 7000 or less; ${NOTHING_ON_CLASSIC}`,
          },
        ]
      : []),
    ...(vetoBadConfiguration
      ? [
          {
            path: "vetoBadConfiguration",
            message: 'Setting "vetoBadConfiguration" has no effect on nucleus lite, which does not ask components',
            fix: `check configurations before you deploy them, with packdrift config check; ${NOTHING_ON_CLASSIC}`,
          },
        ]
      : []),
  ];
}

/**
 * The parts of a configuration that nucleus lite would refuse, so that the deployment fails, or could not send to us
 * afterwards.
 */
export function liteRefusals(raw: unknown): readonly SettingsWarning[] {
  if (!isObject(raw)) return [];
  // The access control is no setting: the nucleus reads it itself.
  const { accessControl: _, ...settings } = raw;
  return [...refusalsIn(settings, ""), ...unsentIn(settings)];
}

/** Whether nucleus lite would refuse to merge these settings in a single deployment. */
export function liteMergeRefusals(settings: unknown): readonly SettingsWarning[] {
  const { pairs, items } = jsonSize(settings);
  if (pairs * PAIR_BYTES + items * ITEM_BYTES <= MOST_MERGED_BYTES) return [];
  const message = `Nucleus lite would refuse to merge this in one deployment: it has ${pairs} keys, and its memory holds about 100`;
  const fix = `split it: deploy one part after the other, each with at most 33 jobs; ${NOTHING_ON_CLASSIC}`;
  return [{ path: "", message, fix }];
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
    ? `write "${setting}" as a map with names of your own: nucleus lite stores each value of a map separately`
    : "shorten it";
  return [
    {
      path,
      message: `Nucleus lite would refuse the deployment: "${path}" is ${bytes} bytes of JSON, and a list or string may have at most ${MOST_VALUE_BYTES}`,
      fix: `${fix}; ${NOTHING_ON_CLASSIC}`,
    },
  ];
}

function unsentIn(settings: JsonObject): readonly SettingsWarning[] {
  return Object.entries(settings).flatMap(([path, value]) => {
    const { pairs, items } = jsonSize(value);
    const sent = 2 * pairs + items;
    if (sent <= MOST_SENT) return [];
    const message = `Nucleus lite could not send "${path}" to packdrift: it has ${sent} keys and values, and ${MOST_SENT} fit into an answer`;
    return [{ path, message, fix: `use fewer entries, 41 jobs of {project, job} at most; ${NOTHING_ON_CLASSIC}` }];
  });
}
