import { messageOf } from "../base/errors.js";
import type { FileStore } from "../platform/file-store.js";
import { LAST_GOOD } from "./work-folder.js";

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
      return store.read(LAST_GOOD) ?? "null";
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
        if (read() !== text) store.write(LAST_GOOD, text);
        reported = "";
      } catch (error) {
        const message = messageOf(error);
        if (message !== reported) onProblem(message);
        reported = message;
      }
    },
  };
}
