import { describe, expect, it } from "vitest";
import { lacks } from "../needed.js";
import { FLEET_FAULTS, fleetRun } from "./fleet-run.js";
import { seeded } from "./seeded.js";

// The whole run is `npm run chaos:fleet`; these are short ones, another seed each time.
describe.skipIf(lacks("mosquitto", "openssl", "PostgreSQL"))("the fleet", () => {
  const isRoot = process.getuid?.() === 0;
  const kinds = Object.keys(FLEET_FAULTS).filter((kind) => isRoot || kind !== "disk full");
  it.each(kinds)("stores or names every report, acknowledges nothing in vain and never goes back: %s", async (kind) => {
    const tally = await fleetRun(kind, { things: 10, reports: 300, faults: 5, random: seeded(Date.now()) });

    expect(tally).toMatchObject({ lost: 0, inVain: 0, backwards: 0, wrong: 0, strange: 0, untold: 0 });
    expect([tally.made >= 300, tally.faults >= 5, tally.stored + tally.named]).toEqual([true, true, tally.made]);
    if (kind === "disk full" || kind === "PostgreSQL killed") expect(tally.told).toBeGreaterThan(0);
    if (kind === "forged, oversized") expect(tally.refused).toBeGreaterThan(0);
  });
});
