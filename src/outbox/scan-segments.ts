import { type Checksum, type FoundRecord, scanRecords } from "./record.js";
import { type SegmentStore, UnreadableFileError } from "./segment-store.js";

/** A file of the journal. */
export interface Segment {
  readonly number: number;
  readonly bytes: number;
}

/** The contents of a journal's files at the start. */
export interface ScannedSegments {
  /** Oldest first. */
  readonly segments: readonly Segment[];
  /** Every record, in the order of writing. */
  readonly records: readonly FoundRecord[];
  /** The highest number in any name, including unreadable files. */
  readonly lastNumber: number;
  /** The newest segment with a damaged part; 0 when no segment is damaged. */
  readonly damagedUpTo: number;
  /** Files without a readable record, whose content is unknown. */
  readonly unreadable: readonly string[];
  /** False when the most recent records cannot be read, so that the last sequence assigned is unknown. */
  readonly endIsKnown: boolean;
  /** Whether the newest segment can be appended to. */
  readonly canAppend: boolean;
}

const SEGMENT = /^segment-(\d{12,15})\.log$/;
const LONGEST_SEGMENT_BYTES = 64 * 2 ** 20;

/** The file name of a segment. */
export function segmentName(number: number): string {
  return `segment-${String(number).padStart(12, "0")}.log`;
}

/**
 * Reads every segment and truncates a torn record at the end of the newest. Other files are left alone. When the store cannot be
 * read now, throws and changes nothing.
 */
export function scanSegments(
  store: SegmentStore,
  checksum: Checksum,
  onProblem: (what: string) => void,
): ScannedSegments {
  const segments: Segment[] = [];
  const records: FoundRecord[] = [];
  const unreadable: string[] = [];
  let damagedUpTo = 0;
  let endIsKnown = true;
  let canAppend = false;
  const names = segmentNames(store);
  for (const name of names) {
    const number = numberOf(name);
    const content = readSegment(store, checksum, name);
    if (content.kind === "missing") continue;
    endIsKnown = content.kind !== "unreadable";
    if (content.kind === "unreadable") {
      unreadable.push(name);
      onProblem(`Cannot read "${name}": ${content.why}; it is set aside as "damaged.log"`);
      continue;
    }
    if (content.kind === "empty") {
      repair(() => store.remove(name));
      continue;
    }
    if (content.damaged > 0) {
      damagedUpTo = number;
      endIsKnown = false;
      const total = content.damaged + content.found.length;
      onProblem(`Cannot read ${content.damaged} of the ${total} records of "${name}": damaged`);
    }
    const isNewest = name === names[names.length - 1];
    const { bytes, end } = content;
    const whole = !(isNewest && end < bytes) || repair(() => store.cut(name, end));
    canAppend = isNewest && content.damaged === 0 && whole;
    segments.push({ number, bytes: isNewest && whole ? end : bytes });
    for (const each of content.found) records.push(each);
  }
  const lastNumber = names.reduce((highest, name) => Math.max(highest, numberOf(name)), 0);
  return { segments, records, lastNumber, damagedUpTo, unreadable, endIsKnown, canAppend };
}

/** Ignores the failure of a repair: reports on a read-only disk are still delivered. False when it failed. */
export function repair(action: () => void): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}

type SegmentContent =
  | { readonly kind: "missing" }
  /** Empty or torn within its first record: nothing was ever stored there. */
  | { readonly kind: "empty" }
  | { readonly kind: "unreadable"; readonly why: string }
  | {
      readonly kind: "records";
      readonly found: readonly FoundRecord[];
      readonly damaged: number;
      readonly end: number;
      readonly bytes: number;
    };

function readSegment(store: SegmentStore, checksum: Checksum, name: string): SegmentContent {
  let bytes: Buffer | null;
  try {
    bytes = store.read(name, LONGEST_SEGMENT_BYTES);
  } catch (error) {
    // Rethrow a temporary failure, such as too many open files: the segment itself is fine.
    if (!(error instanceof UnreadableFileError)) throw error;
    return { kind: "unreadable", why: error.message };
  }
  if (bytes === null) return { kind: "missing" };
  const { found, damaged, end } = scanRecords(checksum, bytes, numberOf(name));
  if (found.length > 0) return { kind: "records", found, damaged, end, bytes: bytes.length };
  return damaged === 0 ? { kind: "empty" } : { kind: "unreadable", why: "it holds no readable record" };
}

function segmentNames(store: SegmentStore): readonly string[] {
  return store
    .list()
    .filter((name) => SEGMENT.test(name))
    .sort((a, b) => numberOf(a) - numberOf(b));
}

function numberOf(name: string): number {
  return Number(SEGMENT.exec(name)?.[1] ?? 0);
}
