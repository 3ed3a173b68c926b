import { liteWarnings } from "../../config/lite-limits.js";
import { readSettings, type SettingsProblem } from "../../config/parse-settings.js";
import { type SettingsWarning, settingWarnings } from "../../config/setting-warnings.js";
import type { Settings } from "../../config/settings.js";
import { RULE_IDS } from "../../drift/finding.js";
import { isExpired } from "../../drift/waivers.js";
import { scheduleProblem } from "../../examiner/raw-configuration.js";

/** The problems of a configuration, and settings that do nothing, or not what was probably meant. */
interface JudgedConfiguration {
  /** Null if no settings could be read. */
  readonly settings: Settings | null;
  /** Empty if the configuration is good. */
  readonly problems: readonly SettingsProblem[];
  /** Warnings about a good configuration. */
  readonly warnings: readonly SettingsWarning[];
  /** Warnings about a good configuration that apply to nucleus lite only. */
  readonly onLite: readonly SettingsWarning[];
}

/** Judges a configuration as the component would. */
export function judgeConfiguration(raw: unknown, nowMs: number): JudgedConfiguration {
  const { settings, problems } = readSettings(raw);
  const schedule = settings === null ? null : scheduleProblem(settings);
  const all = schedule === null ? problems : [...problems, { path: "schedule", message: schedule }];
  if (settings === null || all.length > 0) return { settings, problems: all, warnings: [], onLite: [] };
  const now = new Date(nowMs).toISOString();
  const known = { ruleIds: RULE_IDS, isExpired: (waiver: Parameters<typeof isExpired>[0]) => isExpired(waiver, now) };
  return { settings, problems: [], warnings: settingWarnings(settings, known), onLite: liteWarnings(settings) };
}
