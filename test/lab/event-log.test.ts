import { describe, expect, it } from "vitest";
import { eventLog } from "../../src/lab/event-log.js";

describe("eventLog", () => {
  it("delivers past and future entries to waiters, counting matches from the first", async () => {
    const log = eventLog<number>("numbers");
    log.add(1);
    log.add(2);
    const third = log.waitFor((n) => n % 2 === 1, 2);
    log.add(3);
    expect([await log.waitFor((n) => n > 1), await third]).toEqual([2, 3]);
  });

  it("iterates over all and ends when closed", async () => {
    const log = eventLog<number>("numbers");
    log.add(1);
    const read = (async () => {
      const got = [];
      for await (const n of log) got.push(n);
      return got;
    })();
    await Promise.resolve();
    log.add(2);
    log.close();
    expect(await read).toEqual([1, 2]);
  });

  it("rejects what waits when it is closed", async () => {
    const log = eventLog<number>("numbers");
    const waiting = log.waitFor(() => true);
    log.close();
    await expect(waiting).rejects.toThrow("Cannot wait for numbers: the log is closed, with 0 of 1 matching entries");
  });
});
