import { didYouMean } from "../base/did-you-mean.js";
import { InvalidInputError, messageOf } from "../base/errors.js";
import { parseJson } from "../base/json.js";
import type { Settings } from "../config/settings.js";
import { afterRestart } from "../config/table.js";
import type { DeviceFacts } from "../device/facts.js";
import type { LoaderAnswer } from "../device/loader-answers.js";
import { type DampingMemory, type DampingRules, parseDampingMemory } from "../drift/damping.js";
import { RULE_IDS, type Verdict } from "../drift/finding.js";
import { type JobLookup, type JudgeInput, judge, judgeAgain } from "../drift/judge.js";
import { namesLoadedBy } from "../drift/model-loads.js";
import { completeReport, contentOf, nothingToCheck } from "../report/make-report.js";
import { DESIRABLE, reportedShadow } from "../report/reported-shadow.js";
import type { FindJob, ListJobs } from "../sources/source.js";
import type { DeployedQueries } from "./deployed/find.js";
import { lookUpModels } from "./look-up-models.js";
import type { PackagedModels } from "./models/packaged-models.js";
import type { Examination, ExaminationRequest, LogLine } from "./protocol.js";

/** The dependencies of an examination. */
export interface ExaminationParts {
  /** Parses a configuration, with the settings in `over` replacing its own. Throws InvalidInputError. */
  readonly parseSettings: (raw: unknown, over?: Readonly<Record<string, unknown>>) => Settings;
  readonly now: () => Date;
  /** Hexadecimal. */
  readonly digest: (text: string) => string;
  readonly nextChecks: (settings: Settings) => readonly string[];
  readonly findJob: (settings: Settings) => FindJob;
  readonly listJobs: (settings: Settings) => ListJobs;
  /** Also gives a sentence for each drop-in file that could not be used. */
  readonly readFacts: () => { readonly facts: DeviceFacts; readonly problems: readonly string[] };
  /** Persists between checks and across restarts. Both throw file system errors. */
  readonly dampingMemory: { readonly load: () => string | null; readonly save: (text: string) => void };
  readonly deployedQueries: (settings: Settings) => DeployedQueries;
  readonly models: PackagedModels;
  /** What the machine's loader finds for libraries by name. */
  readonly askLoader: (sonames: readonly string[]) => readonly LoaderAnswer[];
}

/** Runs one check: finds the jobs, reads the device, compares, makes the reports. A missing job is a result, not an error. */
export async function runExamination(request: ExaminationRequest, parts: ExaminationParts): Promise<Examination> {
  let settings: Settings;
  let desiredProblem: string | null;
  try {
    ({ settings, desiredProblem } = settingsFor(request, parts.parseSettings));
  } catch (error) {
    if (error instanceof InvalidInputError) return { kind: "refused", message: error.message };
    throw error;
  }
  const log: LogLine[] = [];
  if (desiredProblem !== null)
    log.push({ level: "error", event: "shadow.not-obeyed", fields: { message: desiredProblem } });
  // Read the device while the jobs are being fetched.
  const underWay = lookUpModels(settings, request.withoutGreengrass === true, parts);
  const { facts, problems } = parts.readFacts();
  const { lookups, nothing, log: lookupLog } = await underWay;
  log.push(...lookupLog);
  const checkedAt = parts.now().toISOString();
  const { maxCopyAgeDays, waivers } = settings;
  const loadable = parts.askLoader(namesLoadedBy(lookups));
  const input = { lookups, facts, loadable, now: checkedAt, maxCopyAgeDays, waivers };
  const verdicts = judgeDamped(input, settings, parts, log);
  const { thing, trigger } = request;
  const idle = nothing === null ? [] : [nothing];
  const begunWith = request.begunWith ?? settings;
  const { transport } = begunWith;
  const moreProblems = [
    ...(transport === "ipc" ? (request.ipcProblems ?? []) : []),
    ...idle,
    ...afterRestart(begunWith, settings),
    ...problems,
    ...unknownRules(settings),
    ...(desiredProblem === null ? [] : [desiredProblem]),
  ];
  const agent = { ...request.agent, transport, problems: [...request.agent.problems, ...moreProblems] };
  const all = lookups.flatMap((lookup, at) => {
    const verdict = verdicts[at];
    return verdict === undefined ? [] : completeReport({ thing, trigger, checkedAt, facts, verdict, agent, ...lookup });
  });
  const shadow = settings.shadow ? reportedShadow({ reports: all, facts, settings }) : null;
  // A device without models still sends a report.
  const made = nothing !== null ? [nothingToCheck({ thing, trigger, checkedAt, facts, agent })] : all;
  const reports = made.map((report) => ({ report, content: parts.digest(contentOf(report)) }));
  const modelFiles = watchedOf(lookups);
  return { kind: "done", settings, nextChecks: parts.nextChecks(settings), reports, shadow, modelFiles, log };
}

/** More than any model seen so far has; the keeper reads the state of each at every comparison. */
const MOST_WATCHED = 100;

function watchedOf(lookups: readonly JobLookup[]): readonly string[] {
  const models = lookups.flatMap(({ model }) => (model === null ? [] : [model]));
  const paths = [
    ...models.flatMap(({ folders }) => folders),
    ...models.flatMap(({ files }) => files.filter(({ kind }) => kind !== "OTHER").map(({ path }) => path)),
  ];
  return paths.slice(0, MOST_WATCHED);
}

/**
 * The settings of the configuration, overridden by the shadow's desired state. An invalid desired state is reported and changes
 * nothing. Throws InvalidInputError for a bad configuration.
 */
function settingsFor({ configuration, desired = {} }: ExaminationRequest, parse: ExaminationParts["parseSettings"]) {
  const settings = parse(configuration);
  if (Object.keys(desired).length === 0) return { settings, desiredProblem: null };
  const forbidden = Object.keys(desired).filter((key) => !DESIRABLE.some((one) => one === key));
  const desiredProblem =
    forbidden.length === 0
      ? null
      : `The shadow's desired state sets ${forbidden.slice(0, 5).join(", ")}, but may only set ${DESIRABLE.join(", ")}`;
  try {
    const allowed = Object.fromEntries(Object.entries(desired).filter(([key]) => !forbidden.includes(key)));
    return { settings: parse(configuration, allowed), desiredProblem };
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return { settings, desiredProblem: `The desired state of the shadow is invalid: ${error.message}` };
  }
}

/** The verdicts, damped by the results of earlier checks. Memory that cannot be read starts empty; that is logged. */
function judgeDamped(
  input: JudgeInput,
  { damping }: Settings,
  { dampingMemory }: ExaminationParts,
  log: LogLine[],
): readonly Verdict[] {
  if (damping.length === 0) return judge(input);
  const rules: DampingRules = Object.fromEntries(damping.map(({ rule, ...checks }) => [rule, checks]));
  const warn = (event: string, error: unknown) =>
    log.push({ level: "warn", event, fields: { message: messageOf(error) } });
  let text: string | null = null;
  let memory: DampingMemory = {};
  try {
    text = dampingMemory.load();
    if (text !== null) memory = parseDampingMemory(parseJson(text));
  } catch (error) {
    warn("damping.forgotten", error);
  }
  const judged = judgeAgain(input, rules, memory);
  const next = JSON.stringify(judged.memory);
  try {
    if (next !== (text ?? "{}")) dampingMemory.save(next);
  } catch (error) {
    warn("damping.not-kept", error);
  }
  return judged.verdicts;
}

/** Problems for waivers and damping that name an unknown rule: they have no effect, and are probably misspelt. */
function unknownRules(settings: Settings): readonly string[] {
  return (["waivers", "damping"] as const).flatMap((setting) =>
    settings[setting]
      .filter(({ rule }) => !RULE_IDS.some((id) => id === rule))
      .map(
        ({ rule }) => `Setting "${setting}" names a rule that does not exist: "${rule}"${didYouMean(rule, RULE_IDS)}`,
      ),
  );
}
