import { type Checksum, encodeRecord, type Found, type Mark, readBody, scanRecords } from "./record.js";

/** What bears the name of a file is none, is larger than it may be, or lies on a bad spot of the disk. */
export class UnreadableFileError extends Error {}

/** A file is not as it was left: another process writes here too. */
export class ForeignWriterError extends Error {}

/** A folder of files that only grow at their end. Names are plain file names. Every call throws when it could not do its work. */
export interface SegmentStore {
  /** Names in alphabetical order; none where there is no folder. */
  list(): readonly string[];
  /** The whole file; throws UnreadableFileError when it never can be read. Null when there is none. */
  read(name: string, mostBytes: number): Buffer | null;
  /** Exactly `bytes` bytes from `from`, or null when the file or the bytes are not there. */
  readPart(name: string, from: number, bytes: number): Buffer | null;
  /**
   * Adds to the end of a file that has `at` bytes (0: it is made), else throws ForeignWriterError. With `durable` all of the file is on the disk
   * when this returns. A failed call may leave any part of the bytes.
   */
  append(name: string, at: number, bytes: Buffer, durable: boolean): void;
  /** Shortens a file to `bytes` bytes, durably. */
  cut(name: string, bytes: number): void;
  rename(name: string, to: string): void;
  remove(name: string): void;
}

/** Where a record lies. */
export interface Place {
  readonly segment: number;
  readonly from: number;
  readonly bytes: number;
}

/** A record with the body of a report, or none. */
export interface Entry {
  readonly mark: Mark;
  readonly body?: string;
}

/** Records in numbered segments. */
export interface Journal {
  /** Writes records one behind the other, in one write; gives their places. Throws when they are not safely there. */
  append(entries: readonly Entry[], header: () => Mark, durable: boolean): readonly Place[];
  /** The body at a place; null when it is gone or no longer checks out. Throws when the store cannot be read. */
  body(place: Place): string | null;
  /** Removes the oldest segment. */
  removeOldest(): void;
  /** Puts files out of the way in which nothing can be read, as `damaged.log`. */
  setAside(names: readonly string[]): void;
  /** Makes the next `append` begin a new segment. */
  roll(): void;
  /** Whether a failed write may have left some of its records, which a next start would take for kept. */
  readonly hasLeftOver: boolean;
  /** Oldest first. */
  readonly segments: readonly { readonly number: number; readonly bytes: number }[];
  readonly bytes: number;
}

/** What was found at the start. */
export interface Opened {
  readonly journal: Journal;
  /** Every record, in the order of writing. */
  readonly records: readonly Found[];
  /** The newest segment of which a part cannot be read; 0 when there is none. */
  readonly damagedUpTo: number;
  /** Files in which nothing can be read: what they held is not known. */
  readonly unreadable: readonly string[];
  /** False when what was written last cannot be read: then nobody knows how far it went. */
  readonly endIsKnown: boolean;
}

const SEGMENT = /^segment-(\d{12,15})\.log$/;
const LONGEST_SEGMENT_BYTES = 64 * 2 ** 20;

/**
 * Opens the journal over a store: reads every segment, and cuts off what was torn at the end of the newest. Other names are not
 * ours and stay untouched. Throws when the store cannot be read, and then has changed nothing.
 *
 * Invariants: segments are removed oldest first only, so that what takes back a record is never gone before the record;
 * after a failed write the segment is never written to again.
 */
export function openJournal(
  store: SegmentStore,
  checksum: Checksum,
  segmentBytes: () => number,
  onProblem: (what: string) => void,
): Opened {
  const records: Found[] = [];
  const segments: { number: number; bytes: number }[] = [];
  const unreadable: string[] = [];
  let damagedUpTo = 0;
  let endIsKnown = true;
  let writable = false;
  const names = store
    .list()
    .filter((name) => SEGMENT.test(name))
    .sort((a, b) => numberOf(a) - numberOf(b));
  for (const [at, name] of names.entries()) {
    const number = numberOf(name);
    const bytes = readSegment(name);
    if (bytes === null) continue;
    endIsKnown = true;
    const { found, damaged: lines, end } = scanRecords(checksum, bytes, number);
    if (found.length === 0) {
      // Empty or torn within its first record: nothing was ever kept there.
      if (lines === 0) repair(() => store.remove(name));
      else giveUp(name, "it holds nothing that can be read");
      continue;
    }
    if (lines > 0) {
      damagedUpTo = number;
      endIsKnown = false;
      onProblem(`Cannot read ${lines} of the ${lines + found.length} records of "${name}": damaged`);
    }
    const newest = at === names.length - 1;
    const torn = end < bytes.length;
    const whole = !(newest && torn) || repair(() => store.cut(name, end));
    writable = newest && lines === 0 && whole;
    segments.push({ number, bytes: newest && whole ? end : bytes.length });
    for (const each of found) records.push(each);
  }

  function readSegment(name: string): Buffer | null {
    try {
      return store.read(name, LONGEST_SEGMENT_BYTES);
    } catch (error) {
      // What may pass, such as too many open files, is thrown: the segment is as good as before.
      if (!(error instanceof UnreadableFileError)) throw error;
      giveUp(name, error.message);
      return null;
    }
  }

  function giveUp(name: string, why: string): void {
    unreadable.push(name);
    endIsKnown = false;
    onProblem(`Cannot read "${name}": ${why}; it is set aside as "damaged.log"`);
  }

  /** On a read-only disk nothing can be repaired, and what waits there is delivered all the same. */
  function repair(action: () => void): boolean {
    try {
      action();
      return true;
    } catch {
      return false;
    }
  }

  let last = names.reduce((highest, name) => Math.max(highest, numberOf(name)), 0);
  const newest = () => segments[segments.length - 1];

  /** The segment to write to, with its header when it is new. */
  function target(bytes: number): { segment: { number: number; bytes: number }; fresh: boolean } {
    const current = newest();
    if (writable && current !== undefined && current.bytes + bytes <= segmentBytes()) {
      return { segment: current, fresh: false };
    }
    last += 1;
    return { segment: { number: last, bytes: 0 }, fresh: true };
  }

  /** What a failed write may have left, to be cut off: what it held has been kept elsewhere since. */
  const leftOver = new Map<string, number>();

  function cutLeftOver(): void {
    for (const [name, bytes] of leftOver) {
      const isCut =
        repair(() => (bytes === 0 ? store.remove(name) : store.cut(name, bytes))) || !holdsMoreThan(name, bytes);
      if (isCut) leftOver.delete(name);
    }
  }

  function holdsMoreThan(name: string, bytes: number): boolean {
    try {
      return store.readPart(name, bytes, 1) !== null;
    } catch {
      return true;
    }
  }

  const journal: Journal = {
    append(entries, header, durable) {
      cutLeftOver();
      const lines = entries.map(({ mark, body }) => encodeRecord(checksum, mark, body));
      const { segment, fresh } = target(lines.reduce((sum, line) => sum + line.length, 0));
      if (fresh) lines.unshift(encodeRecord(checksum, header()));
      const bytes = Buffer.concat(lines);
      const name = nameOf(segment.number);
      try {
        store.append(name, segment.bytes, bytes, durable);
      } catch (error) {
        writable = false;
        if (!(error instanceof ForeignWriterError)) leftOver.set(name, segment.bytes);
        cutLeftOver();
        throw error;
      }
      const places: Place[] = [];
      let from = segment.bytes;
      for (const [at, line] of lines.entries()) {
        if (!fresh || at > 0) places.push({ segment: segment.number, from, bytes: line.length });
        from += line.length;
      }
      segment.bytes = from;
      if (fresh) segments.push(segment);
      writable = true;
      return places;
    },
    body({ segment, from, bytes }) {
      const line = store.readPart(nameOf(segment), from, bytes);
      return line === null ? null : readBody(checksum, line);
    },
    removeOldest() {
      const oldest = segments[0];
      if (oldest === undefined) return;
      store.remove(nameOf(oldest.number));
      leftOver.delete(nameOf(oldest.number));
      segments.shift();
      if (segments.length === 0) writable = false;
    },
    setAside(names) {
      for (const name of names) repair(() => store.rename(name, "damaged.log"));
    },
    roll() {
      writable = false;
    },
    get hasLeftOver() {
      return leftOver.size > 0;
    },
    get segments() {
      return segments;
    },
    get bytes() {
      return segments.reduce((sum, segment) => sum + segment.bytes, 0);
    },
  };

  return { journal, records, damagedUpTo, unreadable, endIsKnown };
}

function nameOf(number: number): string {
  return `segment-${String(number).padStart(12, "0")}.log`;
}

function numberOf(name: string): number {
  return Number(SEGMENT.exec(name)?.[1] ?? 0);
}
