import { join } from "node:path";
import { messageOf } from "../base/errors.js";
import { CODE_CACHE } from "../bundle/packed-code.js";
import { type Examiner, startExaminer } from "../examiner/process.js";
import type { SegmentStore } from "../outbox/segment-store.js";
import type { FileStore } from "../platform/file-store.js";
import type { pinoLog } from "../platform/pino-log.js";
import type { LastGood } from "./checks.js";
import { LAST_GOOD } from "./work-folder.js";

/** Where this process stands. */
export interface AgentContext {
  readonly thing: string;
  /** The folder read as if it were "/". */
  readonly root: string;
  readonly work: string;
  /** The configuration's file on a device without Greengrass. */
  readonly config: string | null;
  readonly bundle: string;
  readonly greengrassRoot: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: ReturnType<typeof pinoLog>;
  /** The work folder's own files. */
  readonly store: FileStore;
  /** Where the outbox is kept: one for all lives, since it keeps a file open. */
  readonly segments: SegmentStore;
}

/** Starts an examiner, which gets ready while the keeper still connects; one that makes no check asks for no job. */
export function startOne(place: AgentContext, makes: "check" | "no check" = "check"): Examiner {
  const { root, work, greengrassRoot, bundle, env } = place;
  const places = ["--root", root, "--work", work, "--greengrass-root", greengrassRoot];
  const flags = makes === "no check" ? ["--no-check"] : [];
  return startExaminer({
    command: process.execPath,
    args: [bundle, "examine", ...places, ...flags],
    env: { ...env, [CODE_CACHE]: join(work, codeCache()) },
  });
}

/** Removes what other versions of packdrift and Node have left in the work folder. Never throws. */
export function tidyUp({ store }: AgentContext): void {
  try {
    const isOld = (name: string) => /^code-.*\.cache(\.tmp)?$/.test(name) && !name.startsWith(codeCache());
    for (const name of store.list().filter(isOld)) store.remove(name);
  } catch {
    // A work folder that cannot be written to is told of by the outbox.
  }
}

function codeCache(): string {
  return `code-${PACKDRIFT_VERSION}-${process.version}.cache`;
}

/**
 * The last good configuration: this life's own, else the one that the work folder keeps. A folder that cannot be written to
 * costs the next start alone, and is told once. Never throws.
 */
export function lastGoodIn(store: FileStore, onProblem: (message: string) => void): LastGood {
  let own: unknown = null;
  let told = "";
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
        told = "";
      } catch (error) {
        const message = messageOf(error);
        if (message !== told) onProblem(message);
        told = message;
      }
    },
  };
}
