import type { Later } from "../base/clock.js";
import { ExpectedError } from "../base/errors.js";
import type { Log } from "../base/log.js";
import type { Examination, ExaminationRequest, Examined } from "../examiner/protocol.js";
import type { Delivery } from "../outbox/deliver.js";
import type { Outbox } from "../outbox/outbox.js";
import { heartbeat } from "../report/make-report.js";
import type { Capabilities, Report, Trigger, UnnumberedReport } from "../report/report.js";

/** What was examined last, with the settings in force. */
export type CheckResult = Extract<Examination, { kind: "done" }>;

/** The last configuration that was good, as it was read, kept over restarts where that can be. */
export interface LastGood {
  /** Null when there is none. */
  load(): unknown;
  save(raw: unknown): void;
}

/** Everything the agent works with; nothing else is reached from here. */
export interface AgentParts {
  readonly thing: string;
  readonly version: string;
  readonly nodeVersion: string;
  readonly log: Log;
  readonly now: () => Date;
  readonly later: Later;
  readonly readConfiguration: () => Promise<unknown>;
  /** What the shadow desires now. */
  readonly desired: () => Readonly<Record<string, unknown>>;
  readonly lastGood: LastGood;
  /** What limits the connection to the nucleus, for the reports. */
  readonly ipcProblems: () => readonly string[];
  /** Resolves once the nucleus was probed. */
  readonly capabilities: () => Promise<Capabilities>;
  /** One examination; throws ExpectedError when the examiner failed. */
  readonly examine: (request: ExaminationRequest) => Promise<Examination>;
  /** Called with what was found before it is delivered: settings may have changed. */
  readonly onDone: (done: CheckResult) => void;
  /** Called when it is time for a scheduled check: to call `check`, and to try again what fails. */
  readonly onSchedule: () => void;
  /** Called with what was found and which reports were made of it; with the same once more when heartbeats were. */
  readonly onChecked: (done: CheckResult, reports: readonly Report[]) => void;
  readonly outbox: Outbox;
  readonly delivery: Pick<Delivery, "flush">;
}

export interface Agent {
  /**
   * One check from end to end; what it finds is kept and handed to the delivery. One check runs at a time; calls that
   * come meanwhile share the next one. Resolves to the reports that were made. Throws ConfigurationError when the
   * configuration is bad and no good one was ever seen, and what `examine` throws.
   */
  check(trigger: Trigger): Promise<readonly Report[]>;
  /** Makes no further check. */
  stop(): void;
}

/** The longest sleep: a clock that was set is noticed within it. */
const LONGEST_SLEEP_MS = 3_600_000;
const HEAL_EVERY_MS = 60_000;
/** A check that begins when a sign of life is due gives a fresher one. */
const HEARTBEAT_GRACE_MS = 120_000;
/** When an examination has told no next time. */
const NEXT_CHECK_MS = 6 * 3_600_000;

/** Builds the agent: it decides when to check, what of the findings is news, and keeps it. */
export function createAgent(parts: AgentParts): Agent {
  const { log } = parts;
  const told = new Map<string, { readonly content: string; readonly at: number }>();
  let running: Promise<readonly Report[]> | null = null;
  let next: Promise<readonly Report[]> | null = null;
  let nextTrigger: Trigger | null = null;
  let refusal: string | null = null;
  let stopped = false;
  let cancelSleep = () => {};
  let cancelHealing = () => {};
  let healing = false;
  let planned: readonly string[] = [];
  let latest: CheckResult | null = null;
  let begunWith: CheckResult["settings"] | null = null;

  async function once(trigger: Trigger): Promise<readonly Report[]> {
    const startedAt = parts.now().getTime();
    const done = await examineNewestGood(trigger);
    if (stopped) return [];
    for (const { level, event, fields } of done.log) log[level](event, fields);
    begunWith ??= done.settings;
    parts.onDone(done);
    latest = done;
    const reports = tell(done.reports, trigger, done.settings.heartbeatHours);
    const milliseconds = parts.now().getTime() - startedAt;
    // Before anybody hears of it: from here on changes are watched.
    parts.onChecked(done, reports);
    log.info("check.done", { trigger, jobs: done.settings.jobs.length, reports: reports.length, milliseconds });
    void parts.delivery.flush();
    planned = done.nextChecks;
    sleepUntilNext();
    return reports;
  }

  /** Examines with the newest configuration, or with the last good one and a word about what is wrong with the newest. */
  async function examineNewestGood(trigger: Trigger): Promise<CheckResult> {
    const [raw, capabilities] = await Promise.all([parts.readConfiguration(), parts.capabilities()]);
    const request = (configuration: unknown, problem: string | null) =>
      requestOf(trigger, configuration, problem, capabilities);
    const first = await parts.examine(request(raw, null));
    if (first.kind === "done") {
      refusal = null;
      parts.lastGood.save(raw);
      return first;
    }
    const { message } = first;
    const kept = parts.lastGood.load();
    const second = kept === null ? first : await parts.examine(request(kept, message));
    // Said once: the same refusal again is no news.
    if (message !== refusal) {
      const reaction = second.kind === "refused" ? "none to fall back on" : "keeping the last good one";
      log.error("configuration.refused", { message, reaction });
    }
    refusal = message;
    // The newest is the one to mend: what was good for an earlier version may not be for this one.
    if (second.kind === "refused") throw new ConfigurationError(message);
    return second;
  }

  function requestOf(
    trigger: Trigger,
    configuration: unknown,
    problem: string | null,
    capabilities: Capabilities,
  ): ExaminationRequest {
    const { storage, damage } = parts.outbox;
    const inMemory = storage.problem === null ? null : `Reports are kept in memory only: ${storage.problem}`;
    const problems = [problem, inMemory, damage];
    const agent: ExaminationRequest["agent"] = {
      version: parts.version,
      node: parts.nodeVersion,
      outbox: storage.kind,
      problems: problems.filter((text): text is string => text !== null),
      capabilities,
    };
    const { thing } = parts;
    const ipcProblems = parts.ipcProblems();
    return { thing, trigger, configuration, desired: parts.desired(), begunWith, agent, ipcProblems };
  }

  /** Keeps complete reports that say something new or were asked for, heartbeats where it is time, and nothing else. */
  function tell(examined: readonly Examined[], trigger: Trigger, heartbeatHours: number): readonly Report[] {
    const at = parts.now().getTime();
    const news = examined.flatMap(({ report, content }) => {
      const key = keyOf(report);
      const asked = trigger === "COMMAND" || trigger === "START";
      const changed = asked || told.get(key)?.content !== content;
      const due = dueInMs(key, at, heartbeatHours) <= 0;
      return changed || due ? [{ key, content, report: changed ? report : heartbeat(report) }] : [];
    });
    return keep(news, at);
  }

  /** A sign of life for every job of which nothing else was said: what its last check found, as of then. */
  function beat(): void {
    if (latest === null) return;
    const { reports: examined, settings } = latest;
    const at = parts.now().getTime();
    const due = examined.flatMap(({ report, content }) => {
      const key = keyOf(report);
      if (dueInMs(key, at, settings.heartbeatHours) > -HEARTBEAT_GRACE_MS) return [];
      const agent = { ...report.agent, outbox: parts.outbox.storage.kind };
      return [{ key, content, report: heartbeat({ ...report, agent }) }];
    });
    if (due.length === 0) return;
    parts.onChecked(latest, keep(due, at));
    void parts.delivery.flush();
  }

  /** How long a job may stay silent yet; no time at all when the clock was set back, which must not silence the device. */
  function dueInMs(key: string, now: number, heartbeatHours: number): number {
    const silentMs = now - (told.get(key)?.at ?? Number.NEGATIVE_INFINITY);
    return silentMs < 0 ? Number.NEGATIVE_INFINITY : heartbeatHours * 3_600_000 - silentMs;
  }

  function keep(
    news: readonly { readonly key: string; readonly content: string; readonly report: UnnumberedReport }[],
    at: number,
  ): readonly Report[] {
    const reports = parts.outbox.addAll(news.map(({ report }) => report));
    healLater();
    for (const [index, { key, content }] of news.entries()) {
      told.set(key, { content, at });
      const { id, kind, drift, runnable, counts } = reports[index] as Report;
      log.info("report.made", { id, kind, job: key, drift, runnable, blocking: counts.blocking });
    }
    return reports;
  }

  /** What is in memory alone is written as soon as it can be, whether another report comes or not. */
  function healLater(): void {
    if (stopped || healing || parts.outbox.storage.kind === "disk") return;
    healing = true;
    cancelHealing = parts.later(HEAL_EVERY_MS, () => {
      healing = false;
      if (parts.outbox.recover()) log.info("outbox.healed");
      healLater();
    });
  }

  function sleepUntilNext(): void {
    const now = parts.now().getTime();
    const at = planned.map((time) => Date.parse(time)).find((time) => time > now) ?? now + NEXT_CHECK_MS;
    sleep(at, at - now);
  }

  /**
   * In stretches, so that a clock that was set forward is followed and signs of life come when they are due; a clock that was
   * set back makes no sleep longer than planned.
   */
  function sleep(at: number, plannedMs: number): void {
    cancelSleep();
    if (stopped) return;
    const stretch = Math.max(0, Math.min(at - parts.now().getTime(), plannedMs, beatInMs(), LONGEST_SLEEP_MS));
    cancelSleep = parts.later(stretch, () => {
      beat();
      if (at - parts.now().getTime() > 0 && plannedMs > stretch) return sleep(at, plannedMs - stretch);
      // The next one keeps its time, whatever comes of this one.
      sleepUntilNext();
      parts.onSchedule();
    });
  }

  function beatInMs(): number {
    const { reports, settings } = latest as CheckResult;
    const now = parts.now().getTime();
    const due = reports.map(({ report }) => dueInMs(keyOf(report), now, settings.heartbeatHours));
    return Math.min(...due) + HEARTBEAT_GRACE_MS;
  }

  function start(trigger: Trigger): Promise<readonly Report[]> {
    const started = once(trigger).finally(() => {
      if (running === started) running = null;
    });
    running = started;
    return started;
  }

  function check(trigger: Trigger): Promise<readonly Report[]> {
    if (running === null) return start(trigger);
    // Who asks wants an answer in full, whatever the check was made for.
    if (nextTrigger === null || trigger === "COMMAND") nextTrigger = trigger;
    next ??= running
      .catch(() => [])
      .then(() => {
        const why = nextTrigger ?? trigger;
        next = null;
        nextTrigger = null;
        return start(why);
      });
    return next;
  }

  return {
    check,
    stop() {
      stopped = true;
      cancelSleep();
      cancelHealing();
    },
  };
}

/** What a report is about, of all that this device reports. */
function keyOf({ job, component }: Examined["report"]): string {
  return job.project === null ? "none" : `${job.project}/${job.name ?? component.name}`;
}

/** The configuration is bad, and there is no good one to fall back on. */
export class ConfigurationError extends ExpectedError {}
