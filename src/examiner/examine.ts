import { InvalidInputError, JobUnavailableError, messageOf } from "../base/errors.js";
import { parseJson } from "../base/json.js";
import type { Settings } from "../config/settings.js";
import { afterRestart } from "../config/table.js";
import type { DeviceFacts } from "../device/facts.js";
import { type DampingMemory, type DampingRules, parseDampingMemory } from "../drift/damping.js";
import type { Deployed } from "../drift/deployed.js";
import { RULE_IDS, type Verdict } from "../drift/finding.js";
import { type JobLookup, type JudgeInput, judge, judgeAgain } from "../drift/judge.js";
import type { JobRef } from "../job/job-names.js";
import { completeReport, contentOf, nothingToCheck } from "../report/make-report.js";
import { DESIRABLE, reportedShadow } from "../report/reported-shadow.js";
import { foundOrFailure } from "../sources/lookup.js";
import type { FindJob, FoundJob, ListJobs } from "../sources/source.js";
import { type DeployedQueries, findDeployed } from "./deployed/find.js";
import { namedJob } from "./named-job.js";
import { findOwnJob } from "./own-job.js";
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
}

/** Runs one check: finds the jobs, reads the device, compares, makes the reports. A missing job is a result, not an error. */
export async function examine(request: ExaminationRequest, parts: ExaminationParts): Promise<Examination> {
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
  const isIdle = settings.jobs.length === 0;
  if (isIdle) log.push({ level: "warn", event: "check.no-jobs", fields: { needed: 'the setting "jobs"' } });
  // Read the device while the jobs are being fetched.
  const underWay = lookUpAll(settings, request.withoutGreengrass === true, parts, log);
  const { facts, problems } = parts.readFacts();
  const lookups = await underWay;
  const checkedAt = parts.now().toISOString();
  const { maxCopyAgeDays, waivers } = settings;
  const verdicts = judgeDamped({ lookups, facts, now: checkedAt, maxCopyAgeDays, waivers }, settings, parts, log);
  const { thing, trigger } = request;
  const idle = isIdle ? ['Nothing to check: the setting "jobs" is empty'] : [];
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
  // A device without jobs still sends a report.
  const made = isIdle ? [nothingToCheck({ thing, trigger, checkedAt, facts, agent })] : all;
  const reports = made.map((report) => ({ report, content: parts.digest(contentOf(report)) }));
  return { kind: "done", settings, nextChecks: parts.nextChecks(settings), reports, shadow, log };
}

/**
 * The settings of the configuration, overridden by the shadow's desired state. An invalid desired state is reported and changes
 * nothing. Throws InvalidInputError for a bad configuration.
 */
function settingsFor({ configuration, desired = {} }: ExaminationRequest, parse: ExaminationParts["parseSettings"]) {
  const settings = parse(configuration);
  if (Object.keys(desired).length === 0) return { settings, desiredProblem: null };
  const forbidden = Object.keys(desired).filter((key) => !(DESIRABLE as readonly string[]).includes(key));
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
      .filter(({ rule }) => !(RULE_IDS as readonly string[]).includes(rule))
      .map(({ rule }) => `Setting "${setting}" names a rule that does not exist: "${rule}"`),
  );
}

/** Looks up all jobs in parallel, so that a source that does not answer is waited for once. Results are in the jobs' order. */
async function lookUpAll(
  settings: Settings,
  withoutGreengrass: boolean,
  parts: ExaminationParts,
  log: LogLine[],
): Promise<readonly JobLookup[]> {
  const findJob = parts.findJob(settings);
  const listJobs = parts.listJobs(settings);
  const queries = parts.deployedQueries(settings);
  const sources = settings.deployedVersion.filter((source) => !(withoutGreengrass && GREENGRASS_SOURCES.has(source)));
  const deployed = (name: string | null) => findDeployed(name, sources, queries);
  const found = await Promise.all(
    settings.jobs.map(async (choice) => {
      const lines: LogLine[] = [];
      const { project, component } = choice;
      const ref = namedJob(choice);
      const lookup =
        ref !== null
          ? await lookUpJob(ref, findJob, deployed, lines)
          : project === null
            ? { ...noJob({ project, job: null }, null), deployed: await deployed(component) }
            : await lookUpOwnJob({ project, component }, { listJobs, findJob }, deployed, lines);
      // Without a source of the deployed version, component.* does not apply, as in packdrift check.
      const isComparable = sources.length > 0 || lookup.job === null;
      return { lookup: isComparable ? lookup : { ...lookup, deployed: null }, lines };
    }),
  );
  const lookups = found.map(({ lookup }) => lookup);
  log.push(...found.flatMap(({ lines }) => lines));
  for (const lookup of lookups) if (lookup.job !== null) logOrigin(lookup, log);
  return lookups;
}

/** Sources of the deployed version that only Greengrass can answer. */
const GREENGRASS_SOURCES: ReadonlySet<string> = new Set(["component-details", "artifacts", "configuration"]);

/** Looks up the deployed version of a component. */
type AskDeployed = (name: string | null) => Promise<Deployed>;

async function lookUpJob(ref: JobRef, findJob: FindJob, deployed: AskDeployed, log: LogLine[]): Promise<JobLookup> {
  const outcome = await findLogged(() => findJob(ref), { ...ref }, log);
  if (!("found" in outcome)) return noJob(ref, outcome.unavailable);
  const { found } = outcome;
  return { ...found, model: null, ref, unavailable: null, deployed: await deployed(found.job.component.name) };
}

async function lookUpOwnJob(
  { project, component }: { readonly project: string; readonly component: string | null },
  jobs: { readonly listJobs: ListJobs; readonly findJob: FindJob },
  askDeployed: AskDeployed,
  log: LogLine[],
): Promise<JobLookup> {
  const ref = { project, job: null };
  const deployed = await askDeployed(component);
  const outcome = await findLogged(() => findOwnJob(project, deployed, jobs), { project, component }, log);
  if (!("found" in outcome)) return { ...noJob(ref, outcome.unavailable), deployed };
  const own = outcome.found;
  if (own.kind === "found")
    return { ...own.found, model: null, ref: { project, job: own.job }, unavailable: null, deployed };
  const { reason, message, choice } = own;
  log.push({ level: "warn", event: "job.unclear", fields: { project, component, message } });
  return { ...noJob(ref, { reason, message }), deployed, choice };
}

function noJob(ref: JobLookup["ref"], unavailable: JobLookup["unavailable"]): JobLookup {
  return { ref, job: null, model: null, origin: null, unavailable, deployed: null };
}

function logOrigin({ ref, origin, ...lookup }: JobLookup, log: LogLine[]): void {
  for (const warning of (lookup as Partial<FoundJob>).warnings ?? []) {
    log.push({ level: "warn", event: "job.warning", fields: { ...ref, warning } });
  }
  if (origin?.stale == null) return;
  const { reason, message } = origin.stale;
  const { fetchedAt } = origin;
  log.push({ level: "warn", event: "job.copy-used", fields: { ...ref, reason, message, fetchedAt } });
}

/** The result of `find`, or why there is none; logs the reason. */
async function findLogged<T>(
  find: () => Promise<T>,
  ref: Readonly<Record<string, unknown>>,
  log: LogLine[],
): Promise<{ readonly found: T } | { readonly unavailable: JobLookup["unavailable"] }> {
  const outcome = await foundOrFailure(find);
  if ("found" in outcome) return outcome;
  const { failure } = outcome;
  const { message } = failure;
  if (failure instanceof JobUnavailableError) {
    const { reason } = failure;
    log.push({ level: "warn", event: "job.unavailable", fields: { ...ref, reason, message } });
    return { unavailable: { reason, message } };
  }
  const reason = "NOT_A_JOB";
  log.push({ level: "error", event: "job.refused", fields: { ...ref, reason, message } });
  return { unavailable: { reason, message } };
}
