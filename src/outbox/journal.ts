import type { Mark } from "./mark.js";
import { type Checksum, encodeRecord, readBody } from "./record.js";
import { repair, type ScannedSegments, type Segment, scanSegments, segmentName } from "./scan-segments.js";
import { ForeignWriterError, type SegmentStore } from "./segment-store.js";

/** The location of a stored record. */
export interface RecordLocation {
  readonly segment: number;
  readonly from: number;
  readonly bytes: number;
}

/** A record to append; that of a report comes with its JSON. */
export interface Entry {
  readonly mark: Mark;
  readonly body?: string;
}

/** Records in numbered segments. */
export interface Journal {
  /** Appends records in one write and returns their locations. Throws when they are not safely stored. */
  append(entries: readonly Entry[], header: () => Mark, durable: boolean): readonly RecordLocation[];
  /** The body at a location; null when it is gone or its checksum does not match. Throws when the store cannot be read. */
  body(location: RecordLocation): string | null;
  /** Removes the oldest segment. */
  removeOldest(): void;
  /** Renames unreadable files to `damaged.log`. */
  setAside(names: readonly string[]): void;
  /** Makes the next `append` begin a new segment. */
  roll(): void;
  /** Whether a failed write may have left records that the next start would take for stored. */
  readonly hasLeftOver: boolean;
  /** Oldest first. */
  readonly segments: readonly Segment[];
  readonly bytes: number;
}

/** An open journal, and the contents of its files. */
interface OpenedJournal extends Pick<ScannedSegments, "records" | "damagedUpTo" | "unreadable" | "endIsKnown"> {
  readonly journal: Journal;
}

/**
 * Opens the journal over a store. Throws when the store cannot be read, and then has changed nothing.
 *
 * Invariants: segments are removed oldest first only, so that a record never outlives the later record that revokes it;
 * after a failed write the segment is never written to again.
 */
export function openJournal(
  store: SegmentStore,
  checksum: Checksum,
  segmentBytes: () => number,
  onProblem: (what: string) => void,
): OpenedJournal {
  const scanned = scanSegments(store, checksum, onProblem);
  const segments: Segment[] = [...scanned.segments];
  const leftOvers = trackLeftOvers(store);
  let { lastNumber, canAppend } = scanned;

  /** The segment to write to: the newest, or a new one if that is full or must not be written to. */
  function target(bytes: number): Segment {
    const newest = segments[segments.length - 1];
    const hasRoom = newest !== undefined && newest.bytes + bytes <= segmentBytes();
    return canAppend && hasRoom ? newest : { number: ++lastNumber, bytes: 0 };
  }

  function append(entries: readonly Entry[], header: () => Mark, durable: boolean): readonly RecordLocation[] {
    leftOvers.cut();
    const lines = entries.map(({ mark, body }) => encodeRecord(checksum, mark, body));
    const { number, bytes: at } = target(lines.reduce((sum, line) => sum + line.length, 0));
    const isNew = at === 0;
    const all = isNew ? [encodeRecord(checksum, header()), ...lines] : lines;
    const bytes = Buffer.concat(all);
    try {
      store.append(segmentName(number), at, bytes, durable);
    } catch (error) {
      canAppend = false;
      if (!(error instanceof ForeignWriterError)) leftOvers.add(number, at);
      leftOvers.cut();
      throw error;
    }
    if (!isNew) segments.pop();
    segments.push({ number, bytes: at + bytes.length });
    canAppend = true;
    return locate(all, number, at).slice(isNew ? 1 : 0);
  }

  const journal: Journal = {
    append,
    body({ segment, from, bytes }) {
      const line = store.readPart(segmentName(segment), from, bytes);
      return line === null ? null : readBody(checksum, line);
    },
    removeOldest() {
      const [oldest] = segments;
      if (oldest === undefined) return;
      store.remove(segmentName(oldest.number));
      leftOvers.forget(oldest.number);
      segments.shift();
      if (segments.length === 0) canAppend = false;
    },
    setAside: (names) => names.forEach((name) => void repair(() => store.rename(name, "damaged.log"))),
    roll() {
      canAppend = false;
    },
    get hasLeftOver() {
      return leftOvers.any();
    },
    get segments() {
      return segments;
    },
    get bytes() {
      return segments.reduce((sum, segment) => sum + segment.bytes, 0);
    },
  };
  const { records, damagedUpTo, unreadable, endIsKnown } = scanned;
  return { journal, records, damagedUpTo, unreadable, endIsKnown };
}

/** The locations of lines written one after the other. */
function locate(lines: readonly Buffer[], segment: number, at: number): readonly RecordLocation[] {
  let from = at;
  return lines.map(({ length: bytes }) => {
    const location = { segment, from, bytes };
    from += bytes;
    return location;
  });
}

/** Tracks segments in which a failed write may have left bytes, and the sizes to truncate them to: the records are elsewhere. */
function trackLeftOvers(store: SegmentStore) {
  const sizes = new Map<number, number>();

  function isGone(name: string, bytes: number): boolean {
    if (repair(() => (bytes === 0 ? store.remove(name) : store.cut(name, bytes)))) return true;
    let more: Buffer | null = null;
    // If it cannot be read, the bytes may still be there.
    return (
      repair(() => {
        more = store.readPart(name, bytes, 1);
      }) && more === null
    );
  }

  return {
    add: (segment: number, bytes: number) => void sizes.set(segment, bytes),
    forget: (segment: number) => void sizes.delete(segment),
    any: () => sizes.size > 0,
    cut() {
      for (const [segment, bytes] of sizes) if (isGone(segmentName(segment), bytes)) sizes.delete(segment);
    },
  };
}
