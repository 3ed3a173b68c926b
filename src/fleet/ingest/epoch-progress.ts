import { mergeNamed, type Named } from "../ranges.js";

/** A range of sequences, both ends included. */
export type Span = readonly [from: number, to: number];

/** Which sequences of an epoch are stored, and which are lost. */
export interface EpochProgress {
  /** Sequences before it were never expected. */
  readonly first: number;
  /** Every sequence up to this one is stored, named as lost by the device, or given up. */
  readonly contiguous: number;
  /** The spans stored beyond it, in order, never adjacent. */
  readonly stored: readonly Span[];
  /** What the device named as lost: ranges, and how many sequences of each. */
  readonly named: readonly Named[];
  /** The spans up to `contiguous` that are not stored, in order. */
  readonly absent: readonly Span[];
}

/** The new progress, and the spans that it passed over as lost. */
interface Advanced {
  readonly progress: EpochProgress;
  readonly lost: readonly Span[];
}

const MOST_NAMED = 100;
/**
 * How many spans of an epoch may wait beyond a missing sequence; reports that would add more must be sent again later.
 */
const MOST_SPANS = 1_000;

/** Whether a sequence is stored; below `first`, where nothing is known, it counts as not stored. */
export function isStored({ first, contiguous, stored, absent }: EpochProgress, sequence: number): boolean {
  if (sequence < first) return false;
  if (sequence <= contiguous) return !absent.some((span) => includes(span, sequence));
  return stored.some((span) => includes(span, sequence));
}

/** Whether there is no room to remember another sequence beyond a gap. */
export function isFull({ contiguous, stored }: EpochProgress, sequence: number): boolean {
  if (stored.length < MOST_SPANS || sequence === contiguous + 1) return false;
  return !stored.some(([from, to]) => sequence === from - 1 || sequence === to + 1);
}

/** Adds a sequence that was stored. A late one is no longer lost. */
export function withStored(progress: EpochProgress, sequence: number): EpochProgress {
  if (sequence < progress.first) return progress;
  if (sequence <= progress.contiguous) return { ...progress, absent: without(progress.absent, sequence) };
  return { ...progress, stored: withSequence(progress.stored, sequence) };
}

/** Adds ranges that the device names as lost, even before `first`: an epoch may turn out to begin earlier. */
export function withNamed(progress: EpochProgress, gaps: readonly Named[]): EpochProgress {
  return { ...progress, named: mergeNamed([...progress.named, ...gaps]).slice(-MOST_NAMED) };
}

/**
 * Advances `contiguous` over what is stored and what is believed lost: a range that names fewer sequences than it is
 * long is believed when no more are missing in it than it names, as in fleet/receiving/order.ts.
 */
export function advance(start: EpochProgress): Advanced {
  let progress = start;
  const lost: Span[] = [];
  for (;;) {
    progress = overStored(progress);
    const to = namedUpTo(progress);
    if (to === null) return { progress: forgetNamed(progress), lost };
    const span: Span = [progress.contiguous + 1, to];
    lost.push(span);
    progress = { ...progress, contiguous: to, absent: joined([...progress.absent, span]) };
  }
}

/** Gives up what is missing before the first stored sequence beyond a gap, up to `last`; null if nothing is missing. */
export function giveUpGap(progress: EpochProgress, last = Number.POSITIVE_INFINITY): Advanced | null {
  const next = progress.stored[0];
  if (next === undefined) return null;
  const span: Span = [progress.contiguous + 1, Math.min(last, next[0] - 1)];
  return { progress: { ...progress, contiguous: span[1], absent: joined([...progress.absent, span]) }, lost: [span] };
}

type Waiting = Pick<EpochProgress, "contiguous" | "stored" | "named">;

/** How many sequences are missing: the lengths of missingSpans. */
export function missingCount({ contiguous, stored, named }: Waiting): number {
  if (stored.length === 0) return 0;
  const missing = missingSpans({ contiguous, stored, named });
  return missing.reduce((sum, [from, to]) => sum + to - from + 1, 0);
}

/**
 * What is missing before the highest stored sequence, without what the device named as lost and is believed. A range in
 * which more is missing than the device named will still come, or a person gives it up.
 */
export function missingSpans({ contiguous, stored, named }: Waiting): readonly Span[] {
  const last = highest({ contiguous, stored });
  let next = contiguous + 1;
  const lost = believed(named, stored, next);
  const covered = lost.length === 0 ? stored : [...stored, ...lost].sort(([a], [b]) => a - b);
  const missing: Span[] = [];
  for (const [from, to] of covered) {
    if (from > last) break;
    if (from > next) missing.push([next, from - 1]);
    next = Math.max(next, to + 1);
  }
  return missing;
}

/** The ranges named as lost that `advance` will pass over when it reaches them. */
function believed(named: readonly Named[], stored: readonly Span[], next: number): readonly Span[] {
  const isMissing = countIn(stored, next, next) === 0;
  return named.flatMap(({ fromSequence, toSequence, count }): Span[] => {
    // It has reached this one, and did not pass over it.
    if (isMissing && fromSequence <= next && next <= toSequence) return [];
    const start = Math.max(fromSequence, next);
    return toSequence - start + 1 - countIn(stored, start, toSequence) <= count ? [[fromSequence, toSequence]] : [];
  });
}

/** The highest sequence that is stored or was passed over. */
export function highest({ contiguous, stored }: Pick<EpochProgress, "contiguous" | "stored">): number {
  return stored[stored.length - 1]?.[1] ?? contiguous;
}

/** Counts the sequences of spans from `from` to `to`. */
function countIn(spans: readonly Span[], from: number, to: number): number {
  return spans.reduce((sum, [a, b]) => sum + Math.max(0, Math.min(b, to) - Math.max(a, from) + 1), 0);
}

/** The spans without one sequence. */
function without(spans: readonly Span[], sequence: number): readonly Span[] {
  return spans.flatMap((span): Span[] => {
    if (!includes(span, sequence)) return [span];
    const rest: Span[] = [
      [span[0], sequence - 1],
      [sequence + 1, span[1]],
    ];
    return rest.filter(([from, to]) => from <= to);
  });
}

function overStored(progress: EpochProgress): EpochProgress {
  const next = progress.stored[0];
  if (next === undefined || next[0] !== progress.contiguous + 1) return progress;
  return { ...progress, contiguous: next[1], stored: progress.stored.slice(1) };
}

/** The end of the run of missing sequences that the device has named; null if the next one may still come. */
function namedUpTo({ first, contiguous, stored, named, absent }: EpochProgress): number | null {
  const next = contiguous + 1;
  const range = named.find(({ fromSequence, toSequence }) => fromSequence <= next && next <= toSequence);
  if (range === undefined) return null;
  const { fromSequence, toSequence, count } = range;
  const toCome = toSequence - contiguous - countIn(stored, next, toSequence);
  if (countIn(absent, Math.max(first, fromSequence), toSequence) + toCome > count) return null;
  return Math.min(toSequence, (stored[0]?.[0] ?? Number.POSITIVE_INFINITY) - 1);
}

/**
 * Drops ranges that lie entirely below `contiguous`, unless others could overlap with them: only the newest of them is
 * kept.
 */
function forgetNamed(progress: EpochProgress): EpochProgress {
  const { named, contiguous } = progress;
  const passed = named.filter(({ toSequence }) => toSequence <= contiguous).length;
  return passed <= 1 ? progress : { ...progress, named: named.slice(passed - 1) };
}

function withSequence(spans: readonly Span[], sequence: number): readonly Span[] {
  const at = spans.findIndex(([, to]) => to >= sequence - 1);
  if (at < 0) return [...spans, [sequence, sequence]];
  const [from, to] = spans[at] as Span;
  if (from <= sequence && sequence <= to) return spans;
  const before = spans.slice(0, at);
  const behind = spans.slice(at + 1);
  if (sequence === from - 1) return [...before, [sequence, to], ...behind];
  if (sequence !== to + 1) return [...before, [sequence, sequence], ...spans.slice(at)];
  const next = behind[0];
  return next?.[0] === sequence + 1
    ? [...before, [from, next[1]], ...behind.slice(1)]
    : [...before, [from, sequence], ...behind];
}

/** Joins adjacent spans. They are in order, never overlapping. */
function joined(spans: readonly Span[]): readonly Span[] {
  const out: Span[] = [];
  for (const span of spans) {
    const last = out[out.length - 1];
    if (last !== undefined && last[1] + 1 === span[0]) out[out.length - 1] = [last[0], span[1]];
    else out.push(span);
  }
  return out;
}

function includes([from, to]: Span, sequence: number): boolean {
  return from <= sequence && sequence <= to;
}
