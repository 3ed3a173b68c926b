import { describe, expect, it } from "vitest";
import { decide } from "../../../src/archive/import/decide.js";
import type { Origin, StoredJob } from "../../../src/archive/store/stored-job.js";

const stored = (origin: Origin | null, LastUpdatedTimestamp?: number): StoredJob => ({
  description: { JobName: "j", ...(LastUpdatedTimestamp !== undefined && { LastUpdatedTimestamp }) },
  note: origin && {
    schema: "packdrift.archived-job/1",
    origin,
    reconstructed: false,
    from: "f",
    guessed: [],
    digest: "stored",
  },
  changes: [],
});
const candidate = (origin: Origin, digest: string, updatedAt?: unknown) => ({ origin, digest, updatedAt });

describe("decide", () => {
  it.each([
    ["a job that is not stored yet", candidate("RECIPE", "new"), null, false, { action: "TAKE", why: null }],
    ["the same job", candidate("DESCRIBE", "stored"), stored("DESCRIBE"), false, { action: "LEAVE", why: null }],
    [
      "the same job, told to replace",
      candidate("DESCRIBE", "stored"),
      stored("DESCRIBE"),
      true,
      { action: "LEAVE", why: null },
    ],
    [
      "the same job without a note",
      candidate("DESCRIBE", "stored"),
      stored(null),
      false,
      { action: "TAKE", why: "the same job, now with a note of its digest" },
    ],
    [
      "a better source",
      candidate("DESCRIBE", "new"),
      stored("RECIPE"),
      false,
      { action: "TAKE", why: "replaces a job from a lesser source (RECIPE)" },
    ],
    [
      "a lesser source",
      candidate("CLOUDTRAIL", "new", 9),
      stored("DESCRIBE", 1),
      false,
      { action: "LEAVE", why: "the stored job is from a better source (DESCRIBE)" },
    ],
    [
      "a later answer",
      candidate("DESCRIBE", "new", 2),
      stored("DESCRIBE", 1),
      false,
      { action: "TAKE", why: "replaces an older description" },
    ],
    [
      "an earlier answer",
      candidate("DESCRIBE", "new", 1),
      stored("DESCRIBE", 2),
      false,
      { action: "LEAVE", why: "the stored description is newer" },
    ],
    [
      "an answer with a time of change, after a request without one",
      candidate("NEO", "new", 1),
      stored("NEO"),
      false,
      { action: "TAKE", why: "replaces an older description" },
    ],
    [
      "a request without a time of change, after an answer with one",
      candidate("NEO", "new"),
      stored("NEO", 1),
      false,
      { action: "LEAVE", why: "the stored description is newer" },
    ],
    [
      "another answer of the same time",
      candidate("DESCRIBE", "new", 1),
      stored("DESCRIBE", 1),
      false,
      { action: "REFUSE", why: "a different description of this job is stored already (--replace overwrites it)" },
    ],
    [
      "another answer, told to replace",
      candidate("RECIPE", "new"),
      stored("DESCRIBE", 1),
      true,
      { action: "TAKE", why: "replaces the stored job (--replace)" },
    ],
  ])("knows %s", (_, one, other, replace, decision) => {
    expect(decide(one, other, other && "stored", replace)).toEqual(decision);
  });
});
