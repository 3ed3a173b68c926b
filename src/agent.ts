import type { DeviceFacts } from "./device/facts.js";
import type { Deployed } from "./drift/deployed.js";
import { judge } from "./drift/judge.js";
import type { Waiver } from "./drift/waivers.js";
import { InvalidInputError, JobUnavailableError } from "./errors.js";
import type { FindJob, FoundJob } from "./job/source.js";
import type { Delivery } from "./outbox/deliver.js";
import type { Outbox } from "./outbox/outbox.js";
import {
  completeReport,
  contentOf,
  heartbeat,
  type Report,
  type ReportedAgent,
  type Trigger,
} from "./report/report.js";

/** One line per event: its name and its fields. */
export interface Log {
  debug(event: string, fields?: Readonly<Record<string, unknown>>): void;
  info(event: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(event: string, fields?: Readonly<Record<string, unknown>>): void;
  error(event: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** What the operator has set, as far as a check needs it. */
export interface AgentSettings {
  readonly jobs: readonly { readonly project: string; readonly job: string }[];
  readonly heartbeatHours: number;
  readonly maxCopyAgeDays: number;
  readonly waivers: readonly Waiver[];
}

/** Everything the agent works with; nothing else is reached from here. */
export interface AgentParts {
  readonly thing: string;
  readonly version: string;
  readonly nodeVersion: string;
  readonly transport: string;
  readonly log: Log;
  readonly now: () => Date;
  readonly settings: () => AgentSettings;
  /** What is wrong with the settings that were refused last, or null. */
  readonly settingsProblem: () => string | null;
  readonly findJob: FindJob;
  readonly readFacts: () => DeviceFacts;
  readonly findDeployed: (component: string) => Promise<Deployed>;
  readonly outbox: Outbox;
  readonly delivery: Pick<Delivery, "flush">;
}

export interface Agent {
  /**
   * One check from end to end: jobs found, device read, compared, reported, kept, handed to the delivery.
   * One check runs at a time; calls that come meanwhile share the next one. Resolves to the reports that were made.
   */
  check(trigger: Trigger): Promise<readonly Report[]>;
  /** Stops asking for jobs; a check under way ends early and makes no report. */
  stop(): void;
}

/** Builds the agent. What a check finds is reported in full when it differs from the last report; else by heartbeat. */
export function createAgent(parts: AgentParts): Agent {
  const { log } = parts;
  const abort = new AbortController();
  const told = new Map<string, { readonly content: string; readonly at: number }>();
  let running: Promise<readonly Report[]> | null = null;
  let next: Promise<readonly Report[]> | null = null;

  async function once(trigger: Trigger): Promise<readonly Report[]> {
    const startedAt = parts.now();
    const { jobs, maxCopyAgeDays, waivers } = parts.settings();
    if (jobs.length === 0) log.warn("check.no-jobs", { needed: 'the setting "jobs"' });
    // The device is read while the jobs are on their way.
    const underWay = jobs.map((ref) => look(ref));
    const facts = parts.readFacts();
    const looks = await Promise.all(underWay);
    if (abort.signal.aborted) return [];
    const checkedAt = parts.now().toISOString();
    const verdicts = judge({ looks, facts, now: checkedAt, maxCopyAgeDays, waivers });
    const reports = looks.flatMap((look, at) => {
      const verdict = verdicts[at];
      if (verdict === undefined) return [];
      const agent = agentNow();
      const { thing } = parts;
      return tell(completeReport({ thing, trigger, checkedAt, facts, verdict, agent, ...look }), trigger);
    });
    const milliseconds = parts.now().getTime() - startedAt.getTime();
    log.info("check.done", { trigger, jobs: jobs.length, reports: reports.length, milliseconds });
    void parts.delivery.flush();
    return reports;
  }

  /** Finds one job and what is deployed of it; a job that cannot be had is an answer, not an error. */
  async function look(ref: { readonly project: string; readonly job: string }) {
    const found = await findJob(ref);
    if (!("job" in found)) return { ref, job: null, origin: null, unavailable: found, deployed: null };
    const { job, origin, warnings } = found;
    for (const warning of warnings) log.warn("job.warning", { ...ref, warning });
    if (origin.stale !== null)
      log.warn("job.copy-used", { ...ref, reason: origin.stale.reason, fetchedAt: origin.fetchedAt });
    const deployed = job.component.name === null ? null : await parts.findDeployed(job.component.name);
    return { ref, job, origin, unavailable: null, deployed };
  }

  async function findJob(ref: {
    readonly project: string;
    readonly job: string;
  }): Promise<FoundJob | { readonly reason: string; readonly message: string }> {
    try {
      return await parts.findJob(ref, abort.signal);
    } catch (error) {
      if (abort.signal.aborted) return { reason: "STOPPED", message: "The agent is ending" };
      if (error instanceof JobUnavailableError) {
        log.warn("job.unavailable", { ...ref, reason: error.reason, message: error.message });
        return { reason: error.reason, message: error.message };
      }
      if (error instanceof InvalidInputError) {
        log.error("job.refused", { ...ref, message: error.message });
        return { reason: "NOT_A_JOB", message: error.message };
      }
      throw error;
    }
  }

  /** Keeps a complete report when it says something new or was asked for; a heartbeat when it is time; else nothing. */
  function tell(report: ReturnType<typeof completeReport>, trigger: Trigger): readonly Report[] {
    const key = `${report.job.project}/${report.job.name}`;
    const content = contentOf(report);
    const last = told.get(key);
    const asked = trigger === "COMMAND" || trigger === "START";
    const changed = asked || last === undefined || last.content !== content;
    const silentMs = parts.now().getTime() - (last?.at ?? 0);
    // A clock set back must not silence the device.
    const due = silentMs < 0 || silentMs >= parts.settings().heartbeatHours * 3_600_000;
    if (!changed && !due) return [];
    const kept = parts.outbox.add(changed ? report : heartbeat(report));
    told.set(key, { content, at: parts.now().getTime() });
    const { id, kind, drift, runnable, counts } = kept;
    log.info("report.made", { id, kind, job: key, drift, runnable, blocking: counts.blocking });
    return [kept];
  }

  function agentNow(): ReportedAgent {
    const { kind, problem } = parts.outbox.place;
    const problems = [parts.settingsProblem(), problem === null ? null : `Reports are kept in memory only: ${problem}`];
    return {
      version: parts.version,
      node: parts.nodeVersion,
      transport: parts.transport,
      outbox: kind,
      problems: problems.filter((text): text is string => text !== null),
    };
  }

  function start(trigger: Trigger): Promise<readonly Report[]> {
    const check = once(trigger).finally(() => {
      if (running === check) running = null;
    });
    running = check;
    return check;
  }

  return {
    check(trigger) {
      if (running === null) return start(trigger);
      next ??= running
        .catch(() => [])
        .then(() => {
          next = null;
          return start(trigger);
        });
      return next;
    },
    stop() {
      abort.abort();
    },
  };
}

/** How long this thing waits after each scheduled time: the same for ever, even over the fleet; whole milliseconds. */
export function jitterMs(thing: string, jitterSeconds: number): number {
  let hash = 0x811c9dc5;
  for (const character of thing) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  // FNV-1a leaves neighbours close together in the high bits: mix them once more.
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39) >>> 0;
  hash = (hash ^ (hash >>> 15)) >>> 0;
  return Math.floor((hash / 2 ** 32) * jitterSeconds * 1000);
}
