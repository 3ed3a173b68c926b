import { messageOf } from "../errors.js";
import { type Checksum, encodeRecord, type Found, type Mark, readBody, scanRecords } from "./record.js";

/** A folder of files that only grow at their end. Names are plain file names. Every call throws when it could not do its work. */
export interface Store {
  /** Names in alphabetical order; none where there is no folder. */
  list(): readonly string[];
  /** The whole file; throws when it is no regular file or longer than `mostBytes`. Null when there is none. */
  read(name: string, mostBytes: number): Buffer | null;
  /** Exactly `bytes` bytes from `from`, or null when the file or the bytes are not there. */
  readPart(name: string, from: number, bytes: number): Buffer | null;
  /**
   * Adds to the end of a file that has `at` bytes (0: it is made), else throws. With `durable` all of the file is on the disk
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
  /** Makes the next `append` begin a new segment. */
  roll(): void;
  /** Oldest first. */
  readonly segments: readonly { readonly number: number; readonly bytes: number }[];
  readonly bytes: number;
}

/** What was found at the start. */
export interface Replay {
  readonly journal: Journal;
  /** Every record, in the order of writing. */
  readonly records: readonly Found[];
  /** Whether something was there that could not be read: what it held is not known. */
  readonly damaged: boolean;
}

const SEGMENT = /^segment-(\d{12})\.log$/;
const LONGEST_SEGMENT_BYTES = 64 * 2 ** 20;

/**
 * Opens the journal over a store: reads every segment, cuts off what was torn at the end of the newest, and sets aside
 * as `damaged.log` what holds no record at all. Other names are not ours and stay untouched. Throws when the store cannot be read.
 *
 * Invariants: segments are removed oldest first only, so that what takes back a record is never gone before the record;
 * after a failed write the segment is never written to again.
 */
export function openJournal(
  store: Store,
  checksum: Checksum,
  segmentBytes: () => number,
  onProblem: (what: string) => void,
): Replay {
  const records: Found[] = [];
  const segments: { number: number; bytes: number }[] = [];
  let damaged = false;
  let writable = false;
  const names = store.list().filter((name) => SEGMENT.test(name));
  for (const [at, name] of names.entries()) {
    const number = numberOf(name);
    const bytes = readSegment(name);
    if (bytes === null) continue;
    const { found, damaged: lines, end } = scanRecords(checksum, bytes, number);
    if (found.length === 0) {
      // Empty or torn within its first record: nothing was ever kept there.
      if (lines === 0) repair(() => store.remove(name));
      else setAside(name, "it holds nothing that can be read");
      continue;
    }
    if (lines > 0) {
      damaged = true;
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
      // One file that cannot be read is set aside; when the whole folder is out of reach, so is this, and it throws.
      setAside(name, messageOf(error));
      return null;
    }
  }

  function setAside(name: string, why: string): void {
    damaged = true;
    onProblem(`Cannot read "${name}": ${why}; it is set aside as "damaged.log"`);
    repair(() => store.rename(name, "damaged.log"));
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

  const journal: Journal = {
    append(entries, header, durable) {
      const lines = entries.map(({ mark, body }) => encodeRecord(checksum, mark, body));
      const { segment, fresh } = target(lines.reduce((sum, line) => sum + line.length, 0));
      if (fresh) lines.unshift(encodeRecord(checksum, header()));
      const bytes = Buffer.concat(lines);
      const name = nameOf(segment.number);
      try {
        store.append(name, segment.bytes, bytes, durable);
      } catch (error) {
        writable = false;
        // Half a segment is no harm: it holds nothing that counts as kept, and the next start removes it.
        if (fresh) repair(() => store.remove(name));
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
      segments.shift();
      if (segments.length === 0) writable = false;
    },
    roll() {
      writable = false;
    },
    get segments() {
      return segments;
    },
    get bytes() {
      return segments.reduce((sum, segment) => sum + segment.bytes, 0);
    },
  };

  return { journal, records, damaged };
}

function nameOf(number: number): string {
  return `segment-${String(number).padStart(12, "0")}.log`;
}

function numberOf(name: string): number {
  return Number(SEGMENT.exec(name)?.[1] ?? 0);
}
