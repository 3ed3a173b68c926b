import type { Instant } from "../base/clock.js";
import type { Gap } from "../report/report.js";
import { addToGaps, mergeGaps, withoutReported } from "./gaps.js";
import type { RecordLocation } from "./journal.js";
import type { Mark, ReportMark } from "./mark.js";
import type { FoundRecord } from "./record.js";

/** A report that is still stored. */
interface ReplayedReport {
  readonly mark: ReportMark;
  readonly location: RecordLocation;
  readonly sentAt: Instant | null;
}

/** The state that the next report continues from. */
export interface ChainState {
  /** Grows with each new epoch. */
  readonly era: number;
  readonly epoch: string;
  /** The last sequence assigned. */
  readonly sequence: number;
  /** Reports discarded since the last report that named gaps, each with its epoch. */
  readonly gaps: readonly Gap[];
  /** The seal of the last report made. */
  readonly digest: string | null;
  /** Whether the cloud has ever acknowledged anything. */
  readonly acknowledged: boolean;
}

/** The state at the end of a journal. */
interface Replayed {
  /** In the order in which they were made. */
  readonly reports: readonly ReplayedReport[];
  /** Null when there is no record at all. */
  readonly state: ChainState | null;
}

/**
 * Replays the records of a journal. An assigned sequence without a record of its report or of its fate becomes a gap: one that
 * the last header lists as waiting, or that a later record skips.
 */
export function replay(records: readonly FoundRecord[]): Replayed {
  const progress: Progress = { reports: new Map(), highest: new Map(), since: sinceHeader(), state: null };
  for (const record of records) apply(progress, record);
  const { reports, state } = progress;
  const inOrder = [...reports.values()].sort((a, b) => a.mark.era - b.mark.era || a.mark.sequence - b.mark.sequence);
  return { reports: inOrder, state: state === null ? null : finalState(progress, state) };
}

/** Sequences of an epoch, `to` included. */
interface Run {
  readonly epoch: string;
  readonly from: number;
  readonly to: number;
}

/** The fate of sequences since the last header, which covers everything before it. */
interface SinceHeader {
  readonly expected: Run[];
  readonly delivered: Set<string>;
  readonly dropped: Set<string>;
  readonly acknowledged: Map<string, number>;
}

interface Progress {
  readonly reports: Map<string, ReplayedReport>;
  /** The highest sequence of each epoch in any record. */
  readonly highest: Map<string, number>;
  since: SinceHeader;
  state: ChainState | null;
}

function apply(progress: Progress, { mark, segment, from, bytes }: FoundRecord): void {
  switch (mark.type) {
    case "H":
      applyHeader(progress, mark);
      break;
    case "R":
      applyReport(progress, mark, { segment, from, bytes });
      break;
    case "S":
      applySent(progress, mark);
      break;
    case "A":
      applyAcknowledged(progress, mark);
      break;
    case "D":
      applyDropped(progress, mark);
  }
}

function applyHeader(progress: Progress, header: Extract<Mark, { type: "H" }>): void {
  const { type: _type, v: _v, waiting, ...state } = header;
  const { epoch, sequence } = state;
  progress.since = sinceHeader(waiting);
  // Another process, or an earlier session that ended late, may have written it. A sequence must never be assigned twice.
  progress.highest.set(epoch, Math.max(progress.highest.get(epoch) ?? 0, sequence));
  progress.state = state;
}

function applyReport(progress: Progress, mark: ReportMark, location: RecordLocation): void {
  const { reports, state } = progress;
  const id = idOf(mark);
  reports.set(id, { mark, location, sentAt: mark.sent ?? reports.get(id)?.sentAt ?? null });
  if (mark.copy === true) return;
  reach(progress, mark);
  const { era, epoch, sequence, digest } = mark;
  const gaps = withoutReported(state?.gaps ?? [], mark.gaps ?? []);
  progress.state = { era, epoch, sequence, gaps, digest, acknowledged: state?.acknowledged ?? false };
}

function applySent(progress: Progress, mark: Extract<Mark, { type: "S" }>): void {
  const { reports, since, state } = progress;
  const id = idOf(mark);
  reach(progress, mark);
  const report = reports.get(id);
  if (report !== undefined) reports.set(id, { ...report, sentAt: mark.at });
  if (state?.acknowledged !== true) since.delivered.add(id);
}

function applyAcknowledged(progress: Progress, mark: Extract<Mark, { type: "A" }>): void {
  const { reports, since, state } = progress;
  const { epoch, sequence } = mark;
  reach(progress, mark);
  since.acknowledged.set(epoch, Math.max(sequence, since.acknowledged.get(epoch) ?? 0));
  for (const [id, report] of reports) {
    const isCovered = report.mark.epoch === epoch && report.mark.sequence <= sequence;
    if (report.sentAt !== null && isCovered) reports.delete(id);
  }
  if (state !== null) progress.state = { ...state, acknowledged: true };
}

function applyDropped(progress: Progress, mark: Extract<Mark, { type: "D" }>): void {
  const { reports, since, state } = progress;
  const id = idOf(mark);
  reach(progress, mark);
  const carried = reports.get(id)?.mark.gaps ?? [];
  if (mark.told !== true && state !== null && !since.dropped.has(id)) {
    const gaps = mergeGaps(addToGaps(state.gaps, mark.epoch, mark.sequence), carried);
    progress.state = { ...state, gaps };
  }
  since.dropped.add(id);
  reports.delete(id);
}

/** A record of a sequence: every sequence between it and the highest one so far was assigned too. */
function reach({ highest, since }: Progress, { epoch, sequence }: Pick<Mark, "epoch" | "sequence">): void {
  const before = highest.get(epoch);
  if (before !== undefined && sequence > before + 1) since.expected.push({ epoch, from: before + 1, to: sequence - 1 });
  highest.set(epoch, Math.max(before ?? 0, sequence));
}

/** The last state, with the lost sequences as gaps. */
function finalState({ reports, highest, since }: Progress, state: ChainState): ChainState {
  const known = sequencesIn([...reports.keys(), ...since.delivered, ...since.dropped]);
  let { gaps } = state;
  for (const { epoch, from, to } of since.expected) {
    const start = Math.max(from, (since.acknowledged.get(epoch) ?? 0) + 1);
    for (const { from: first, to: last } of unknownRuns(epoch, start, to, known.get(epoch) ?? []))
      gaps = mergeGaps(gaps, [{ epoch, fromSequence: first, toSequence: last, count: last - first + 1 }]);
  }
  return { ...state, gaps, sequence: highest.get(state.epoch) ?? state.sequence };
}

/** Each epoch's sequences in these ids, in order. */
function sequencesIn(ids: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const byEpoch = new Map<string, number[]>();
  for (const id of ids) {
    const at = id.lastIndexOf(".");
    const epoch = id.slice(0, at);
    const sequences = byEpoch.get(epoch);
    if (sequences === undefined) byEpoch.set(epoch, [Number(id.slice(at + 1))]);
    else sequences.push(Number(id.slice(at + 1)));
  }
  for (const sequences of byEpoch.values()) sequences.sort((a, b) => a - b);
  return byEpoch;
}

/** The parts of a run without the known sequences. A run can be of any length, so it is not walked through. */
function unknownRuns(epoch: string, from: number, to: number, known: readonly number[]): readonly Run[] {
  const runs: Run[] = [];
  let next = from;
  for (let at = firstNotBelow(known, from); at < known.length; at++) {
    const sequence = known[at] as number;
    if (sequence > to) break;
    if (sequence > next) runs.push({ epoch, from: next, to: sequence - 1 });
    next = sequence + 1;
  }
  return next > to ? runs : [...runs, { epoch, from: next, to }];
}

/** The index of the first number of a sorted list that is not below `least`. */
function firstNotBelow(sorted: readonly number[], least: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

function sinceHeader(waiting: Readonly<Record<string, readonly number[]>> = {}): SinceHeader {
  const expected = Object.entries(waiting).flatMap(([epoch, ends]) =>
    ends.flatMap((from, at): Run[] => (at % 2 === 0 ? [{ epoch, from, to: ends[at + 1] ?? from }] : [])),
  );
  return { expected, delivered: new Set(), dropped: new Set(), acknowledged: new Map() };
}

function idOf({ epoch, sequence }: Pick<Mark, "epoch" | "sequence">): string {
  return `${epoch}.${sequence}`;
}
