import type { Instant } from "../base/clock.js";
import type { Log } from "../base/log.js";
import { type Examiner, type ExaminerProgram, startExaminer } from "../examiner/process.js";
import type { SegmentStore } from "../outbox/segment-store.js";
import type { FileStore } from "../platform/file-store.js";

/** What does not change while this process runs. */
export interface AgentContext {
  readonly thing: string;
  /** The folder that is read as "/". */
  readonly root: string;
  readonly work: string;
  /** The configuration file on a device without Greengrass. */
  readonly config: string | null;
  readonly greengrassRoot: string;
  /** How an examiner is started. */
  readonly examiner: ExaminerProgram;
  /** The file in the work folder that holds the examiner's compiled code. */
  readonly codeCache: string;
  readonly clock: () => Instant;
  readonly log: Log & { setLevel(level: string): void };
  /** The work folder's own files. */
  readonly store: FileStore;
  /** The outbox's files. One store for all sessions, because it keeps a file open. */
  readonly segments: SegmentStore;
}

/** Starts an examiner, which gets ready while the keeper is still connecting. With "no check" it fetches no job ahead. */
export function examinerFor(context: AgentContext, makes: "check" | "no check" = "check"): Examiner {
  const { examiner, store, codeCache } = context;
  const flags = makes === "no check" ? ["--no-check"] : [];
  return startExaminer({
    ...examiner,
    args: [...examiner.args, ...flags],
    // Damaged code would crash every examiner; the next one compiles and stores it again.
    onCrash: () => removeFiles(store, (name) => name === codeCache),
  });
}

/** Removes the compiled code of other versions of packdrift and Node from the work folder. Never throws. */
export function removeOldCode({ store, codeCache }: Pick<AgentContext, "store" | "codeCache">): void {
  removeFiles(store, (name) => /^code-.*\.cache(\.tmp)?$/.test(name) && !name.startsWith(codeCache));
}

function removeFiles(store: FileStore, isUnwanted: (name: string) => boolean): void {
  try {
    for (const name of store.list().filter(isUnwanted)) store.remove(name);
  } catch {
    // The outbox reports a work folder that cannot be written to.
  }
}
