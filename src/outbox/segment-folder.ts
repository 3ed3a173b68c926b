import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { codeOf, ExpectedError, messageOf } from "../base/errors.js";
import { freeNameSync, syncFolderSync } from "../platform/durable-files.js";
import {
  folderProblem,
  isOwnOrInherited,
  readRegularFile,
  UnsafeFileError,
  withRegularFile,
} from "../platform/safe-files.js";
import { ForeignWriterError, type SegmentStore, UnreadableFileError } from "./segment-store.js";

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = fs.constants;
// A pipe or a device under our name must not block us, and a link must not lead elsewhere.
const SAFELY = O_NOFOLLOW | O_NONBLOCK;

/**
 * A folder of append-only files, created with mode 0700 (files 0600) by the first write. Names are plain file names; others throw.
 */
export function segmentFolder(folder: string): SegmentStore {
  const pathOf = (name: string) => {
    if (!/^[\w-][\w.-]{0,199}$/.test(name)) throw new Error(`Not a plain file name: "${name}"`);
    return join(folder, name);
  };
  const last = lastFile(pathOf);

  return {
    list() {
      checkFolder(folder);
      // Before anything is read: no other user can then change what is checked. A read-only disk is still read.
      orIgnored(() => restrict(folder));
      return orWhenMissing([], () => fs.readdirSync(folder).sort());
    },
    read(name, mostBytes) {
      try {
        return readSegment(folder, pathOf(name), mostBytes);
      } catch (error) {
        const isForGood = error instanceof UnsafeFileError || codeOf(error) === "EIO";
        if (isForGood) throw new UnreadableFileError(messageOf(error), { cause: error });
        throw error;
      }
    },
    readPart(name, from, bytes) {
      return orWhenMissing(null, () =>
        withRegularFile(pathOf(name), O_RDONLY, (file) => {
          const found = Buffer.alloc(bytes);
          return fs.readSync(file, found, 0, bytes, from) === bytes ? found : null;
        }),
      );
    },
    append(name, at, bytes, durable) {
      if (at === 0) makePrivate(folder);
      try {
        const file = last.open(name, at);
        checkUnchanged(file, name, at);
        writeAll(file, at, bytes);
        if (durable) fs.fsyncSync(file);
      } catch (error) {
        last.close();
        throw error;
      }
      // Without it a power cut could lose the new file's name.
      if (at === 0) syncFolderSync(folder);
    },
    cut(name, bytes) {
      last.close(name);
      withRegularFile(pathOf(name), O_RDWR, (file) => {
        fs.ftruncateSync(file, bytes);
        fs.fsyncSync(file);
      });
    },
    rename(name, to) {
      last.close(name);
      // Replaces anything that already has the name, even a folder.
      freeNameSync(pathOf(to));
      fs.renameSync(pathOf(name), pathOf(to));
    },
    remove(name) {
      last.close(name);
      fs.rmSync(pathOf(name), { force: true });
    },
  };
}

/** Keeps the last appended file open: opening it for each record would double the cost of a record. */
function lastFile(pathOf: (name: string) => string) {
  let current: { readonly name: string; readonly file: number } | null = null;

  function close(name?: string): void {
    if (current === null || (name !== undefined && current.name !== name)) return;
    const { file } = current;
    current = null;
    fs.closeSync(file);
  }

  return {
    /** Closes the file, where it is this one if a name is given. */
    close,
    /** Opens the file for a write at `at`; creates it when that is 0. */
    open(name: string, at: number): number {
      if (current?.name === name && at > 0) return current.file;
      close();
      const flags = O_RDWR | SAFELY | (at === 0 ? O_CREAT | O_EXCL : 0);
      try {
        const file = fs.openSync(pathOf(name), flags, 0o600);
        current = { name, file };
        return file;
      } catch (error) {
        if (codeOf(error) !== "EEXIST") throw error;
        throw new ForeignWriterError(`"${name}" exists already: another program has created it`, { cause: error });
      }
    },
  };
}

function checkUnchanged(file: number, name: string, at: number): void {
  const { size, nlink } = fs.fstatSync(file);
  if (nlink === 0) throw new ForeignWriterError(`"${name}" is gone: another program has removed it`);
  if (size !== at) {
    throw new ForeignWriterError(`"${name}" has ${size} bytes instead of ${at}: another program has changed it`);
  }
}

/** Creates the folder, or removes others' access to an existing one. */
function makePrivate(folder: string): void {
  checkFolder(folder);
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  restrict(folder);
}

/** By descriptor: a link may have replaced the folder since it was checked, and must not have its target's mode changed. */
function restrict(folder: string): void {
  const opened = fs.openSync(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    const { mode, uid } = fs.fstatSync(opened);
    if ((mode & 0o077) !== 0 && isOwnOrInherited(dirname(folder), uid)) fs.fchmodSync(opened, 0o700);
  } finally {
    fs.closeSync(opened);
  }
}

function orIgnored(action: () => void): void {
  try {
    action();
  } catch {
    // What follows fails too, or does not need it.
  }
}

/** Reads a segment, unless an untrusted user has put it there: reports are sent as they are found. */
function readSegment(folder: string, path: string, mostBytes: number): Buffer | null {
  return readRegularFile(path, mostBytes, ({ uid }) => {
    if (!isOwnOrInherited(dirname(folder), uid))
      throw new UnsafeFileError(`"${path}"`, `belongs to user ${uid}, whose reports are not sent`);
  });
}

/** Throws if the path is a link, or if the folder is another user's. Access to one of ours can be restricted instead. */
function checkFolder(folder: string): void {
  const found = fs.lstatSync(folder, { throwIfNoEntry: false });
  if (found?.isDirectory() && isOwnOrInherited(dirname(folder), found.uid)) return;
  const problem = folderProblem(folder);
  if (problem !== null) throw new ExpectedError(`Cannot use a folder: ${problem}`);
}

/** A write may write less than it was given. */
function writeAll(file: number, at: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) {
    done += fs.writeSync(file, bytes, done, bytes.length - done, at + done);
  }
}

function orWhenMissing<T>(otherwise: T, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (codeOf(error) === "ENOENT") return otherwise;
    throw error;
  }
}
