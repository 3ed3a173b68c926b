import * as fs from "node:fs";
import { join } from "node:path";
import type { Store } from "../outbox/journal.js";

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = fs.constants;
// A pipe or a device under our name must not block us, and a link must not lead us elsewhere.
const SAFELY = O_NOFOLLOW | O_NONBLOCK;

/** A folder of growing files, made with mode 0700 (files 0600) when first written to. Names are plain file names; anything else throws. */
export function segmentFolder(folder: string): Store {
  const pathOf = (name: string) => {
    if (!/^[\w-][\w.-]{0,199}$/.test(name)) throw new Error(`Not a plain file name: "${name}"`);
    return join(folder, name);
  };

  return {
    list: () => orWhenMissing([], () => fs.readdirSync(folder).sort()),
    read(name, mostBytes) {
      return orWhenMissing(null, () =>
        withFile(pathOf(name), O_RDONLY | SAFELY, (file) => {
          const found = fs.fstatSync(file);
          if (!found.isFile()) throw new Error("it is no regular file");
          if (found.size > mostBytes) throw new Error(`it has ${found.size} bytes, more than ${mostBytes}`);
          return fs.readFileSync(file);
        }),
      );
    },
    readPart(name, from, bytes) {
      return orWhenMissing(null, () =>
        withFile(pathOf(name), O_RDONLY | SAFELY, (file) => {
          const found = Buffer.alloc(bytes);
          return fs.readSync(file, found, 0, bytes, from) === bytes ? found : null;
        }),
      );
    },
    append(name, at, bytes, durable) {
      if (at === 0) fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
      withFile(pathOf(name), O_RDWR | SAFELY | (at === 0 ? O_CREAT | O_EXCL : 0), (file) => {
        const { size } = fs.fstatSync(file);
        if (size !== at)
          throw new Error(`"${name}" has ${size} bytes, must have ${at}: another program has changed it`);
        writeAll(file, at, bytes);
        if (durable) fs.fsyncSync(file);
      });
      // Without it a power cut could take the new file's name.
      if (at === 0) syncFolder(folder);
    },
    cut(name, bytes) {
      withFile(pathOf(name), O_RDWR | SAFELY, (file) => {
        fs.ftruncateSync(file, bytes);
        fs.fsyncSync(file);
      });
    },
    rename(name, to) {
      // What already bears the name, a folder too, gives way.
      fs.rmSync(pathOf(to), { force: true, recursive: true });
      fs.renameSync(pathOf(name), pathOf(to));
    },
    remove: (name) => fs.rmSync(pathOf(name), { force: true }),
  };
}

function withFile<T>(path: string, flags: number, use: (file: number) => T): T {
  const file = fs.openSync(path, flags, 0o600);
  try {
    return use(file);
  } finally {
    fs.closeSync(file);
  }
}

/** A write may take less than it was given. */
function writeAll(file: number, at: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) {
    done += fs.writeSync(file, bytes, done, bytes.length - done, at + done);
  }
}

function syncFolder(folder: string): void {
  withFile(folder, O_RDONLY, (handle) => fs.fsyncSync(handle));
}

function orWhenMissing<T>(otherwise: T, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return otherwise;
    throw error;
  }
}
