import { describe, expect, it } from "vitest";
import { lacks } from "../needed.js";
import { receiversRun } from "./receivers-run.js";
import { seeded } from "./seeded.js";

// The whole run is `npm run chaos:fleet -- --receivers 4`; this is a short one, another seed each time.
describe.skipIf(lacks("mosquitto", "openssl", "PostgreSQL"))("several receivers on one store", () => {
  it("store everything and acknowledge nothing in vain, while two at a time are killed, and broker and database restarted", async () => {
    const run = { receivers: 4, things: 500, rate: 100, rounds: 2, faults: 8, random: seeded(Date.now()) };
    const tally = await receiversRun(run);

    expect(tally).toMatchObject({ lost: 0, inVain: 0, behind: 0, unsent: 0 });
    expect([tally.made >= 1_000, tally.stored]).toEqual([true, tally.made]);
    expect([tally.requests > 0, tally.killed > 0]).toEqual([true, true]);
  });
});
