import { expect, it } from "vitest";
import { openPostgres } from "../../../src/fleet/store/open-postgres.js";
import type { FleetStore } from "../../../src/fleet/store/open-sqlite.js";
import type { PostgresEngine } from "../../postgres-engines.js";
import { storeConformance } from "./conformance.js";
import { complete, messageOf } from "./fleet-messages.js";
import { sharedPostgres, startPostgres } from "./postgres-server.js";

/** Each receiver has a share of the reports of 12 things, and all of them the last one of each. */
async function race(stores: readonly FleetStore[]): Promise<void> {
  const things = Array.from({ length: 12 }, (_, at) => `box-${at}`);
  const share = (of: number) =>
    [1, 2, 3, 4, 5, 6, 7]
      .filter((sequence) => sequence === 7 || sequence % 3 === of)
      .map((sequence) => things.map((thing) => messageOf(complete({ thing, sequence }))));
  const orders = stores.map((_, of) => (of === 1 ? share(of).map((batch) => [...batch].reverse()) : share(of)));
  await Promise.all(stores.flatMap((store, of) => (orders[of] ?? []).map((batch) => store.ingest(batch))));
}

/** An option of the address: the server undoes what is in the way of another, with 40001. */
export const SERIALIZABLE = "%20-cdefault_transaction_isolation%3Dserializable";

/** What each store must do, on a server of this version; `option` is added to the addresses. */
export function conformanceOn(engine: PostgresEngine, option = ""): void {
  storeConformance(engine.name, async () => {
    const server = await sharedPostgres(engine);
    let url = "";
    return {
      async open(options) {
        url = `${await server.database()}${option}`;
        return openPostgres(url, options);
      },
      async again(store, options) {
        await store.close();
        return openPostgres(url, options);
      },
      stop: async () => undefined,
    };
  });
}

/** What several receivers and a server that fails ask of a store, on a server of this version. */
export function serverSuite(engine: PostgresEngine): void {
  it.each([
    ["read committed", ""],
    ["serializable, where it undoes what is in the way of another", SERIALIZABLE],
  ])("keeps every epoch whole while several receivers race on the same things: %s", async (_, option) => {
    const server = await sharedPostgres(engine);
    const url = `${await server.database()}${option}`;
    const stores = await Promise.all([openPostgres(url), openPostgres(url), openPostgres(url)]);
    await race(stores);
    const [store] = stores;

    expect(await store?.all("SELECT DISTINCT first, contiguous, missing FROM epoch")).toEqual([
      { first: 1, contiguous: 7, missing: 0 },
    ]);
    expect(await store?.all("SELECT count(*) AS count, min(sequence) AS sequence FROM state")).toEqual([
      { count: 12, sequence: 7 },
    ]);
    expect(await store?.all("SELECT name, sum(value) AS value FROM total GROUP BY name ORDER BY name")).toEqual([
      { name: "duplicates", value: 24 },
      { name: "reports", value: 84 },
    ]);
    await Promise.all(stores.map((each) => each.close()));
  });

  it("has commits on disk when they return, whatever the server's default, and keeps the options of the address", async () => {
    const server = await startPostgres(["fsync=off", "synchronous_commit=off"], engine);
    const store = await openPostgres(await server.database());

    expect(await store.all("SHOW synchronous_commit")).toEqual([{ synchronous_commit: "on" }]);
    expect(await store.all("SELECT current_schema() LIKE 'test_%' AS own")).toEqual([{ own: true }]);
    await store.close();
    await server.stop();
  });

  it("has everything that was acknowledged when the server was killed, and continues from there", async () => {
    const server = await startPostgres([], engine);
    const store = await openPostgres(await server.database());
    await store.ingest([messageOf(complete())]);
    await server.kill();
    await expect(store.ingest([messageOf(complete({ sequence: 2 }))])).rejects.toThrow();
    await server.start();

    expect((await store.ingest([messageOf(complete({ sequence: 2 }))])).acknowledge).toEqual([
      { thing: "box-1", epoch: "e1", sequence: 2 },
    ]);
    expect(await store.all("SELECT count(*) AS count FROM report")).toEqual([{ count: 2 }]);
    await store.close();
    await server.stop();
  });

  it("leaves no connection behind when its reading thread does not start", async () => {
    const server = await startPostgres(["fsync=off"], engine);
    const store = await openPostgres(await server.database());
    const others = `SELECT count(*) AS count FROM pg_stat_activity
      WHERE datname IS NOT NULL AND datname <> current_database()`;
    expect(await store.all(others)).toEqual([{ count: 0 }]);
    const worker = new URL("no-such-file.mjs", import.meta.url);

    await expect(openPostgres(await server.database(), { worker })).rejects.toThrow("Cannot set up the store");

    expect(await store.all(others)).toEqual([{ count: 0 }]);
    await store.close();
    await server.stop();
  });
}
