import * as fc from "fast-check";
import { afterAll, describe, it } from "vitest";
import { runs } from "../long-runs.js";
import { TARGETS } from "./targets.js";

/** `npm run fuzz` asks for a million; FUZZ_SEED repeats a run. */
const RUNS = Number(process.env.FUZZ_RUNS ?? runs(40_000));
const SEED = process.env.FUZZ_SEED;

const shares = TARGETS.reduce((sum, { share }) => sum + share, 0);
const figures: string[] = [];

describe("what comes from outside", () => {
  for (const { name, share, property } of TARGETS) {
    const numRuns = Math.ceil((RUNS * share) / shares);
    it(`breaks nothing: ${name}`, { timeout: 3_600_000 }, async () => {
      const from = performance.now();
      await fc.assert(property as fc.IAsyncProperty<[never]>, {
        numRuns,
        ...(SEED === undefined ? {} : { seed: Number(SEED) }),
      });
      figures.push(`${name}: ${numRuns} inputs in ${((performance.now() - from) / 1000).toFixed(1)} s`);
    });
  }

  afterAll(() => {
    if (process.env.FUZZ_RUNS !== undefined) console.log(figures.join("\n"));
  });
});
