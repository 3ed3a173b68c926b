import { liteWarnings } from "../../config/lite-limits.js";
import { readSettings, type SettingsProblem } from "../../config/parse-settings.js";
import { type SettingsWarning, settingWarnings } from "../../config/setting-warnings.js";
import type { Settings } from "../../config/settings.js";
import { RULE_IDS } from "../../drift/finding.js";
import { isExpired } from "../../drift/waivers.js";
import { scheduleProblem } from "../../examiner/raw-configuration.js";

/** What is wrong with a configuration, and which of its settings do nothing, or not what was probably meant. */
interface JudgedConfiguration {
  /** Null where no settings could be read. */
  readonly settings: Settings | null;
  /** The configuration is good where there are none. */
  readonly problems: readonly SettingsProblem[];
  /** Of a good configuration. */
  readonly warnings: readonly SettingsWarning[];
  /** Of a good configuration, on nucleus lite alone. */
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
