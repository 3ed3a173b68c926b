import { describe, expect, it } from "vitest";
import { killedRun } from "./killed.js";
import { seeded } from "./seeded.js";

describe("faults", () => {
  it("loses nothing when it is killed between any two system calls", async () => {
    const { made, delivered, named, kills, problems, ...rest } = await killedRun({
      kills: 30,
      reports: 300,
      random: seeded(Date.now()),
    });

    expect(rest).toMatchObject({ lost: 0, unexplained: 0, outOfOrder: 0 });
    expect(problems).toEqual([]);
    expect(made).toBeGreaterThanOrEqual(300);
    expect([delivered + named >= made, kills >= 30]).toEqual([true, true]);
  }, 60_000);
});
