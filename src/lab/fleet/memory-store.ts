import { ForeignWriterError, type SegmentStore } from "../../outbox/segment-store.js";
import type { FileStore } from "../../platform/file-store.js";

/** The disk of a virtual device: it outlives the device's restarts, and is as durable as this process. */
interface MemoryDisk {
  readonly segments: SegmentStore;
  readonly files: FileStore;
}

/** A file that grows. */
interface Growing {
  bytes: Buffer;
  length: number;
}

/** An empty disk. */
export function memoryDisk(): MemoryDisk {
  return { segments: memorySegments(), files: memoryFiles() };
}

function memorySegments(): SegmentStore {
  const files = new Map<string, Growing>();
  return {
    list: () => [...files.keys()].sort(),
    read(name) {
      const file = files.get(name);
      return file === undefined ? null : Buffer.from(file.bytes.subarray(0, file.length));
    },
    readPart(name, from, bytes) {
      const file = files.get(name);
      if (file === undefined || from + bytes > file.length) return null;
      return Buffer.from(file.bytes.subarray(from, from + bytes));
    },
    append(name, at, bytes) {
      const file = files.get(name) ?? { bytes: Buffer.alloc(0), length: 0 };
      if (file.length !== at) {
        throw new ForeignWriterError(
          `"${name}" has ${file.length} bytes instead of ${at}: another program has changed it`,
        );
      }
      if (file.bytes.length < at + bytes.length) {
        const grown = Buffer.alloc(Math.max(2 * file.bytes.length, at + bytes.length));
        file.bytes.copy(grown, 0, 0, file.length);
        file.bytes = grown;
      }
      bytes.copy(file.bytes, at);
      file.length = at + bytes.length;
      files.set(name, file);
    },
    cut(name, bytes) {
      const file = files.get(name);
      if (file !== undefined) file.length = Math.min(file.length, bytes);
    },
    rename(name, to) {
      const file = files.get(name);
      files.delete(name);
      if (file !== undefined) files.set(to, file);
    },
    remove: (name) => void files.delete(name),
  };
}

function memoryFiles(): FileStore {
  const files = new Map<string, string>();
  return {
    list: () => [...files.keys()].sort(),
    read: (name) => files.get(name) ?? null,
    write: (name, text) => void files.set(name, text),
    remove: (name) => void files.delete(name),
  };
}
