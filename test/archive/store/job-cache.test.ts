import { describe, expect, it } from "vitest";
import { type CachedJob, jobCache } from "../../../src/archive/store/job-cache.js";

const cached = (size: number, checkedAt = 0): CachedJob => ({
  job: { description: {}, note: null, changes: [] },
  changedMs: 0,
  size,
  inode: 0,
  checkedAt,
});

describe("jobCache", () => {
  it("drops the jobs that were not checked for longest when they have too many bytes", () => {
    const cache = jobCache(10);
    cache.put("a", cached(4));
    cache.put("b", cached(4));
    cache.put("a", cached(4, 1));
    cache.put("c", cached(4));

    expect(["a", "b", "c"].map((key) => cache.get(key)?.checkedAt)).toEqual([1, undefined, 0]);
  });

  it("does not keep a job that is too large by itself", () => {
    const cache = jobCache(10);
    cache.put("a", cached(11));

    expect(cache.get("a")).toBeUndefined();
  });

  it("has room again after jobs were dropped", () => {
    const cache = jobCache(10);
    cache.put("a", cached(10));
    cache.drop("a");
    cache.drop("a");
    cache.put("b", cached(10));

    expect([cache.get("a"), cache.get("b")]).toEqual([undefined, cached(10)]);
  });
});
