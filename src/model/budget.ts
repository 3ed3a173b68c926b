/** What one reading of a model may take at most. */
export interface ReadingLimits {
  readonly folderEntries: number;
  readonly depth: number;
  readonly elfFiles: number;
  readonly fatbinEntries: number;
  readonly blobModules: number;
  /** Bytes read by searching and not by following offsets. */
  readonly scanBytes: number;
  readonly milliseconds: number;
}

/** Above what real packages have: cuBLASLt has 5,424 entries in its fat binaries, a model one library a stage. */
export const READING_LIMITS: ReadingLimits = {
  folderEntries: 2_000,
  depth: 4,
  elfFiles: 64,
  fatbinEntries: 20_000,
  blobModules: 1_000,
  scanBytes: 256 * 1024 * 1024,
  milliseconds: 2_000,
};

type Counted = Exclude<keyof ReadingLimits, "milliseconds" | "depth">;

/** What is left to one reading. */
export interface Budget {
  readonly limits: ReadingLimits;
  /** Counts what is about to be read; a text where that is too much or too late, and says why. Nothing may be read then. */
  spend(what: Counted, count?: number): string | null;
}

const NAMES: Readonly<Record<Counted, string>> = {
  folderEntries: "files and folders",
  elfFiles: "libraries",
  fatbinEntries: "entries of GPU code",
  blobModules: "modules",
  scanBytes: "bytes to search",
};

/** A budget that begins now; `now` in milliseconds that only grow. */
export function readingBudget(now: () => number, limits: ReadingLimits = READING_LIMITS): Budget {
  const left: Record<Counted, number> = { ...limits };
  const end = now() + limits.milliseconds;
  return {
    limits,
    spend(what, count = 1) {
      if (now() > end) return `reading took longer than ${limits.milliseconds / 1000} s`;
      if (left[what] < count) return `more than ${limits[what]} ${NAMES[what]}`;
      left[what] -= count;
      return null;
    },
  };
}
