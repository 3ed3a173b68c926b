import { describe, expect, it } from "vitest";
import { judgeJob } from "../../../src/fleet/state/judge-job.js";
import { someJob } from "../../drift/builders.js";

describe("judgeJob", () => {
  it("distinguishes devices of a class that is not judged from those without facts", () => {
    const stored = [
      { digest: "rare", things: 3, ends: ["a", "c"] },
      { digest: null, things: 2, ends: ["d", "e"] },
    ];

    expect(judgeJob(someJob(), stored, [], "2026-11-30T00:00:00.000Z")).toMatchObject({
      can: { things: 0 },
      unknown: { things: 3, groups: [{ digest: "rare" }] },
      withoutFacts: 2,
    });
  });
});
