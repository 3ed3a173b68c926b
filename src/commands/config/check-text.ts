import { InvalidInputError } from "../../base/errors.js";
import { type ConfigurationForm, findConfiguration } from "../../config/configuration-forms.js";
import { explainSettings, type Meaning } from "../../config/explain-settings.js";
import { liteMergeRefusals, liteRefusals } from "../../config/lite-limits.js";
import type { SettingsProblem } from "../../config/parse-settings.js";
import type { SettingsWarning } from "../../config/setting-warnings.js";
import type { Settings } from "../../config/settings.js";
import { nextChecks } from "../../examiner/timetable.js";
import { nextRuns } from "../../platform/cron.js";
import { type LocatedYaml, locatedYaml, type Position } from "../../platform/yaml.js";
import { judgeConfiguration } from "../shared/judge-configuration.js";

/** A problem at one place of the file; line and column are null if not known. */
export type Located<T> = T & { readonly line: number | null; readonly column: number | null };

/** The result of `config check`: schema `packdrift.config/1`. */
export interface ConfigCheck {
  readonly schema: "packdrift.config/1";
  readonly file: string;
  /** Null: the file contains no configuration of packdrift. */
  readonly form: ConfigurationForm | null;
  readonly good: boolean;
  readonly problems: readonly Located<SettingsProblem>[];
  readonly warnings: readonly Located<SettingsWarning>[];
  /** Empty unless the configuration is good. */
  readonly meaning: readonly Meaning[];
  /** The next checks of `--thing`, or the schedule's next times: ISO 8601, UTC. */
  readonly nextChecks: readonly string[];
  /** With defaults; null unless the configuration is good. */
  readonly settings: Settings | null;
}

/** Checks the text of a configuration file. Never throws. */
export function checkText(text: string, file: string, thing: string | null, nowMs: number): ConfigCheck {
  const nothing = {
    schema: "packdrift.config/1",
    file,
    form: null,
    meaning: [],
    nextChecks: [],
    settings: null,
  } as const;
  const refused = (problem: Located<SettingsProblem>) => ({
    ...nothing,
    good: false,
    problems: [problem],
    warnings: [],
  });
  const document = readDocument(text);
  if ("problem" in document) return refused(document.problem);
  const found = findConfiguration(document.value);
  if ("missing" in found) {
    const message = `Cannot find a configuration of packdrift: ${found.missing}`;
    return refused({ path: "", message, line: null, column: null });
  }
  const { raw, form, under } = found;
  const locate = <T extends { readonly path: string }>(one: T) => ({
    ...one,
    ...(document.positionOf(one.path, under) ?? UNKNOWN_POSITION),
  });
  const judged = judgeConfiguration(raw, nowMs);
  const settings = judged.problems.length === 0 ? judged.settings : null;
  const warnings = [
    ...judged.warnings,
    ...judged.onLite,
    ...(settings?.transport === "mqtt" && form === "SETTINGS" ? [] : [...liteRefusals(raw), ...liteMergeRefusals(raw)]),
  ];
  const next = settings === null ? [] : nextOf(settings, thing);
  return {
    ...nothing,
    form,
    good: settings !== null,
    problems: firstOf(judged.problems).map(locate),
    warnings: warnings.map(locate),
    meaning: settings === null ? [] : explainSettings(settings, { thing, next }),
    nextChecks: next,
    settings,
  };
}

/** Each is looked for in the whole file, and nobody reads thousands. */
const MOST_PROBLEMS = 100;

function firstOf(problems: readonly SettingsProblem[]): readonly SettingsProblem[] {
  const more = problems.length - MOST_PROBLEMS;
  return more <= 0 ? problems : [...problems.slice(0, MOST_PROBLEMS), { path: "", message: `And ${more} more` }];
}

const UNKNOWN_POSITION = { line: null, column: null };

function readDocument(text: string): LocatedYaml | { readonly problem: Located<SettingsProblem> } {
  try {
    return locatedYaml(text);
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return { problem: { path: "", message: error.message, ...(positionIn(error.message) ?? UNKNOWN_POSITION) } };
  }
}

/** The position that the parser's message names. */
function positionIn(message: string): Position | null {
  const [, line, column] = /at line (\d+), column (\d+)/.exec(message) ?? [];
  return line === undefined ? null : { line: Number(line), column: Number(column) };
}

function nextOf({ schedule, jitterSeconds }: Settings, thing: string | null): readonly string[] {
  const runs = nextRuns(schedule, 2);
  return thing === null ? runs.map((run) => run.toISOString()) : nextChecks(thing, jitterSeconds, runs);
}
