import * as fs from "node:fs";
import { promisify } from "node:util";

// The calls of node:fs as promises. Loading node:fs/promises costs every start of a process 2 to 4 ms of CPU.
export const close = promisify(fs.close);
export const fstat = promisify(fs.fstat);
export const fsync = promisify(fs.fsync);
export const mkdir = promisify(fs.mkdir);
export const open = promisify(fs.open);
/** Resolves to `bytesRead` and the buffer. */
export const read = promisify(fs.read);
export const readdir = promisify(fs.readdir);
export const rename = promisify(fs.rename);
export const stat = promisify(fs.stat);
export const unlink = promisify(fs.unlink);
export const writeFile = promisify(fs.writeFile);
