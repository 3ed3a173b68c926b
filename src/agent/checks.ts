import type { Later } from "../base/clock.js";
import type { Log } from "../base/log.js";
import type { Delivery } from "../outbox/deliver.js";
import type { Outbox } from "../outbox/outbox.js";
import type { Report, Trigger } from "../report/report.js";
import { type Draft, reportedContents } from "./changes.js";
import { checkQueue } from "./check-queue.js";
import { type CompletedExamination, type ExaminationSource, examineNewestGood } from "./newest-good.js";
import { nextCheck } from "./next-check.js";
import { outboxRecovery } from "./outbox-recovery.js";

/** Everything the agent depends on. */
export interface AgentParts extends ExaminationSource {
  readonly log: Log;
  readonly now: () => Date;
  readonly later: Later;
  /** Called with the result before reports are made: settings may have changed. */
  readonly onResult: (result: CompletedExamination) => void;
  /** Called when a scheduled check is due; must call `check`, and retry it when it fails. */
  readonly onSchedule: () => void;
  /** Called with the result and its reports; called again with the same result when heartbeats are sent. */
  readonly onChecked: (result: CompletedExamination, reports: readonly Report[]) => void;
  readonly outbox: Outbox;
  readonly delivery: Pick<Delivery, "flush">;
}

interface Agent {
  /**
   * Runs one check, stores its reports and starts their delivery. Checks run one at a time; calls made meanwhile share the next
   * one. Resolves to the reports. Throws ConfigurationError when the configuration is bad and there was never a good one, and
   * whatever `examine` throws.
   */
  check(trigger: Trigger): Promise<readonly Report[]>;
  /** Starts no more checks; a check in progress makes no report. */
  stop(): void;
}

/** Creates the agent, which decides when to check and what to report, and stores the reports. */
export function createAgent(parts: AgentParts): Agent {
  const { log, outbox } = parts;
  const nowMs = () => parts.now().getTime();
  const reported = reportedContents();
  const recovery = outboxRecovery(parts);
  let latest: CompletedExamination | null = null;
  let stopped = false;
  const examine = examineNewestGood(parts, () => stopped);
  const heartbeats = ({ settings }: CompletedExamination) => ({
    heartbeatHours: settings.heartbeatHours,
    nowMs: nowMs(),
  });
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
    // Before logging, so that files are already watched when the log says that the check is done.
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
