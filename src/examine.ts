import type { Settings } from "./config.js";
import { type DeployedPlaces, findDeployed } from "./deployed.js";
import type { DeviceFacts } from "./device/facts.js";
import { type DampingMemory, type DampingRules, parseDampingMemory } from "./drift/damping.js";
import { RULE_IDS, type Verdict } from "./drift/finding.js";
import { type JudgeInput, judge, judgeAgain, type Look } from "./drift/judge.js";
import { InvalidInputError, JobUnavailableError } from "./errors.js";
import type { FindJob, FoundJob } from "./job/source.js";
import {
  type CompleteReport,
  completeReport,
  contentOf,
  type ReportedAgent,
  type Trigger,
  type WithoutPlace,
} from "./report/report.js";

/** What one examination is about. Plain JSON: it crosses from the keeper to the examiner (commands/examine.ts). */
export interface ExaminationRequest {
  readonly thing: string;
  readonly trigger: Trigger;
  /** As Greengrass gave it. */
  readonly configuration: unknown;
  readonly agent: ReportedAgent;
}

/** One event for the log. */
export interface LogLine {
  readonly level: "info" | "warn" | "error";
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What an examination found; plain JSON. */
export type Examination =
  /** The configuration is bad: nothing was examined. */
  | { readonly kind: "refused"; readonly message: string }
  | {
      readonly kind: "done";
      readonly settings: Settings;
      /** When to check again: ISO 8601, UTC, soonest first. */
      readonly nextChecks: readonly string[];
      readonly reports: readonly Examined[];
      readonly log: readonly LogLine[];
    };

/** The report about one job, and a text that stays the same as long as it says the same. */
export interface Examined {
  readonly report: WithoutPlace<CompleteReport>;
  readonly content: string;
}

/** Everything an examination works with. */
export interface ExaminationParts {
  /** Throws InvalidInputError. */
  readonly parseSettings: (raw: unknown) => Settings;
  readonly now: () => Date;
  /** Hexadecimal. */
  readonly digest: (text: string) => string;
  readonly nextChecks: (settings: Settings) => readonly string[];
  readonly findJob: (settings: Settings) => FindJob;
  /** With what keeps facts from being known, a sentence each. */
  readonly readFacts: () => { readonly facts: DeviceFacts; readonly problems: readonly string[] };
  /** Between checks, over restarts. Both throw what the file system threw. */
  readonly dampingMemory: { readonly load: () => string | null; readonly save: (text: string) => void };
  readonly deployedPlaces: DeployedPlaces;
}

/** One check from end to end: jobs found, device read, compared, put into reports. A job that cannot be had is an answer. */
export async function examine(request: ExaminationRequest, parts: ExaminationParts): Promise<Examination> {
  let settings: Settings;
  try {
    settings = parts.parseSettings(request.configuration);
  } catch (error) {
    if (error instanceof InvalidInputError) return { kind: "refused", message: error.message };
    throw error;
  }
  const log: LogLine[] = [];
  if (settings.jobs.length === 0) {
    log.push({ level: "warn", event: "check.no-jobs", fields: { needed: 'the setting "jobs"' } });
  }
  // The device is read while the jobs are on their way.
  const underWay = lookForAll(settings, parts, log);
  const { facts, problems } = parts.readFacts();
  const looks = await underWay;
  const checkedAt = parts.now().toISOString();
  const { maxCopyAgeDays, waivers } = settings;
  const verdicts = judgeDamped({ looks, facts, now: checkedAt, maxCopyAgeDays, waivers }, settings, parts, log);
  const { thing, trigger } = request;
  const agent = { ...request.agent, problems: [...request.agent.problems, ...problems, ...strangeRules(settings)] };
  const reports = looks.flatMap((look, at): Examined[] => {
    const verdict = verdicts[at];
    if (verdict === undefined) return [];
    const report = completeReport({ thing, trigger, checkedAt, facts, verdict, agent, ...look });
    return [{ report, content: parts.digest(contentOf(report)) }];
  });
  return { kind: "done", settings, nextChecks: parts.nextChecks(settings), reports, log };
}

/** The verdicts, damped by what earlier checks found. Memory that cannot be had or kept is told, and starts anew. */
function judgeDamped(
  input: JudgeInput,
  { damping }: Settings,
  { dampingMemory }: ExaminationParts,
  log: LogLine[],
): readonly Verdict[] {
  if (damping.length === 0) return judge(input);
  const rules: DampingRules = Object.fromEntries(damping.map(({ rule, ...checks }) => [rule, checks]));
  const warn = (event: string, error: unknown) =>
    log.push({ level: "warn", event, fields: { message: error instanceof Error ? error.message : String(error) } });
  let text: string | null = null;
  let memory: DampingMemory = {};
  try {
    text = dampingMemory.load();
    if (text !== null) memory = parseDampingMemory(JSON.parse(text));
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

/** A waiver or a damping of a rule that does not exist has no effect: most likely it is misspelt. */
function strangeRules(settings: Settings): readonly string[] {
  return (["waivers", "damping"] as const).flatMap((setting) =>
    settings[setting]
      .filter(({ rule }) => !(RULE_IDS as readonly string[]).includes(rule))
      .map(({ rule }) => `Setting "${setting}" names a rule that does not exist: "${rule}"`),
  );
}

/** Jobs one after the other: the API takes five requests a second for the whole account. */
async function lookForAll(settings: Settings, parts: ExaminationParts, log: LogLine[]): Promise<readonly Look[]> {
  const findJob = parts.findJob(settings);
  const looks: Look[] = [];
  for (const ref of settings.jobs) {
    const found = await tryToFind(findJob, ref, log);
    if (!("job" in found)) {
      looks.push({ ref, job: null, origin: null, unavailable: found, deployed: null });
      continue;
    }
    const { job, origin, warnings } = found;
    for (const warning of warnings) log.push({ level: "warn", event: "job.warning", fields: { ...ref, warning } });
    if (origin.stale !== null) {
      const { reason, message } = origin.stale;
      log.push({
        level: "warn",
        event: "job.copy-used",
        fields: { ...ref, reason, message, fetchedAt: origin.fetchedAt },
      });
    }
    const deployed = await findDeployed(job.component.name, settings.deployedVersion, parts.deployedPlaces);
    looks.push({ ref, job, origin, unavailable: null, deployed });
  }
  return looks;
}

async function tryToFind(
  findJob: FindJob,
  ref: { readonly project: string; readonly job: string },
  log: LogLine[],
): Promise<FoundJob | { readonly reason: string; readonly message: string }> {
  try {
    return await findJob(ref);
  } catch (error) {
    if (error instanceof JobUnavailableError) {
      log.push({
        level: "warn",
        event: "job.unavailable",
        fields: { ...ref, reason: error.reason, message: error.message },
      });
      return { reason: error.reason, message: error.message };
    }
    if (error instanceof InvalidInputError) {
      log.push({ level: "error", event: "job.refused", fields: { ...ref, message: error.message } });
      return { reason: "NOT_A_JOB", message: error.message };
    }
    throw error;
  }
}
