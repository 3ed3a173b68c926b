import { describe, expect, it } from "vitest";
import { reopenedStore } from "../../../src/fleet/lambda/reopened-store.js";
import { StoreError } from "../../../src/fleet/store/migrate.js";
import type { FleetStore } from "../../../src/fleet/store/open-sqlite.js";

const refusal = () => new StoreError("refused", { cause: Object.assign(new Error("password"), { code: "28P01" }) });

/** A store of which each opening is numbered, and fails as told. */
function scene(opening: (number: number) => Error | null = () => null) {
  const events: string[] = [];
  let opened = 0;
  let left = 1_000;
  const store = reopenedStore({
    leftMs: () => left,
    address: async (again) => {
      events.push(again ? "address again" : "address");
      return "postgres://db";
    },
    async open() {
      opened += 1;
      const number = opened;
      const error = opening(number);
      events.push(`open ${number}`);
      if (error !== null) throw error;
      const close = async () => void events.push(`close ${number}`);
      return { close, all: async () => [{ number }] } as unknown as FleetStore;
    },
  });
  const numberOf = () => store.use(async (each) => Number((await each.all(""))[0]?.number));
  return {
    store,
    events,
    numberOf,
    timeLeft: (ms: number) => {
      left = ms;
    },
  };
}

describe("reopenedStore", () => {
  it("opens once and stays open", async () => {
    const { events, numberOf } = scene();

    expect([await numberOf(), await numberOf(), events]).toEqual([1, 1, ["address", "open 1"]]);
  });

  it("repeats the work once with a new connection when the known one is gone", async () => {
    const { store, events, numberOf } = scene();
    await numberOf();
    let calls = 0;
    const result = await store.use(async () => {
      calls += 1;
      if (calls === 1) throw new StoreError("the connection was reset");
      return calls;
    });

    expect([result, events]).toEqual([2, ["address", "open 1", "close 1", "address", "open 2"]]);
  });

  it("reads the address again when its password is refused", async () => {
    const { events, numberOf } = scene((number) => (number === 1 ? refusal() : null));

    expect([await numberOf(), events]).toEqual([2, ["address", "open 1", "address again", "open 2"]]);
  });

  it("gives up when the new password is refused too", async () => {
    const { events, numberOf } = scene(refusal);

    await expect(numberOf()).rejects.toThrow("refused");
    expect(events).toEqual(["address", "open 1", "address again", "open 2"]);
  });

  it("does not retry with a connection that was just opened and failed", async () => {
    const { events, numberOf } = scene(() => new StoreError("nothing listens there"));

    await expect(numberOf()).rejects.toThrow("nothing listens there");
    expect(events).toEqual(["address", "open 1"]);
  });

  it("passes on an error of the work unchanged", async () => {
    const { store, events, numberOf } = scene();
    await numberOf();

    await expect(store.use(() => Promise.reject(new TypeError("x")))).rejects.toThrow("x");
    expect([await numberOf(), events]).toEqual([1, ["address", "open 1"]]);
  });

  it("stops waiting when the time is over, and opens a new connection the next time", async () => {
    const { store, events, numberOf, timeLeft } = scene();
    await numberOf();
    timeLeft(5);
    const hung = store.use(() => {
      timeLeft(0);
      return new Promise(() => {});
    });

    await expect(hung).rejects.toThrow("No time is left for the database");
    timeLeft(1_000);
    expect([await numberOf(), events.slice(2)]).toEqual([2, ["close 1", "address", "open 2"]]);
  });

  it("closes a store that opens too late, and does no work with it", async () => {
    const closed: string[] = [];
    const works: string[] = [];
    let openFirst = () => {};
    let openings = 0;
    const storeOf = (name: string) =>
      ({ close: async () => void closed.push(name), all: async () => [] }) as unknown as FleetStore;
    const store = reopenedStore({
      leftMs: () => 5,
      address: async () => "postgres://db",
      open(): Promise<FleetStore> {
        openings += 1;
        if (openings > 1) return Promise.resolve(storeOf("second"));
        return new Promise((resolve) => (openFirst = () => resolve(storeOf("first"))));
      },
    });
    await expect(store.use(async () => works.push("of the first call"))).rejects.toThrow("No answer from the database");
    openFirst();
    await store.use(async () => works.push("of the second call"));

    expect([openings, works, closed]).toEqual([2, ["of the second call"], ["first"]]);
  });
});
