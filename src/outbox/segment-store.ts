import { ExpectedError } from "../base/errors.js";

/** The file can never be read: it is not a regular file, is too large, or is on a bad sector. */
export class UnreadableFileError extends ExpectedError {}

/** A file has changed since we wrote it: another process writes to the folder. */
export class ForeignWriterError extends ExpectedError {}

/** A folder of append-only files. Names are plain file names. Every call throws on failure. */
export interface SegmentStore {
  /** Names in alphabetical order; empty where the folder does not exist. */
  list(): readonly string[];
  /** The whole file, or null when it does not exist. Throws UnreadableFileError when no later attempt can read it either. */
  read(name: string, mostBytes: number): Buffer | null;
  /** Exactly `bytes` bytes from `from`, or null when the file or the bytes do not exist. */
  readPart(name: string, from: number, bytes: number): Buffer | null;
  /**
   * Appends to a file of `at` bytes (0 creates it), or throws ForeignWriterError when its size differs. With `durable` the whole file
   * is on the disk when this returns. A failed call may leave any part of the bytes.
   */
  append(name: string, at: number, bytes: Buffer, durable: boolean): void;
  /** Truncates a file to `bytes` bytes, durably. */
  cut(name: string, bytes: number): void;
  rename(name: string, to: string): void;
  remove(name: string): void;
}
