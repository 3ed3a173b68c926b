import { describe, expect, it } from "vitest";
import { followShadow } from "../../../src/agent/shadow/follow.js";
import type { ReportedShadow } from "../../../src/report/reported-shadow.js";
import { someReport } from "../../report/builders.js";
import { someResult } from "../builders.js";
import { settled } from "../fake-clock.js";

const STATE = { drift: "IN_SYNC" } as unknown as ReportedShadow;

function scene() {
  const calls: string[] = [];
  const shadow = followShadow(
    async () => {
      calls.push("open");
      return {
        report: (state, refreshMs) => calls.push(`report ${JSON.stringify(state)} ${refreshMs}`),
        resubscribe: () => calls.push("resubscribe"),
        close: () => calls.push("close"),
      };
    },
    (desired) => calls.push(`desired ${JSON.stringify(desired)}`),
  );
  return { calls, shadow };
}

describe("followShadow", () => {
  it("opens it when the settings ask for it, and reports with the last report's sequence", async () => {
    const { calls, shadow } = scene();
    const wanted = someResult({ shadow: true, heartbeatHours: 2 }, { shadow: STATE });
    shadow.checked(someResult({ shadow: false }, { shadow: null }), [someReport({ sequence: 6 })]);
    shadow.checked(wanted, [someReport({ sequence: 7 })]);
    shadow.checked(wanted, []);
    await settled();

    const reported = 'report {"drift":"IN_SYNC","seq":7} 7200000';
    expect(calls).toEqual(["open", reported, reported]);
  });

  it("closes it when the settings no longer want it, and then nothing is desired", async () => {
    const { calls, shadow } = scene();
    shadow.checked(someResult({ shadow: true }), []);
    shadow.resubscribe();
    shadow.checked(someResult({ shadow: false }), []);
    shadow.resubscribe();
    await settled();

    expect(calls).toEqual(["open", "desired {}", "resubscribe", "close"]);
  });
});
