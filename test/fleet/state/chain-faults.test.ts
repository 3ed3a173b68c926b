import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fleetQuestions } from "../../../src/fleet/state/fleet-questions.js";
import type { Reader } from "../../../src/fleet/store/database.js";
import { type FleetStore, openSqlite } from "../../../src/fleet/store/open-sqlite.js";
import { complete, heartbeat, messageOf, minute } from "../store/fleet-messages.js";

describe("the faults in the chain of a device's reports", () => {
  let store: FleetStore;
  let clock: number;
  /** How often whole reports were read. */
  let reads: number;
  beforeEach(async () => {
    store = await openSqlite(":memory:");
    [clock, reads] = [Date.parse(minute(60)), 0];
  });
  afterEach(() => store.close());

  function questions() {
    const reader: Reader = {
      all(sql, values) {
        if (/\bbody\s+FROM report\b/.test(sql)) reads += 1;
        return store.all(sql, values);
      },
    };
    return fleetQuestions(reader, { jobs: () => [], now: () => clock, heartbeatHours: 24, unpack: store.unpack });
  }

  it("are read again when the device reports or half a minute is over, not with each view", async () => {
    const { device } = questions();
    const faults = async () => (await device("box-1"))?.chainFaults.map(({ sequence }) => sequence);
    await store.ingest([messageOf(complete())]);
    expect([await faults(), reads]).toEqual([[], 0]);

    await store.ingest([messageOf(heartbeat({ sequence: 2, previous: "nonsense" }), minute(9))]);
    expect([await faults(), await faults(), reads]).toEqual([[2], [2], 1]);

    await store.ingest([messageOf(heartbeat({ sequence: 3, previous: "nonsense" }), minute(10))]);
    expect([await faults(), await faults(), reads]).toEqual([[3, 2], [3, 2], 2]);

    clock += 30_000;
    expect([await faults(), reads]).toEqual([[3, 2], 3]);
  });

  it("are those at the time that is asked about", async () => {
    const { device } = questions();
    await store.ingest([messageOf(complete())]);
    await store.ingest([messageOf(heartbeat({ sequence: 2, previous: "nonsense" }), minute(9))]);

    expect((await device("box-1"))?.chainFaults).toHaveLength(1);
    expect((await device("box-1", minute(8)))?.chainFaults).toEqual([]);
    expect((await device("box-1", minute(20)))?.chainFaults).toHaveLength(1);
  });
});
