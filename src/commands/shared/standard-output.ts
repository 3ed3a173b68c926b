import { fstatSync, writeSync } from "node:fs";
import { isatty } from "node:tty";

/** Standard output, written whole: after each call the text is on its way, or `onFailure` was called. */
export interface StandardOutput {
  readonly write: (text: string) => void;
  /** Resolves when everything written has left the process. */
  flush(): Promise<void>;
}

/**
 * Calls `onFailure` once, for the first write that fails, and drops all later ones. Creates Node's stream only for a terminal, a
 * pipe or a socket: for a file it ignores that the system wrote less than it was given, as a disk does that fills up.
 */
export function standardOutput(ownProcess: NodeJS.Process, onFailure: (error: unknown) => void): StandardOutput {
  let writer: ((text: string) => void) | null = null;
  let hasFailed = false;
  const fail = (error: unknown): void => {
    if (hasFailed) return;
    hasFailed = true;
    onFailure(error);
  };
  const open = (): ((text: string) => void) => {
    if (isFile()) return writeWhole;
    ownProcess.stdout.on("error", fail);
    return (text) => void ownProcess.stdout.write(text);
  };
  return {
    write(text) {
      if (hasFailed) return;
      try {
        writer ??= open();
        writer(text);
      } catch (error) {
        fail(error);
      }
    },
    flush() {
      if (writer === null || writer === writeWhole || hasFailed) return Promise.resolve();
      return new Promise((resolve) => {
        // A failed write is reported to its callback, and afterwards as an event.
        ownProcess.stdout.write("", () => setImmediate(resolve));
      });
    },
  };
}

const STDOUT = 1;

/** Whether standard output is a file, or a device that is written like one. */
function isFile(): boolean {
  const found = fstatSync(STDOUT);
  return !(found.isFIFO() || found.isSocket() || isatty(STDOUT));
}

function writeWhole(text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(STDOUT, bytes, at);
}
