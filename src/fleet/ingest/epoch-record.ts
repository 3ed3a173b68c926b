import type { ReportArrival, ShownGap } from "../arrival.js";
import type { Named } from "../ranges.js";
import type { EpochRow, LostRow } from "../store/rows.js";
import { latestTime } from "./clock-skew.js";
import {
  advance,
  type EpochProgress,
  giveUpGap,
  highest,
  isFull,
  isStored,
  missingCount,
  type Span,
  withNamed,
  withStored,
} from "./epoch-progress.js";

/** The `settles_at` of an epoch whose wait starts with the next settlement: arrival times jump with the wall clock. */
export const TO_BE_TIMED = "";

/** An epoch's row as values. */
export interface EpochRecord {
  readonly row: EpochRow;
  readonly progress: EpochProgress;
  readonly lost: readonly LostRow[];
}

/** The lost rows to write and to remove, in addition to the record's row. */
export interface EpochStep {
  readonly record: EpochRecord;
  readonly newlyLost: readonly LostRow[];
  readonly noLongerLost: readonly LostRow[];
}

export function readRecord(row: EpochRow, lost: readonly LostRow[]): EpochRecord {
  const inOrder = [...lost].sort((a, b) => a.from_sequence - b.from_sequence);
  return {
    row,
    lost: inOrder,
    progress: {
      first: row.first,
      contiguous: row.contiguous,
      stored: JSON.parse(row.stored) as Span[],
      named: (JSON.parse(row.named) as [number, number, number][]).map(([fromSequence, toSequence, count]) => ({
        fromSequence,
        toSequence,
        count,
      })),
      absent: inOrder.map(({ from_sequence, to_sequence }): Span => [from_sequence, to_sequence]),
    },
  };
}

/** The newest and the oldest epoch of a thing, by which a new epoch is ordered. */
export interface Ends {
  readonly newest: EpochRow | null;
  readonly oldest: EpochRow | null;
}

/**
 * The record of an epoch that is heard for the first time. It is the newest, unless the device's boot clock shows that
 * its report was made before the newest epoch's; the wall clock may have been set back. A new epoch of a known thing
 * begins at 1.
 */
export function newRecord(
  arrival: Pick<ReportArrival, "thing" | "epoch" | "sequence" | "checkedAt" | "receivedAt" | "clock">,
  { newest, oldest }: Ends,
): EpochRecord {
  const { thing, epoch, sequence, checkedAt, receivedAt, clock } = arrival;
  const isOlder = newest !== null && clock !== null && newest.boot === clock.boot && clock.ms < (newest.boot_ms ?? 0);
  const isSettled = sequence === 1 || (newest !== null && !isOlder);
  const born = isOlder ? (oldest?.born ?? 0) - 1 : (newest?.born ?? 0) + 1;
  const first = isSettled ? 1 : sequence;
  return {
    row: {
      thing,
      epoch,
      born,
      births: "[]",
      boot: null,
      boot_ms: null,
      seal: null,
      since: checkedAt,
      heard: receivedAt,
      first,
      settles_at: isSettled ? null : TO_BE_TIMED,
      contiguous: first - 1,
      acked: 0,
      stored: "[]",
      missing: 0,
      named: "[]",
    },
    lost: [],
    progress: { first, contiguous: first - 1, stored: [], named: [], absent: [] },
  };
}

/** Whether a report's sequence is stored. */
export function hasStored({ progress }: EpochRecord, sequence: number): boolean {
  return isStored(progress, sequence);
}

/** Whether there is no room for another report beyond a gap. */
export function hasNoRoom({ progress }: EpochRecord, sequence: number): boolean {
  return isFull(progress, sequence);
}

/** Adds a report that is being stored now. */
export function addReport(
  record: EpochRecord,
  { sequence, receivedAt, clock, seal }: ReportArrival,
  now: string,
): EpochStep {
  const unsettled = record.row.settles_at !== null;
  const begun = unsettled && sequence < record.progress.first ? beginningAt(record, sequence) : record;
  // The same number: the highest sequence was named as lost, and now comes after all.
  const isHighest = sequence >= highest(begun.progress) || begun.row.seal === null;
  const row: EpochRow = {
    ...begun.row,
    heard: latestTime(begun.row.heard, { at: receivedAt, now }),
    ...(isHighest ? { seal, boot: clock?.boot ?? null, boot_ms: clock?.ms ?? null } : {}),
  };
  const hit = begun.lost.find(({ from_sequence, to_sequence }) => from_sequence <= sequence && sequence <= to_sequence);
  const parts = hit === undefined ? [] : splitLost(hit, sequence);
  const lost = hit === undefined ? begun.lost : begun.lost.flatMap((each) => (each === hit ? parts : [each]));
  const step = advanced({ row, lost, progress: withStored(begun.progress, sequence) }, receivedAt);
  return { ...step, newlyLost: [...parts, ...step.newlyLost], noLongerLost: hit === undefined ? [] : [hit] };
}

/** Adds sequences that the device names as lost. */
export function addNamed(record: EpochRecord, gaps: readonly Named[], at: string): EpochStep {
  return advanced({ ...record, progress: withNamed(record.progress, gaps) }, at);
}

/** Ends the wait for reports before the first one heard. */
export function settled(record: EpochRecord, at: string): EpochStep {
  return advanced({ ...record, row: { ...record.row, settles_at: null } }, at);
}

/** Advances if the epoch's beginning is known. */
function advanced(record: EpochRecord, at: string): EpochStep {
  const { row, progress } = record;
  if (row.settles_at !== null && progress.first !== 1) return stepOf(record, row, progress, [], at);
  const step = advance(progress);
  const lost = step.lost.map((span): LostSpan => [span, null]);
  return stepOf(record, { ...row, settles_at: null }, step.progress, lost, at);
}

/**
 * Gives up what is missing before the highest stored sequence or, with `shown`, only the first gap if it is still that
 * one; null if nothing is missing.
 */
export function givenUp(record: EpochRecord, by: string, at: string, shown: ShownGap | null): EpochStep | null {
  let { progress } = record;
  const lost: LostSpan[] = [];
  for (let isFirst = true; isFirst || shown === null; isFirst = false) {
    const next = giveUpGap(progress, shown?.to);
    if (next === null) break;
    const further = advance(next.progress);
    lost.push(...next.lost.map((span): LostSpan => [span, by]), ...further.lost.map((span): LostSpan => [span, null]));
    progress = further.progress;
  }
  return lost.length === 0 ? null : stepOf(record, record.row, progress, lost, at);
}

/** A lost span, and who gave it up; null: the device named it. */
type LostSpan = readonly [Span, string | null];

function stepOf(
  record: EpochRecord,
  row: EpochRow,
  progress: EpochProgress,
  lost: readonly LostSpan[],
  at: string,
): EpochStep {
  const { thing, epoch } = row;
  const newlyLost = lost.map(
    ([[from, to], by]): LostRow => ({
      thing,
      epoch,
      from_sequence: from,
      to_sequence: to,
      count: to - from + 1,
      at,
      given_up_by: by,
    }),
  );
  const named = progress.named.map(({ fromSequence, toSequence, count }) => [fromSequence, toSequence, count]);
  return {
    newlyLost,
    noLongerLost: [],
    record: {
      progress,
      lost: newlyLost.length === 0 ? record.lost : [...record.lost, ...newlyLost],
      row: {
        ...row,
        first: progress.first,
        contiguous: progress.contiguous,
        stored: JSON.stringify(progress.stored),
        missing: missingCount(progress),
        named: JSON.stringify(named),
      },
    },
  };
}

function beginningAt(record: EpochRecord, sequence: number): EpochRecord {
  return { ...record, progress: { ...record.progress, first: sequence, contiguous: sequence - 1 } };
}

function splitLost(row: LostRow, sequence: number): readonly LostRow[] {
  const parts = [
    [row.from_sequence, sequence - 1],
    [sequence + 1, row.to_sequence],
  ] as const;
  return parts
    .filter(([from, to]) => from <= to)
    .map(([from, to]) => ({ ...row, from_sequence: from, to_sequence: to, count: to - from + 1 }));
}
