import { describe, expect, it } from "vitest";
import { returnsAfterOutage } from "../../../bench/fleet-million/returns.js";
import { heartbeat } from "../../../src/report/make-report.js";
import { seeded } from "../../chaos/seeded.js";
import { someReport } from "../../report/builders.js";

const DEVICES = 20;
const complete = someReport({ counts: { ...someReport().counts, blocking: 0 } });

describe("returnsAfterOutage", () => {
  it("sends every report once, soonest first, within the longest retry and the longest spread", async () => {
    const returns = await returnsAfterOutage({
      devices: DEVICES,
      everyChanged: 4,
      complete,
      heartbeat: heartbeat(complete),
      random: seeded(5),
    });
    const times = returns.map(({ afterMs }) => afterMs);

    expect(returns.filter(({ kind }) => kind === "COMPLETE")).toHaveLength(DEVICES / 4);
    expect(returns).toHaveLength((5 * DEVICES) / 4);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times.filter((afterMs) => afterMs < 0 || afterMs > 600_000)).toEqual([]);
  });
});
