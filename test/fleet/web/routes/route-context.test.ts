import { describe, expect, it } from "vitest";
import { BusyError, concurrencyLimit } from "../../../../src/fleet/web/routes/route-context.js";

/** Work that ends when it is told to. */
function held() {
  let end: (error?: Error) => void = () => {};
  const done = new Promise<string>((resolve, reject) => {
    end = (error) => (error === undefined ? resolve("done") : reject(error));
  });
  return { work: () => done, end };
}

describe("atMost", () => {
  it("refuses new work while no slot is free, and admits it afterwards", async () => {
    const costly = concurrencyLimit(1);
    const first = held();
    const running = costly(first.work);

    await expect(costly(async () => "second")).rejects.toThrow(BusyError);
    first.end();
    expect(await running).toBe("done");
    expect(await costly(async () => "third")).toBe("third");
  });

  it("runs waiting work in order, and never more than the limit at once", async () => {
    const costly = concurrencyLimit(2);
    const all = Array.from({ length: 5 }, held);
    const begun: number[] = [];
    const running = all.map(({ work }, at) =>
      costly(() => {
        begun.push(at);
        return work();
      }, true),
    );

    await Promise.resolve();
    expect(begun).toEqual([0, 1]);
    all[1]?.end();
    await running[1];
    await Promise.resolve();
    expect(begun).toEqual([0, 1, 2]);
    for (const { end } of all) end();
    await Promise.all(running);
    expect(begun).toEqual([0, 1, 2, 3, 4]);
  });

  it("frees the slot of work that failed", async () => {
    const costly = concurrencyLimit(1);
    const first = held();
    const running = costly(first.work);
    const waiting = costly(async () => "next", true);

    first.end(new Error("broken"));
    await expect(running).rejects.toThrow("broken");
    expect(await waiting).toBe("next");
    expect(await costly(async () => "free again")).toBe("free again");
  });
});
