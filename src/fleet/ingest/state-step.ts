import type { ReportArrival } from "../arrival.js";
import type { PastStateRow, StateRow } from "../store/rows.js";
import { type HistoryPosition, isNewer } from "./epoch-generation.js";

/** The state of a job on a thing after a report, and the state that the report ended. */
export interface StateStep {
  readonly state: StateRow;
  readonly past: PastStateRow | null;
  /** Whether the report is the newest complete one, so that its findings count. */
  readonly isNewestComplete: boolean;
  /** When the reported state began. */
  readonly since: string;
}

const DAY_MS = 86_400_000;
/** The longest a report may have waited on its device. Device clocks that start in 1970 are not trusted. */
const LONGEST_WAIT_MS = 400 * DAY_MS;

/** Takes a report about one job; null if it is older than what is stored. */
export function takeReport(
  before: StateRow | null,
  arrival: ReportArrival,
  position: HistoryPosition,
): StateStep | null {
  const { thing, project, job, epoch, sequence, drift, runnable, receivedAt, checkedAt, content } = arrival;
  const isNewest = before === null || isNewer(position, before);
  const isNewestComplete =
    content !== null && (before === null || before.report_epoch === "" || isNewer(position, reportPosition(before)));
  if (!isNewest && !isNewestComplete) return null;
  // A complete report that comes after a later heartbeat began before that one's state, which stays as it is.
  const since = beginning(checkedAt, receivedAt, isNewest ? (before?.since ?? null) : null);
  const isSame = before !== null && before.drift === drift && before.runnable === runnable;
  const { born } = position;
  const newest = { born, epoch, sequence, drift, runnable, checked_at: checkedAt, received_at: receivedAt };
  let state: StateRow = before ?? { ...NEW, thing, project, job, ...newest, since };
  if (isNewest) state = { ...state, ...newest, since: isSame ? state.since : since };
  if (isNewestComplete) {
    state = {
      ...state,
      report_born: born,
      report_epoch: epoch,
      report_sequence: sequence,
      report_at: receivedAt,
      findings: content.drifting,
      blocking: content.blocking,
      told: content.digest,
      deployed: content.deployed,
      job_digest: arrival.jobDigest ?? state.job_digest,
    };
  }
  const past = before === null || isSame || !isNewest ? null : pastOf(before, since);
  return { state, past, isNewestComplete, since };
}

/** A state that has ended. */
export function pastOf({ thing, project, job, since, drift, runnable }: StateRow, until: string): PastStateRow {
  return { thing, project, job, since, until: until < since ? since : until, drift, runnable };
}

/**
 * When something in a report began: when the device checked, if that lies between the previous state and the arrival. An impossible
 * time, of a clock that was set wrong, is replaced by the arrival: as far as known, the previous state lasted until then.
 */
export function beginning(checkedAt: string, receivedAt: string, notBefore: string | null): string {
  const earliest = notBefore ?? new Date(Date.parse(receivedAt) - LONGEST_WAIT_MS).toISOString();
  if (checkedAt >= earliest && checkedAt <= receivedAt) return checkedAt;
  return receivedAt < earliest ? earliest : receivedAt;
}

/** Which of a thing's states a report is about. Heartbeats shorten long names; their digest still identifies the job. */
export function stateOf(
  states: readonly StateRow[],
  { project, job, jobDigest, content }: ReportArrival,
): StateRow | null {
  const exact = states.find((state) => state.project === project && state.job === job);
  if (exact !== undefined || content !== null || jobDigest === null) return exact ?? null;
  const fits = (whole: string, short: string) =>
    whole === short || (short.endsWith("…") && whole.startsWith(short.slice(0, -1)));
  return (
    states.find(
      (state) =>
        fits(state.project, project) && fits(state.job, job) && state.job_digest?.startsWith(jobDigest) === true,
    ) ?? null
  );
}

/**
 * States that this report ends, because the device no longer has their job. A device reports each job at least once per
 * interval. A job counts as removed from the configuration if nothing came about it for one and a half intervals,
 * although the previous report of this report's job came at least half an interval after its last one. "Nothing to
 * check" and a job end each other, and a model's job ends the state of its component alone.
 */
export function endedBy(
  states: readonly StateRow[],
  before: StateRow | null,
  arrival: ReportArrival,
  intervalMs: number,
): readonly StateRow[] {
  const { project, job, content, receivedAt } = arrival;
  const now = Date.parse(receivedAt);
  const previous = before === null ? null : Date.parse(before.received_at);
  return states.filter((state) => {
    if (state.project === project && state.job === job) return false;
    if (job === "" || state.job === "") return true;
    if (content?.component != null && state.job === `component ${content.component}` && !job.startsWith("component "))
      return true;
    const heard = Date.parse(state.received_at);
    return previous !== null && now - heard > 1.5 * intervalMs && previous - heard > intervalMs / 2;
  });
}

/**
 * Whether a newer report says that this one is over: a job and "nothing to check" end each other, also where the older one
 * arrives later.
 */
export function isOver(states: readonly StateRow[], { job }: ReportArrival, position: HistoryPosition): boolean {
  return states.some((state) => isNewer(state, position) && (job === "") !== (state.job === ""));
}

const DRIFT_WEIGHT = ["IN_SYNC", "NOT_CHECKED", "UNKNOWN", "DRIFTED"];
const RUNNABLE_WEIGHT = ["RUNNABLE", "RUNNABLE_UNTESTED", "CANNOT_TELL", "WILL_NOT_RUN"];

/** The worst drift and the worst runnable of a thing's jobs; null without any. */
export function worstOf(states: readonly Pick<StateRow, "drift" | "runnable">[]): {
  readonly drift: string | null;
  readonly runnable: string | null;
} {
  const worst = (weights: readonly string[], words: readonly string[]) =>
    words.length === 0 ? null : words.reduce((a, b) => (weights.indexOf(b) > weights.indexOf(a) ? b : a));
  return {
    drift: worst(
      DRIFT_WEIGHT,
      states.map(({ drift }) => drift),
    ),
    runnable: worst(
      RUNNABLE_WEIGHT,
      states.map(({ runnable }) => runnable),
    ),
  };
}

const NEW = {
  report_born: 0,
  report_epoch: "",
  report_sequence: 0,
  report_at: null,
  told: "",
  job_digest: null,
  deployed: null,
  blocking: 0,
  findings: 0,
} as const;

function reportPosition({ report_born, report_sequence }: StateRow): HistoryPosition {
  return { born: report_born, sequence: report_sequence };
}
