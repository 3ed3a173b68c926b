import { describe, expect, it } from "vitest";
import { decide } from "../../../src/archive/import/decide.js";
import type { KeptJob, Origin } from "../../../src/archive/store/kept.js";

const kept = (origin: Origin | null, LastUpdatedTimestamp?: number): KeptJob => ({
  description: { JobName: "j", ...(LastUpdatedTimestamp !== undefined && { LastUpdatedTimestamp }) },
  note: origin && {
    schema: "packdrift.archived-job/1",
    origin,
    reconstructed: false,
    from: "f",
    guessed: [],
    digest: "kept",
  },
  changes: [],
});
const candidate = (origin: Origin, digest: string, updatedAt?: unknown) => ({ origin, digest, updatedAt });

describe("decide", () => {
  it.each([
    ["a job that is not kept yet", candidate("RECIPE", "new"), null, false, { action: "TAKE", why: null }],
    ["the same job", candidate("DESCRIBE", "kept"), kept("DESCRIBE"), false, { action: "LEAVE", why: null }],
    [
      "the same job, told to replace",
      candidate("DESCRIBE", "kept"),
      kept("DESCRIBE"),
      true,
      { action: "LEAVE", why: null },
    ],
    [
      "the same job without a note",
      candidate("DESCRIBE", "kept"),
      kept(null),
      false,
      { action: "TAKE", why: "the same, with a note of its digest" },
    ],
    [
      "a better source",
      candidate("DESCRIBE", "new"),
      kept("RECIPE"),
      false,
      { action: "TAKE", why: "replaces one from a lesser source (RECIPE)" },
    ],
    [
      "a lesser source",
      candidate("CLOUDTRAIL", "new", 9),
      kept("DESCRIBE", 1),
      false,
      { action: "LEAVE", why: "the kept one is from a better source (DESCRIBE)" },
    ],
    [
      "a later answer",
      candidate("DESCRIBE", "new", 2),
      kept("DESCRIBE", 1),
      false,
      { action: "TAKE", why: "replaces an older one" },
    ],
    [
      "an earlier answer",
      candidate("DESCRIBE", "new", 1),
      kept("DESCRIBE", 2),
      false,
      { action: "LEAVE", why: "the kept one is newer" },
    ],
    [
      "another answer of the same time",
      candidate("DESCRIBE", "new", 1),
      kept("DESCRIBE", 1),
      false,
      { action: "REFUSE", why: "another description of this job is kept already (--replace takes this one)" },
    ],
    [
      "another answer, told to replace",
      candidate("RECIPE", "new"),
      kept("DESCRIBE", 1),
      true,
      { action: "TAKE", why: "replaces the kept one (--replace)" },
    ],
  ])("knows %s", (_, one, other, replace, decision) => {
    expect(decide(one, other, other && "kept", replace)).toEqual(decision);
  });
});
