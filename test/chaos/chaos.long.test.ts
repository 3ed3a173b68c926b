import { describe, expect, it } from "vitest";
import { lacks } from "../needed.js";
import { componentRun } from "./component.js";
import { FAULTS, faultRun } from "./faults.js";
import { killedRun } from "./killed.js";
import { seeded } from "./seeded.js";

// The whole run is `npm run chaos`; these are short ones, another seed each time.
describe.skipIf(lacks("mosquitto", "openssl"))("faults", () => {
  it("lose nothing when the outbox is killed between any two system calls", async () => {
    const { made, delivered, named, kills, problems, ...rest } = await killedRun({
      kills: 20,
      reports: 200,
      random: seeded(Date.now()),
    });

    expect(rest).toMatchObject({ lost: 0, unexplained: 0, outOfOrder: 0 });
    expect(problems).toEqual([]);
    expect(made).toBeGreaterThanOrEqual(200);
    expect([delivered + named >= made, kills >= 20]).toEqual([true, true]);
  });

  it("lose nothing when the whole component is killed while it checks, writes and delivers", async () => {
    const { made, kills, ...rest } = await componentRun({ kills: 10, reports: 100, random: seeded(Date.now()) });

    expect(rest).toMatchObject({ lost: 0, unexplained: 0, outOfOrder: 0 });
    expect([made >= 100, kills >= 10, rest.delivered + rest.named >= made]).toEqual([true, true, true]);
  });

  const broker = Object.keys(FAULTS).filter((kind) => kind !== "disk full");
  it.each(broker)(
    "lose nothing between the component and a real broker: %s",
    async (kind) => {
      const tally = await faultRun(kind, 150, seeded(Date.now()));

      expect(tally.made).toBeGreaterThan(150);
      expect(tally).toMatchObject({ lost: 0, unexplained: 0, outOfOrder: 0 });
    },
    240_000,
  );

  it.skipIf(process.getuid?.() !== 0)(
    "lose nothing when the disk is full, on a small file system",
    async () => {
      const tally = await faultRun("disk full", 300, seeded(Date.now()));

      expect(tally.made).toBeGreaterThan(300);
      expect(tally).toMatchObject({ lost: 0, unexplained: 0, outOfOrder: 0 });
    },
    240_000,
  );
});
