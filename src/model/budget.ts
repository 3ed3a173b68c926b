/** Limits of one reading of a model. */
export interface ReadingLimits {
  readonly folderEntries: number;
  readonly depth: number;
  readonly elfFiles: number;
  readonly fatbinEntries: number;
  readonly blobModules: number;
  /** Bytes read while searching, not by following offsets. */
  readonly scanBytes: number;
  readonly milliseconds: number;
}

/** Above what real packages have: cuBLASLt has 5,424 fat binary entries, a model has one library per stage. */
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

/** What is left of the limits. */
export interface Budget {
  readonly limits: ReadingLimits;
  /** Counts what is about to be read. Returns the reason if that exceeds a limit, and nothing may be read then; else null. */
  spend(what: Counted, count?: number): string | null;
}

const NAMES: Readonly<Record<Counted, string>> = {
  folderEntries: "files and folders",
  elfFiles: "libraries",
  fatbinEntries: "entries of GPU code",
  blobModules: "modules",
  scanBytes: "bytes to search",
};

/** A budget that starts now. `now` is a monotonic clock in milliseconds. */
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
