import { describe, expect, it } from "vitest";
import { createReceiver } from "../../../src/fleet/receiving/receive.js";
import { heapBytes } from "../../heap-bytes.js";
import { sha256 } from "../../outbox/builders.js";
import { someReport } from "../../report/builders.js";

const MB = 2 ** 20;
const message = (thing: string, epoch: string, sequence: number) =>
  JSON.stringify(someReport({ thing, epoch, sequence, id: `${epoch}.${sequence}`, findings: [] }));

describe("the memory that a receiver takes for things and epochs", () => {
  it("stays within its limit, whatever the number of things, epochs and reports", () => {
    const before = heapBytes();
    const to = createReceiver({ digest: sha256, mostThingBytes: 4 * MB });
    for (let thing = 0; thing < 8_000; thing++) to.receive(message(`thing-${thing}`, "e1", 1));
    for (let thing = 0; thing < 100; thing++) {
      for (let epoch = 0; epoch < 20; epoch++) to.receive(message(`of-many-epochs-${thing}`, `e${epoch}`, 1));
      // Every second is missing, and given up in the end.
      for (let sequence = 1; sequence < 100; sequence += 2)
        to.receive(message(`of-many-gaps-${thing}`, "e1", sequence));
    }
    to.release();

    expect(heapBytes() - before).toBeLessThan(5 * MB);
  });

  it("is spent on the things that reported last, and the others start again", () => {
    const to = createReceiver({ digest: sha256, mostThingBytes: MB });
    for (let thing = 0; thing < 2_000; thing++) to.receive(message(`thing-${thing}`, "e1", 1));

    expect([to.contiguous("thing-0"), to.contiguous("thing-1999")]).toEqual([null, { epoch: "e1", sequence: 1 }]);
    expect(to.receive(message("thing-0", "e1", 7)).map(({ kind }) => kind)).toEqual(["report"]);
  });

  it("is always enough for the thing that reports, and what a forgotten thing held back is returned", () => {
    const to = createReceiver({ digest: sha256, mostThingBytes: 1, fromStart: true });
    expect(to.receive(message("a", "e1", 2)).map(({ kind }) => kind)).toEqual(["early"]);

    expect(to.receive(message("b", "e1", 1)).map(({ kind }) => kind)).toEqual(["report", "gap", "report"]);
    expect(to.contiguous("b")).toEqual({ epoch: "e1", sequence: 1 });
  });
});
