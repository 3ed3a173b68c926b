import type { Instant } from "../base/clock.js";
import type { Place } from "./journal.js";
import type { Mark } from "./record.js";

/** A report that waits: enough to decide about it without reading it. */
export interface Waiting {
  readonly id: string;
  readonly epoch: string;
  readonly sequence: number;
  readonly kind: "COMPLETE" | "HEARTBEAT";
  readonly job: string;
  /** Whether it tells of a blocking finding. */
  readonly blocking: boolean;
}

/** A report that is kept, with where it lies. */
export interface Kept extends Waiting {
  readonly mark: Extract<Mark, { type: "R" }>;
  readonly bytes: number;
  /** On the disk, or the report's text in memory. */
  readonly at: Place | string;
  /** When the transport took it. */
  readonly sentAt: Instant | null;
  readonly sent: boolean;
}

/** All reports that are kept, in order, counted as they come and go. */
export interface Shelf {
  /** Keeps a report behind all others; one that is known stays in its turn unless it is sent or waits once more. */
  put(mark: Kept["mark"], at: Place | string, sentAt: Instant | null): Kept;
  take(entry: Kept): void;
  /** Puts what was added late into its turn. */
  sort(): void;
  get(id: string): Kept | undefined;
  /** Oldest first, those that the transport has taken before the others. */
  all(): readonly Kept[];
  /** What the transport has not taken, oldest first. */
  readonly unsent: ReadonlyMap<string, Kept>;
  /** What it has taken. */
  readonly sent: ReadonlyMap<string, Kept>;
  readonly bytes: number;
  readonly memoryBytes: number;
  /** How many lie in a segment. */
  aliveIn(segment: number): number;
}

/** An empty shelf. */
export function emptyShelf(): Shelf {
  const unsent = new Map<string, Kept>();
  const sent = new Map<string, Kept>();
  const alive = new Map<number, number>();
  let bytes = 0;
  let memoryBytes = 0;

  function count(entry: Kept, sign: 1 | -1): void {
    bytes += sign * entry.bytes;
    if (typeof entry.at === "string") memoryBytes += sign * entry.bytes;
    else alive.set(entry.at.segment, (alive.get(entry.at.segment) ?? 0) + sign);
  }

  function take(entry: Kept): void {
    if (unsent.delete(entry.id) || sent.delete(entry.id)) count(entry, -1);
  }

  return {
    put(mark, at, sentAt) {
      const { epoch, sequence, kind, job, blocking } = mark;
      const id = `${epoch}.${sequence}`;
      const size = typeof at === "string" ? Buffer.byteLength(at) : at.bytes;
      const entry = { id, epoch, sequence, kind, job, blocking, mark, bytes: size, at, sentAt, sent: sentAt !== null };
      const before = unsent.get(id) ?? sent.get(id);
      if (before !== undefined) count(before, -1);
      count(entry, 1);
      const [to, from] = entry.sent ? [sent, unsent] : [unsent, sent];
      from.delete(id);
      to.set(id, entry);
      return entry;
    },
    take,
    sort() {
      const inOrder = [...unsent.values()].sort(byAge);
      unsent.clear();
      for (const entry of inOrder) unsent.set(entry.id, entry);
    },
    get: (id) => unsent.get(id) ?? sent.get(id),
    all: () => [...sent.values(), ...unsent.values()],
    unsent,
    sent,
    get bytes() {
      return bytes;
    },
    get memoryBytes() {
      return memoryBytes;
    },
    aliveIn: (segment) => alive.get(segment) ?? 0,
  };
}

/** The runs of sequences that reports make, so many at most: of each epoch first, last, first, last, … */
export function runsOf(reports: readonly Kept[], most: number): Readonly<Record<string, readonly number[]>> {
  const runs: Record<string, number[]> = {};
  let left = most;
  for (const { epoch, sequence } of reports) {
    runs[epoch] ??= [];
    const ends = runs[epoch];
    if (ends[ends.length - 1] === sequence - 1) ends[ends.length - 1] = sequence;
    else if (left-- > 0) ends.push(sequence, sequence);
    else return runs;
  }
  return runs;
}

function byAge(a: Kept, b: Kept): number {
  return a.mark.era - b.mark.era || a.sequence - b.sequence;
}
