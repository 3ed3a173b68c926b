import { describe, expect, it } from "vitest";
import { checkQueue } from "../../src/agent/check-queue.js";
import type { Trigger } from "../../src/report/report.js";
import { settled } from "./fake-clock.js";

function scene() {
  const runs: { readonly trigger: Trigger; readonly end: (error?: Error) => void }[] = [];
  const check = checkQueue(
    (trigger) =>
      new Promise((resolve, reject) => runs.push({ trigger, end: (error) => (error ? reject(error) : resolve([])) })),
  );
  return { runs, check, triggers: () => runs.map(({ trigger }) => trigger) };
}

describe("checkQueue", () => {
  it("makes one check for all requests during another check, with the trigger of the first", async () => {
    const { runs, check, triggers } = scene();
    void check("START");
    const shared = [check("FACT_CHANGE"), check("SCHEDULE")];

    expect([triggers(), shared[0]]).toEqual([["START"], shared[1]]);
    runs[0]?.end();
    await settled();
    expect(triggers()).toEqual(["START", "FACT_CHANGE"]);
  });

  it("uses the trigger of a command if one is among them", async () => {
    const { runs, check, triggers } = scene();
    void check("START");
    void check("COMMAND");
    void check("SCHEDULE");
    runs[0]?.end();
    await settled();

    expect(triggers()).toEqual(["START", "COMMAND"]);
  });

  it("continues after a check that failed, and with a new trigger after the queue was empty", async () => {
    const { runs, check, triggers } = scene();
    const failing = check("START");
    const next = check("COMMAND");
    runs[0]?.end(new Error("no"));
    await expect(failing).rejects.toThrow("no");
    await settled();
    runs[1]?.end();
    await next;

    void check("SCHEDULE");

    expect(triggers()).toEqual(["START", "COMMAND", "SCHEDULE"]);
  });
});
