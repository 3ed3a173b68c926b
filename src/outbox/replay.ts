import type { Instant } from "../base/clock.js";
import type { Gap } from "../report/report.js";
import { addToGaps, mergeGaps, withoutTold } from "./gaps.js";
import type { Place } from "./journal.js";
import type { Mark, Found as Record } from "./record.js";

/** A report that still waits. */
export interface Found {
  readonly mark: Extract<Mark, { type: "R" }>;
  readonly place: Place;
  readonly sentAt: Instant | null;
}

/** What the next report goes on from. */
export interface State {
  /** Grows with each new epoch. */
  readonly era: number;
  readonly epoch: string;
  /** The highest sequence ever given. */
  readonly sequence: number;
  /** Reports thrown away since the last report that told of it, each with its epoch. */
  readonly gaps: readonly Gap[];
  /** The seal of the report made last. */
  readonly digest: string | null;
  /** Whether the cloud ever acknowledged anything. */
  readonly acknowledged: boolean;
}

/** Sequences of an epoch, the last one included. */
interface Run {
  readonly epoch: string;
  readonly from: number;
  readonly to: number;
}

/** What the records say has happened. */
export interface Replayed {
  /** In the order in which they were made. */
  readonly reports: readonly Found[];
  /** Null when there is no record at all. */
  readonly state: State | null;
}

/**
 * Plays the records of a journal. Sequences that were given, and of which neither a report nor a word of what became of it is
 * left, are added to the gaps: those that the last header says were waiting, and those that a later record passes over.
 */
export function replay(records: readonly Record[]): Replayed {
  const reports = new Map<string, Found>();
  const top = new Map<string, number>();
  let since = sinceHeader();
  let state = null as State | null;

  /** A record of a sequence: those between it and the highest one before were given too. */
  function reach(epoch: string, sequence: number): void {
    const before = top.get(epoch);
    if (before !== undefined && sequence > before + 1)
      since.expected.push({ epoch, from: before + 1, to: sequence - 1 });
    top.set(epoch, Math.max(before ?? 0, sequence));
  }

  for (const { mark, from, bytes, segment } of records) {
    const { epoch, sequence } = mark;
    const id = `${epoch}.${sequence}`;
    switch (mark.type) {
      case "H": {
        const { type: _type, v: _v, waiting, ...rest } = mark;
        since = sinceHeader(waiting);
        // Another process, or an earlier life that ended late, may have written it: a sequence is never given twice.
        top.set(epoch, Math.max(top.get(epoch) ?? 0, sequence));
        state = rest;
        break;
      }
      case "R": {
        const sentAt = mark.sent ?? reports.get(id)?.sentAt ?? null;
        reports.set(id, { mark, place: { segment, from, bytes }, sentAt });
        if (mark.copy === true) break;
        reach(epoch, sequence);
        const gaps = withoutTold(state?.gaps ?? [], mark.gaps ?? []);
        state = {
          era: mark.era,
          epoch,
          sequence,
          gaps,
          digest: mark.digest,
          acknowledged: state?.acknowledged ?? false,
        };
        break;
      }
      case "S": {
        reach(epoch, sequence);
        const report = reports.get(id);
        if (report !== undefined) reports.set(id, { ...report, sentAt: mark.at });
        if (state?.acknowledged !== true) since.delivered.add(id);
        break;
      }
      case "A":
        reach(epoch, sequence);
        since.arrived.set(epoch, Math.max(sequence, since.arrived.get(epoch) ?? 0));
        for (const [key, report] of reports) {
          if (report.sentAt !== null && report.mark.epoch === epoch && report.mark.sequence <= sequence)
            reports.delete(key);
        }
        if (state !== null) state = { ...state, acknowledged: true };
        break;
      case "D": {
        reach(epoch, sequence);
        const carried = reports.get(id)?.mark.gaps ?? [];
        if (mark.told !== true && state !== null && !since.dropped.has(id)) {
          state = { ...state, gaps: mergeGaps(addToGaps(state.gaps, epoch, sequence), carried) };
        }
        since.dropped.add(id);
        reports.delete(id);
        break;
      }
    }
  }
  const inOrder = [...reports.values()].sort((a, b) => a.mark.era - b.mark.era || a.mark.sequence - b.mark.sequence);
  if (state === null) return { reports: inOrder, state };
  const isKnown = (epoch: string, sequence: number) => {
    const id = `${epoch}.${sequence}`;
    if (reports.has(id) || since.delivered.has(id) || since.dropped.has(id)) return true;
    return sequence <= (since.arrived.get(epoch) ?? 0);
  };
  let { gaps } = state;
  for (const { epoch, from, to } of since.expected) {
    for (let each = from; each <= to; each++) if (!isKnown(epoch, each)) gaps = addToGaps(gaps, epoch, each);
  }
  return { reports: inOrder, state: { ...state, gaps, sequence: top.get(state.epoch) ?? state.sequence } };
}

/** What has become of sequences since the last header, which knows all that was before. */
function sinceHeader(waiting: Readonly<{ [epoch: string]: readonly number[] }> = {}) {
  const runs = Object.entries(waiting).flatMap(([epoch, ends]) =>
    ends.flatMap((from, at): Run[] => (at % 2 === 0 ? [{ epoch, from, to: ends[at + 1] ?? from }] : [])),
  );
  return {
    expected: runs,
    delivered: new Set<string>(),
    dropped: new Set<string>(),
    arrived: new Map<string, number>(),
  };
}
