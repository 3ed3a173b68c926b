import { fstatSync, writeSync } from "node:fs";

/** Standard output, written completely: after each call either the text is on its way, or `onFailure` was called. */
interface StandardOutput {
  readonly write: (text: string) => void;
  /** Resolves when everything written has left the process. */
  flush(): Promise<void>;
}

/**
 * Calls `onFailure` once, for the first write that fails, and drops all later ones. Files are written without Node's
 * stream, which does not notice when the system writes less than it was given, as on a disk that fills up.
 */
export function standardOutput(ownProcess: NodeJS.Process, onFailure: (error: unknown) => void): StandardOutput {
  let writer: ((text: string) => void) | null = null;
  let isStream = false;
  let hasFailed = false;
  const fail = (error: unknown): void => {
    if (hasFailed) return;
    hasFailed = true;
    onFailure(error);
  };
  const open = (): ((text: string) => void) => {
    const { stdout } = ownProcess;
    if (isFile(stdout)) return (text) => writeWhole(stdout.fd, text);
    isStream = true;
    stdout.on("error", fail);
    return (text) => void stdout.write(text);
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
      if (!isStream || hasFailed) return Promise.resolve();
      return new Promise((resolve) => {
        // A failed write is reported to its callback, and afterwards as an event.
        ownProcess.stdout.write("", () => setImmediate(resolve));
      });
    },
  };
}

/** Whether it is a file, or a device that is written to like one. */
function isFile({ fd, isTTY }: NodeJS.WriteStream & { fd?: number }): boolean {
  if (fd === undefined || isTTY) return false;
  const found = fstatSync(fd);
  return !(found.isFIFO() || found.isSocket());
}

function writeWhole(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}
