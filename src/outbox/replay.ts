import type { Gap } from "../report/report.js";
import { addToGaps, mergeGaps } from "./gaps.js";
import type { Place } from "./journal.js";
import type { Found, Instant, Mark } from "./record.js";

/** A report that still waits. */
export interface Replayed {
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

/** What the records say has happened. */
export interface Replay {
  /** In the order in which they were made. */
  readonly reports: readonly Replayed[];
  /** Null when there is no record at all. */
  readonly state: State | null;
  readonly damaged: boolean;
}

/**
 * Plays the records of a journal. After damage, sequences that were given and of which neither a report nor
 * a word of its delivery is left are added to the gaps.
 */
export function replay(records: readonly Found[], damaged: boolean): Replay {
  const reports = new Map<string, Replayed>();
  const gone = new Set<string>();
  const seen = new Map<string, Set<number>>();
  const arrived = new Map<string, number>();
  let state = null as State | null;

  for (const { mark, from, bytes, segment } of records) {
    const { type, epoch, sequence } = mark;
    const id = `${epoch}.${sequence}`;
    if (damaged && type !== "H") seen.set(epoch, (seen.get(epoch) ?? new Set()).add(sequence));
    switch (type) {
      case "H":
        state = stateOf(mark);
        break;
      case "R":
        reports.set(id, {
          mark,
          place: { segment, from, bytes },
          sentAt: mark.sent ?? reports.get(id)?.sentAt ?? null,
        });
        if (mark.copy !== true) {
          const acknowledged = state?.acknowledged ?? false;
          state = { era: mark.era, epoch, sequence, gaps: [], digest: mark.digest, acknowledged };
        }
        break;
      case "S": {
        const report = reports.get(id);
        if (report !== undefined) reports.set(id, { ...report, sentAt: mark.at });
        break;
      }
      case "A":
        arrived.set(epoch, Math.max(sequence, arrived.get(epoch) ?? 0));
        if (state !== null) state = { ...state, acknowledged: true };
        break;
      case "D": {
        if (!gone.has(id) && mark.told !== true && state !== null) {
          const gaps = addToGaps(state.gaps, epoch, sequence);
          state = { ...state, gaps: mergeGaps(gaps, reports.get(id)?.mark.gaps ?? []) };
        }
        gone.add(id);
        break;
      }
    }
  }
  for (const id of gone) reports.delete(id);
  const inOrder = [...reports.values()]
    .filter(({ mark }) => mark.sequence > (arrived.get(mark.epoch) ?? 0))
    .sort((a, b) => a.mark.era - b.mark.era || a.mark.sequence - b.mark.sequence);
  if (!damaged || state === null) return { reports: inOrder, state, damaged };
  return { reports: inOrder, state: withHoles(state, seen, arrived), damaged };
}

function stateOf({ era, epoch, sequence, gaps, digest, acknowledged }: Extract<Mark, { type: "H" }>): State {
  return { era, epoch, sequence, gaps, digest, acknowledged };
}

function withHoles(state: State, seen: ReadonlyMap<string, ReadonlySet<number>>, arrived: ReadonlyMap<string, number>) {
  let { gaps, sequence } = state;
  for (const [epoch, sequences] of seen) {
    const highest = Math.max(...sequences, epoch === state.epoch ? state.sequence : 0);
    const lowest = Math.max(Math.min(...sequences), (arrived.get(epoch) ?? 0) + 1);
    for (let each = lowest; each <= highest; each++) {
      if (!sequences.has(each)) gaps = addToGaps(gaps, epoch, each);
    }
    sequence = Math.max(sequence, highest);
  }
  return { ...state, gaps, sequence };
}
