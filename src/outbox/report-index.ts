import type { Instant } from "../base/clock.js";
import type { RecordLocation } from "./journal.js";
import type { ReportMark } from "./mark.js";

/** The properties of a waiting report that sending decisions need, so that the report need not be read. */
export interface QueuedReport {
  readonly id: string;
  readonly epoch: string;
  readonly sequence: number;
  readonly kind: "COMPLETE" | "HEARTBEAT";
  readonly job: string;
  /** Whether it has a blocking finding. */
  readonly blocking: boolean;
}

/** A stored report and its location. */
export interface StoredReport extends QueuedReport {
  readonly mark: ReportMark;
  readonly bytes: number;
  /** On the disk, or the report's JSON itself while it is in memory only. */
  readonly location: RecordLocation | string;
  /** When the transport accepted it. */
  readonly sentAt: Instant | null;
  readonly sent: boolean;
}

/** All stored reports, in order, with their total size. */
export interface ReportIndex {
  /** Adds a report after all others, or replaces it in place. */
  put(mark: ReportMark, location: RecordLocation | string, sentAt: Instant | null): StoredReport;
  remove(entry: StoredReport): void;
  /** Sorts by age again, after reports were added late. */
  sort(): void;
  get(id: string): StoredReport | undefined;
  /** Oldest first, with those that the transport has accepted before the others. */
  all(): readonly StoredReport[];
  /** Not accepted by the transport, oldest first. */
  readonly unsent: ReadonlyMap<string, StoredReport>;
  /** Accepted by the transport. */
  readonly sent: ReadonlyMap<string, StoredReport>;
  readonly bytes: number;
  readonly memoryBytes: number;
  /** How many reports a segment holds. */
  countIn(segment: number): number;
}

/** An empty index. */
export function emptyIndex(): ReportIndex {
  const unsent = new Map<string, StoredReport>();
  const sent = new Map<string, StoredReport>();
  const perSegment = new Map<number, number>();
  let bytes = 0;
  let memoryBytes = 0;

  function count({ location, bytes: size }: StoredReport, sign: 1 | -1): void {
    bytes += sign * size;
    if (typeof location === "string") {
      memoryBytes += sign * size;
      return;
    }
    const left = (perSegment.get(location.segment) ?? 0) + sign;
    if (left === 0) perSegment.delete(location.segment);
    else perSegment.set(location.segment, left);
  }

  return {
    put(mark, location, sentAt) {
      const entry = storedReport(mark, location, sentAt);
      const before = unsent.get(entry.id) ?? sent.get(entry.id);
      if (before !== undefined) count(before, -1);
      count(entry, 1);
      const [to, from] = entry.sent ? [sent, unsent] : [unsent, sent];
      from.delete(entry.id);
      to.set(entry.id, entry);
      return entry;
    },
    remove(entry) {
      if (unsent.delete(entry.id) || sent.delete(entry.id)) count(entry, -1);
    },
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
    countIn: (segment) => perSegment.get(segment) ?? 0,
  };
}

/** The sequences of reports as runs per epoch (first, last, first, last, …), `most` runs in all. */
export function runsOf(reports: readonly StoredReport[], most: number): Readonly<Record<string, readonly number[]>> {
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

function storedReport(mark: ReportMark, location: RecordLocation | string, sentAt: Instant | null): StoredReport {
  const { epoch, sequence, kind, job, blocking } = mark;
  const bytes = typeof location === "string" ? Buffer.byteLength(location) : location.bytes;
  const sent = sentAt !== null;
  return { id: `${epoch}.${sequence}`, epoch, sequence, kind, job, blocking, mark, bytes, location, sentAt, sent };
}

function byAge(a: StoredReport, b: StoredReport): number {
  return a.mark.era - b.mark.era || a.sequence - b.sequence;
}
