import { type Mark, parseMark } from "./mark.js";

/** A record found in a segment, with the location of its line. */
export interface FoundRecord {
  readonly mark: Mark;
  readonly segment: number;
  readonly from: number;
  readonly bytes: number;
}

/** The records in a segment's bytes. */
interface ScannedRecords {
  readonly found: readonly FoundRecord[];
  /** How many complete lines are not valid records. */
  readonly damaged: number;
  /** The end of the last complete line: the rest is from a torn write. */
  readonly end: number;
}

/** The CRC-32 (ISO 3309, as in zip and PNG) of bytes, as an unsigned number. */
export type Checksum = (bytes: Buffer) => number;

const LINE_FEED = 0x0a;
const TAB = 0x09;

/** One line: CRC-32 in hexadecimal, a space, the mark, and for reports a tab and the report. JSON contains neither tab nor line feed. */
export function encodeRecord(checksum: Checksum, mark: Mark, body = ""): Buffer {
  const rest = Buffer.from(` ${JSON.stringify(mark)}${body === "" ? "" : `\t${body}`}\n`);
  const sum = checksum(rest.subarray(1, rest.length - 1))
    .toString(16)
    .padStart(8, "0");
  return Buffer.concat([Buffer.from(sum), rest]);
}

/** All records of a segment. Never throws: a line with a wrong checksum is counted and skipped. */
export function scanRecords(checksum: Checksum, bytes: Buffer, segment: number): ScannedRecords {
  const found: FoundRecord[] = [];
  let damaged = 0;
  let from = 0;
  for (let to = bytes.indexOf(LINE_FEED, from); to >= 0; to = bytes.indexOf(LINE_FEED, from)) {
    const mark = readMark(checksum, bytes, from, to);
    if (mark === null) damaged += 1;
    else found.push({ mark, segment, from, bytes: to + 1 - from });
    from = to + 1;
  }
  return { found, damaged, end: from };
}

/** The body of a line that was read back, or null when its checksum does not match. */
export function readBody(checksum: Checksum, line: Buffer): string | null {
  if (line[line.length - 1] !== LINE_FEED || readMark(checksum, line, 0, line.length - 1) === null) return null;
  const tab = line.indexOf(TAB);
  return tab < 0 ? null : line.toString("utf8", tab + 1, line.length - 1);
}

function readMark(checksum: Checksum, bytes: Buffer, from: number, to: number): Mark | null {
  if (to - from < 12 || bytes[from + 8] !== 0x20) return null;
  const sum = Number.parseInt(bytes.toString("latin1", from, from + 8), 16);
  if (sum !== checksum(bytes.subarray(from + 9, to))) return null;
  const tab = bytes.indexOf(TAB, from + 9);
  const text = bytes.toString("utf8", from + 9, tab < 0 || tab > to ? to : tab);
  try {
    return parseMark(JSON.parse(text));
  } catch {
    return null;
  }
}
