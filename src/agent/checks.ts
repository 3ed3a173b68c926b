import type { Later } from "../base/clock.js";
import type { Log } from "../base/log.js";
import type { Delivery } from "../outbox/deliver.js";
import type { Outbox } from "../outbox/outbox.js";
import type { Report, Trigger } from "../report/report.js";
import { type Draft, reportedContents } from "./changes.js";
import { checkQueue } from "./check-queue.js";
import { type CheckResult, type ExaminationSource, examineNewestGood } from "./newest-good.js";
import { nextCheck } from "./next-check.js";
import { outboxRecovery } from "./outbox-recovery.js";

/** Everything the agent works with; it reaches nothing else. */
export interface AgentParts extends ExaminationSource {
  readonly log: Log;
  readonly now: () => Date;
  readonly later: Later;
  /** Called with what was found before it is delivered: settings may have changed. */
  readonly onResult: (result: CheckResult) => void;
  /** Called when it is time for a scheduled check: to call `check`, and to repeat it when it fails. */
  readonly onSchedule: () => void;
  /** Called with what was found and which reports were made of it; with the same once more for heartbeats. */
  readonly onChecked: (result: CheckResult, reports: readonly Report[]) => void;
  readonly outbox: Outbox;
  readonly delivery: Pick<Delivery, "flush">;
}

export interface Agent {
  /**
   * One check from end to end; reports are stored and handed to the delivery. One check runs at a time; calls that come meanwhile
   * share the next one. Resolves to the reports that were made. Throws ConfigurationError when the configuration is bad and no
   * good one was ever seen, and what `examine` throws.
   */
  check(trigger: Trigger): Promise<readonly Report[]>;
  /** Starts no further check; one under way makes no report. */
  stop(): void;
}

/** Builds the agent: it decides when to check and what of the findings is worth a report, and stores that. */
export function createAgent(parts: AgentParts): Agent {
  const { log, outbox } = parts;
  const nowMs = () => parts.now().getTime();
  const reported = reportedContents();
  const recovery = outboxRecovery(parts);
  let latest: CheckResult | null = null;
  let stopped = false;
  const examine = examineNewestGood(parts, () => stopped);
  const heartbeats = ({ settings }: CheckResult) => ({ heartbeatHours: settings.heartbeatHours, nowMs: nowMs() });
  const schedule = nextCheck({
    nowMs,
    later: parts.later,
    heartbeatInMs: () => (latest === null ? Infinity : reported.heartbeatInMs(latest.reports, heartbeats(latest))),
    onHeartbeat: sendHeartbeats,
    onSchedule: parts.onSchedule,
  });

  async function check(trigger: Trigger): Promise<readonly Report[]> {
    const startedAt = nowMs();
    const result = await examine(trigger);
    if (result === null) return [];
    for (const { level, event, fields } of result.log) log[level](event, fields);
    parts.onResult(result);
    latest = result;
    const inFull = trigger === "COMMAND" || trigger === "START";
    const reports = store(reported.changes(result.reports, { inFull, ...heartbeats(result) }));
    const milliseconds = nowMs() - startedAt;
    // Before logging, so that changes are already watched.
    parts.onChecked(result, reports);
    log.info("check.done", { trigger, jobs: result.settings.jobs.length, reports: reports.length, milliseconds });
    void parts.delivery.flush();
    schedule.plan(result.nextChecks);
    return reports;
  }

  function sendHeartbeats(): void {
    if (latest === null) return;
    const drafts = reported.heartbeats(latest.reports, outbox.storage.kind, heartbeats(latest));
    if (drafts.length === 0) return;
    parts.onChecked(latest, store(drafts));
    void parts.delivery.flush();
  }

  function store(drafts: readonly Draft[]): readonly Report[] {
    const at = nowMs();
    const reports = outbox.addAll(drafts.map(({ report }) => report));
    recovery.start();
    reported.remember(drafts, at);
    for (const [index, { id, kind, drift, runnable, counts }] of reports.entries()) {
      const job = drafts[index]?.key;
      log.info("report.made", { id, kind, job, drift, runnable, blocking: counts.blocking });
    }
    return reports;
  }

  return {
    check: checkQueue(check),
    stop() {
      stopped = true;
      schedule.stop();
      recovery.stop();
    },
  };
}
