import { liteRefusals } from "../../config/lite-limits.js";
import { readSettings } from "../../config/parse-settings.js";
import type { Settings } from "../../config/settings.js";
import { judgeConfiguration } from "../shared/judge-configuration.js";
import { type DoctorLine, linesOf } from "./doctor-line.js";

/** A configuration, and where it was found. */
export interface RawConfiguration {
  readonly raw: unknown;
  readonly from: string;
}

/** The settings to use, which are the defaults if the configuration is bad, and the lines about it. */
export function examineConfiguration(
  found: RawConfiguration | null,
  { isLite, nowMs }: { readonly isLite: boolean | null; readonly nowMs: number },
): { readonly settings: Settings; readonly lines: readonly DoctorLine[] } {
  const { ok, problem, note, notTried } = linesOf("configuration", "reading the configuration");
  const defaults = defaultSettings();
  if (found === null) {
    const none = notTried("there is none here: the defaults are assumed", "Give --config FILE");
    return { settings: defaults, lines: [none] };
  }
  const { raw, from } = found;
  const { settings, problems, warnings, onLite } = judgeConfiguration(raw, nowMs);
  if (settings === null || problems.length > 0) {
    const fix = "Correct these settings by a deployment or in the file; packdrift config check FILE names each place";
    const found = problems.map(({ message }) => message).join("; ");
    return { settings: settings ?? defaults, lines: [problem(`${from}: ${found}`, fix)] };
  }
  const shown = isLite === false ? warnings : [...warnings, ...onLite, ...liteRefusals(raw)];
  const lines = shown.map(({ message, fix }) => note(message, fix));
  return { settings, lines: [ok(from), ...lines] };
}

function defaultSettings(): Settings {
  const { settings } = readSettings({});
  if (settings === null) throw new Error("The default settings are not good");
  return settings;
}
