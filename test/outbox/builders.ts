import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { type Outbox, type OutboxParts, openOutbox } from "../../src/outbox/outbox.js";
import { ForeignWriterError, type SegmentStore } from "../../src/outbox/segment-store.js";
import type { Report } from "../../src/report/report.js";

/** A store in memory that can be made to fail. `files` may be looked at and spoilt. */
export function memoryStore(files: Record<string, Buffer> = {}) {
  const store = {
    files,
    /** Which call fails, with what; `null`: no call. */
    failing: null as null | ((call: string) => Error | null),
    calls: [] as string[],
    check(call: string) {
      store.calls.push(call);
      const error = store.failing?.(call) ?? null;
      if (error !== null) throw error;
    },
    list() {
      store.check("list");
      return Object.keys(files).sort();
    },
    read(name: string) {
      store.check("read");
      return files[name] ?? null;
    },
    readPart(name: string, from: number, bytes: number) {
      store.check("readPart");
      const found = files[name]?.subarray(from, from + bytes);
      return found?.length === bytes ? found : null;
    },
    append(name: string, at: number, bytes: Buffer, durable: boolean) {
      store.check(durable ? "append durable" : "append");
      const before = files[name] ?? Buffer.alloc(0);
      if (before.length !== at || (at === 0 && name in files)) {
        throw new ForeignWriterError(`"${name}" is not as it was left`);
      }
      files[name] = Buffer.concat([before, bytes]);
    },
    cut(name: string, bytes: number) {
      store.check("cut");
      files[name] = (files[name] ?? Buffer.alloc(0)).subarray(0, bytes);
    },
    rename(name: string, to: string) {
      store.check("rename");
      const found = files[name];
      if (found !== undefined) files[to] = found;
      delete files[name];
    },
    remove(name: string) {
      store.check("remove");
      delete files[name];
    },
  };
  return store satisfies SegmentStore & Record<string, unknown>;
}

export const readOnly = () => new Error("EROFS: read-only file system");
export const sha256 = (text: string) => createHash("sha256").update(text).digest("base64url");

let epochs = 0;

/** An outbox over a store, with a clock that stands still unless moved. */
export function someOutbox(store: SegmentStore = memoryStore(), over: Partial<OutboxParts> = {}): Outbox {
  return openOutbox({
    store,
    maxBytes: () => 1_000_000,
    newEpoch: () => `e${++epochs}`,
    now: () => ({ wallMs: 1_795_000_000_000, boot: "b1", bootMs: 60_000 }),
    digest: sha256,
    checksum: crc32,
    sign: () => null,
    onProblem: () => {},
    ...over,
  });
}

/** The oldest report that the transport has not taken and that can be read, or null. */
export function firstOf(outbox: Outbox): Report | null {
  for (const { id } of outbox.unsent()) {
    const report = outbox.read(id);
    if (report !== null) return report;
  }
  return null;
}
