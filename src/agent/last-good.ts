import { messageOf } from "../base/errors.js";
import { WORK_FILES } from "../base/work-files.js";
import type { FileStore } from "../platform/file-store.js";

/** The last good configuration, as Greengrass returned it. */
export interface LastGood {
  /** Null when there was never one. */
  load(): unknown;
  save(raw: unknown): void;
}

/**
 * The last good configuration: this session's, otherwise the one in the work folder. When the folder cannot be written to, only
 * the next start is affected; that is reported once. Never throws.
 */
export function lastGoodIn(store: Pick<FileStore, "read" | "write">, onProblem: (message: string) => void): LastGood {
  let own: unknown = null;
  let reported = "";
  const read = () => {
    try {
      return store.read(WORK_FILES.lastGood) ?? "null";
    } catch {
      return "null";
    }
  };
  return {
    load() {
      if (own !== null) return own;
      try {
        return JSON.parse(read());
      } catch {
        return null;
      }
    },
    save(raw) {
      own = raw;
      const text = JSON.stringify(raw);
      try {
        if (read() !== text) store.write(WORK_FILES.lastGood, text);
        reported = "";
      } catch (error) {
        const message = messageOf(error);
        if (message !== reported) onProblem(message);
        reported = message;
      }
    },
  };
}
