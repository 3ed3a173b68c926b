import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { unlessOver } from "../../../src/transports/greengrass/late-trouble.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("reports no trouble where the connection has ended, though the end is reported only after the call has failed", () => {
  const reported: string[] = [];
  let over = false;
  const onTrouble = unlessOver(
    (what) => void reported.push(what),
    () => over,
  );

  onTrouble("subscribe", new Error("refused"));
  vi.advanceTimersByTime(600_000);
  expect(reported).toEqual(["subscribe"]);

  onTrouble("subscribe again", new Error("not connected"));
  over = true;
  vi.advanceTimersByTime(600_000);
  expect(reported).toEqual(["subscribe"]);
});
