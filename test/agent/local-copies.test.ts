import { describe, expect, it } from "vitest";
import { localCopies } from "../../src/agent/local-copies.js";
import { trySending } from "../../src/agent/try-send.js";
import type { Capabilities } from "../../src/report/report.js";
import { someReport } from "../report/builders.js";
import { someResult } from "./builders.js";
import { fakeLog, settled } from "./fake-clock.js";

function scene(spool: Capabilities["spool"] = "AVAILABLE") {
  const published: { readonly topic: string; readonly message: unknown }[] = [];
  const copies = localCopies({
    greengrass: {
      async publishLocal(topic, message) {
        published.push({ topic, message });
      },
    },
    capabilities: Promise.resolve({ spool } as Capabilities),
    trySend: trySending(fakeLog()),
  });
  return { published, copies };
}
const JOBS = { jobs: [{ project: "bolts", job: "inspect-7" }] };

describe("localCopies", () => {
  it("publishes nothing where the settings name no topic", async () => {
    const { published, copies } = scene();
    copies.checked(someResult(JOBS), [someReport()]);
    await settled();

    expect(published).toEqual([]);
  });

  it("copies each report, as JSON on classic and as text on lite", async () => {
    for (const [spool, kind] of [
      ["AVAILABLE", "object"],
      ["MISSING", "string"],
    ] as const) {
      const { published, copies } = scene(spool);
      copies.checked(someResult({ localTopic: "packdrift/reports" }), [someReport()]);
      await settled();

      expect(published.map(({ topic, message }) => [topic, typeof message])).toEqual([["packdrift/reports", kind]]);
    }
  });

  it("publishes the metrics of each check once, not again with its heartbeats", async () => {
    const { published, copies } = scene();
    const result = someResult({ ...JOBS, cloudwatchMetrics: "Packdrift" });
    copies.checked(result, [someReport()]);
    copies.checked(result, []);
    await settled();
    const first = published.length;
    copies.checked(someResult({ ...JOBS, cloudwatchMetrics: "Packdrift" }), []);
    await settled();

    expect(first).toBeGreaterThan(0);
    expect([published.length, new Set(published.map(({ topic }) => topic))]).toEqual([
      2 * first,
      new Set(["cloudwatch/metric/put"]),
    ]);
  });
});
