import type { ReadJob } from "./read-job.js";

/** A job and when its file was last checked for changes, in milliseconds. */
export interface CachedJob extends ReadJob {
  readonly checkedAt: number;
}

/** The jobs checked most recently, up to a number of bytes. */
interface JobCache {
  get(key: string): CachedJob | undefined;
  /** Replaces the key's entry; drops the least recently checked jobs if there are too many bytes. */
  put(key: string, cached: CachedJob): void;
  drop(key: string): void;
}

/** An empty cache of at most `mostBytes` bytes of files. */
export function jobCache(mostBytes: number): JobCache {
  // Least recently checked first.
  const jobs = new Map<string, CachedJob>();
  let bytes = 0;

  const drop = (key: string): void => {
    bytes -= jobs.get(key)?.size ?? 0;
    jobs.delete(key);
  };
  return {
    get: (key) => jobs.get(key),
    put(key, cached) {
      drop(key);
      jobs.set(key, cached);
      bytes += cached.size;
      for (const [oldest] of jobs) {
        if (bytes <= mostBytes) break;
        drop(oldest);
      }
    },
    drop,
  };
}
