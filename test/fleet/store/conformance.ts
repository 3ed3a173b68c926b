import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FleetStore } from "../../../src/fleet/store/open-sqlite.js";
import type { StoreOptions } from "../../../src/fleet/store/store-options.js";
import { complete, drifted, heartbeat, messageOf, minute } from "./fleet-messages.js";

/** An engine under test: `open` gives a store with nothing in it, `again` the same one opened anew. */
export interface EngineUnderTest {
  open(options?: StoreOptions): Promise<FleetStore>;
  again(store: FleetStore, options?: StoreOptions): Promise<FleetStore>;
}

/** What every engine must do, run on each. */
export function storeConformance(
  name: string,
  start: () => Promise<EngineUnderTest & { stop(): Promise<void> }>,
): void {
  describe(`${name} as the fleet's store`, () => {
    let engine: EngineUnderTest & { stop(): Promise<void> };
    beforeAll(async () => {
      engine = await start();
    });
    afterAll(async () => engine?.stop());

    it("acknowledges what is stored without a gap", async () => {
      const store = await engine.open();
      const ingested = await store.ingest([1, 2, 3].map((sequence) => messageOf(complete({ sequence }))));

      expect(ingested).toEqual({
        acknowledge: [{ thing: "box-1", epoch: "e1", sequence: 3 }],
        askFacts: ["box-1"],
        counts: { reports: 3, heartbeats: 0, parts: 0, duplicates: 0, conflicts: 0, refused: 0 },
      });
      await store.close();
    });

    it("keeps state, findings and totals over a restart", async () => {
      const first = await engine.open();
      await first.ingest([
        messageOf(drifted()),
        messageOf(heartbeat({ sequence: 2, drift: "DRIFTED", runnable: "WILL_NOT_RUN" })),
      ]);
      const store = await engine.again(first);

      expect(await store.all("SELECT thing, drift, runnable, since, jobs FROM thing")).toEqual([
        { thing: "box-1", drift: "DRIFTED", runnable: "WILL_NOT_RUN", since: minute(1), jobs: 1 },
      ]);
      expect(await store.all("SELECT rule, since, until FROM finding")).toEqual([
        { rule: "compiler.trt-ver", since: minute(1), until: null },
      ]);
      expect(await store.all("SELECT name, sum(value) AS value FROM total GROUP BY name ORDER BY name")).toEqual([
        { name: "heartbeats", value: 1 },
        { name: "reports", value: 1 },
      ]);
      const [report] = await store.all("SELECT dictionary, body FROM report WHERE sequence = 1");
      expect(JSON.parse(store.unpack(report as never))).toEqual(drifted());
      await store.close();
    });
  });
}
