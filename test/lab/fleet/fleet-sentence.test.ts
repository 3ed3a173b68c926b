import { describe, expect, it } from "vitest";
import type { Summary } from "../../../src/fleet/state/views.js";
import { sentenceWith } from "../../../src/lab/fleet/fleet-sentence.js";

const NOW_MS = Date.parse("2026-01-01T00:00:00.000Z");
const REPORTS = [1, 2].map((sequence) => ({ thing: "packdrift-lab", epoch: "e", sequence }));

describe("the fleet's state in a sentence", () => {
  it("is counted once every report is stored", async () => {
    const stored = new Set([1]);
    let looks = 0;
    const page = {
      async holds({ sequence }: { sequence: number }) {
        if (++looks === 4) stored.add(2);
        return stored.has(sequence);
      },
      summary: async () => summary({ at: NOW_MS, wontRun: stored.has(2) ? 9 : 8 }),
    };

    expect(await sentenceWith(page, REPORTS, () => NOW_MS)).toBe(
      "22 devices, 9 will not run, 9 of them for 3 causes, 1 late",
    );
  });

  it("is not taken from a summary that was counted before", async () => {
    const ages = [500, 400, 0];
    const page = {
      holds: async () => true,
      summary: async () => summary({ at: NOW_MS - (ages.shift() ?? 0), wontRun: ages.length === 0 ? 9 : 8 }),
    };

    expect(await sentenceWith(page, REPORTS, () => NOW_MS)).toContain("9 will not run");
  });
});

function summary({ at, wontRun }: { at: number; wontRun: number }): Summary {
  return {
    at: new Date(at).toISOString(),
    things: 22,
    wontRun: { things: wontRun, causes: 3, covered: wontRun },
    states: { fresh: 21, late: 1, silent: 0, never: 0 },
  } as Summary;
}
