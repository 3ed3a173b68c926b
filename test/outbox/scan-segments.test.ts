import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { Mark } from "../../src/outbox/mark.js";
import { encodeRecord } from "../../src/outbox/record.js";
import { scanSegments, segmentName } from "../../src/outbox/scan-segments.js";
import { UnreadableFileError } from "../../src/outbox/segment-store.js";
import { memoryStore, readOnly } from "./builders.js";

const mark: Mark = { type: "A", epoch: "e", sequence: 1 };
const line = encodeRecord(crc32, mark);
const rubbish = Buffer.from("rubbish\nof several lines\n");

function scan(store: ReturnType<typeof memoryStore>) {
  const problems: string[] = [];
  return { ...scanSegments(store, crc32, (what) => problems.push(what)), problems };
}

describe("scanSegments", () => {
  it("finds nothing in an empty folder", () => {
    expect(scan(memoryStore({ "notes.txt": rubbish }))).toEqual({
      segments: [],
      records: [],
      lastNumber: 0,
      damagedUpTo: 0,
      unreadable: [],
      endIsKnown: true,
      canAppend: false,
      problems: [],
    });
  });

  it("reads segments in the order of their numbers, and appends to the newest", () => {
    const long = "segment-1000000000000.log";

    const found = scan(memoryStore({ [long]: line, [segmentName(2)]: Buffer.concat([line, line]) }));

    expect(found.segments).toEqual([
      { number: 2, bytes: 2 * line.length },
      { number: 1_000_000_000_000, bytes: line.length },
    ]);
    expect(found.records.map(({ segment, from }) => [segment, from])).toEqual([
      [2, 0],
      [2, line.length],
      [1_000_000_000_000, 0],
    ]);
    expect(found.canAppend).toBe(true);
  });

  it("cuts a torn record off the newest segment, and starts a new segment where that fails", () => {
    const torn = () => memoryStore({ [segmentName(1)]: Buffer.concat([line, Buffer.from("torn")]) });
    const [store, readOnlyStore] = [torn(), torn()];
    readOnlyStore.failing = (call) => (call === "cut" ? readOnly() : null);

    expect(scan(store)).toMatchObject({ segments: [{ number: 1, bytes: line.length }], canAppend: true });
    expect(store.files[segmentName(1)]).toEqual(line);
    expect(scan(readOnlyStore)).toMatchObject({ segments: [{ number: 1, bytes: line.length + 4 }], canAppend: false });
  });

  it("removes a segment that was torn within its first record", () => {
    const store = memoryStore({ [segmentName(1)]: Buffer.from("torn") });

    expect(scan(store)).toMatchObject({ segments: [], unreadable: [], endIsKnown: true, lastNumber: 1 });
    expect(store.files).toEqual({});
  });

  it("knows the end when a damaged segment is followed by a whole one, and appends to that", () => {
    const found = scan(memoryStore({ [segmentName(1)]: Buffer.concat([line, rubbish]), [segmentName(2)]: line }));

    expect(found).toMatchObject({ damagedUpTo: 1, endIsKnown: true, canAppend: true });
    expect(found.problems).toEqual(['Cannot read 2 of the 3 records of "segment-000000000001.log": damaged']);
  });

  it("does not know the end when the newest segment is damaged or unreadable", () => {
    expect(scan(memoryStore({ [segmentName(1)]: Buffer.concat([line, rubbish]) }))).toMatchObject({
      damagedUpTo: 1,
      endIsKnown: false,
      canAppend: false,
    });
    expect(scan(memoryStore({ [segmentName(1)]: line, [segmentName(2)]: rubbish }))).toMatchObject({
      unreadable: [segmentName(2)],
      endIsKnown: false,
      lastNumber: 2,
    });
  });

  it("sets aside a file that can never be read, and throws when it only cannot be read now", () => {
    const store = memoryStore({ [segmentName(1)]: line });
    store.failing = (call) => (call === "read" ? new UnreadableFileError("it is not a regular file") : null);
    expect(scan(store).problems).toEqual([
      'Cannot read "segment-000000000001.log": it is not a regular file; it is set aside as "damaged.log"',
    ]);

    store.failing = (call) => (call === "read" ? new Error("EMFILE: too many open files") : null);
    expect(() => scan(store)).toThrow("EMFILE");
  });
});
