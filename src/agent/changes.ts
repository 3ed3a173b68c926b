import type { Examined } from "../examiner/protocol.js";
import { heartbeat } from "../report/make-report.js";
import type { Report, UnnumberedReport } from "../report/report.js";

/** A report to send, and a digest of its content, which changes only when the content does. */
export interface Draft {
  /** The report's job. */
  readonly key: string;
  readonly content: string;
  readonly report: UnnumberedReport;
}

/** The last report about each job. */
interface Reported {
  /** Full reports for jobs that changed, or for all jobs when `inFull`; heartbeats for unchanged jobs that are due one. */
  changes(examined: readonly Examined[], when: { readonly inFull: boolean } & Heartbeats): readonly Draft[];
  /** Heartbeats for jobs that are overdue by more than the grace period, repeating the result of the last check. */
  heartbeats(examined: readonly Examined[], outbox: Report["agent"]["outbox"], when: Heartbeats): readonly Draft[];
  /** How long until the first job needs a heartbeat. */
  heartbeatInMs(examined: readonly Examined[], when: Heartbeats): number;
  remember(drafts: readonly Draft[], nowMs: number): void;
}

interface Heartbeats {
  readonly heartbeatHours: number;
  readonly nowMs: number;
}

/** A check that starts when a heartbeat is due sends a fresher one, so give it time to. */
const GRACE_MS = 120_000;

/** Remembers what was reported, and decides what has to be reported now. */
export function reportedContents(): Reported {
  const last = new Map<string, { readonly content: string; readonly at: number }>();

  function silentMs(key: string, nowMs: number): number {
    const ms = nowMs - (last.get(key)?.at ?? Number.NEGATIVE_INFINITY);
    // A clock set back must not silence the device.
    return ms < 0 ? Number.POSITIVE_INFINITY : ms;
  }

  const dueInMs = ({ report }: Examined, { heartbeatHours, nowMs }: Heartbeats) =>
    heartbeatHours * 3_600_000 - silentMs(keyOf(report), nowMs);

  return {
    changes(examined, when) {
      return examined.flatMap((one): readonly Draft[] => {
        const { report, content } = one;
        const key = keyOf(report);
        if (when.inFull || last.get(key)?.content !== content) return [{ key, content, report }];
        return dueInMs(one, when) <= 0 ? [{ key, content, report: heartbeat(report) }] : [];
      });
    },
    heartbeats(examined, outbox, when) {
      const due = examined.filter((one) => dueInMs(one, when) <= -GRACE_MS);
      return due.map(({ report, content }) => {
        const agent = { ...report.agent, outbox };
        return { key: keyOf(report), content, report: heartbeat({ ...report, agent }) };
      });
    },
    heartbeatInMs(examined, when) {
      return Math.min(...examined.map((one) => dueInMs(one, when))) + GRACE_MS;
    },
    remember(drafts, nowMs) {
      for (const { key, content } of drafts) last.set(key, { content, at: nowMs });
    },
  };
}

/** Identifies the job, or the model without one, that a report is about, among this device's reports. */
function keyOf({ job, component }: Examined["report"]): string {
  return `${job.project}/${job.name ?? component.name}`;
}
