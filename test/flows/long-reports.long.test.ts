import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { MqttPort } from "../../src/lab/mqtt-port.js";
import { startApiOfOne } from "./api.js";
import { startScene, TOP } from "./flow-parts.js";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const JOBS = Array.from({ length: 12 }, (_, at) => `weld-seams-${at}`);
const ANSWER = JSON.parse(readFileSync(join(TOP, "test/flows/jobs/x86-cuda114.json"), "utf8"));

/** A broker so far away that messages pile up in the nucleus. */
function farAway(direct: MqttPort, roundTripMs: number): MqttPort {
  return {
    get online() {
      return direct.online;
    },
    onOnline: (listener) => direct.onOnline(listener),
    async publish(...message) {
      await new Promise((resolve) => setTimeout(resolve, roundTripMs));
      return direct.publish(...message);
    },
    subscribe: (...subscription) => direct.subscribe(...subscription),
    close: () => direct.close(),
  };
}

describe("long reports over nucleus lite, whose buffer holds two messages", () => {
  it.each([0, 20, 200])("arrive whole, once and in order where the broker is %d ms away", async (roundTripMs) => {
    const api = await startApiOfOne(ANSWER);
    closers.push(api.close);
    const project = ANSWER.ModelPackagingDescription.ProjectName;
    const rules = ["compiler.trt-ver", "compiler.cuda-ver", "target.accelerator"];
    const it = await startScene({
      flavour: "lite",
      configuration: {
        jobs: Object.fromEntries(JOBS.map((job) => [job, { project, job }])),
        source: { type: "archive", endpoint: api.url },
        waivers: Object.fromEntries(
          rules.map((rule) => [rule, { rule, reason: "known since the line was commissioned ".repeat(12) }]),
        ),
        maxMessageBytes: 4_500,
      },
      cloudOf: (direct) => farAway(direct, roundTripMs),
    });
    closers.push(it.close);
    const begun = performance.now();

    await it.reports.next(({ sequence }) => sequence === JOBS.length);

    expect(performance.now() - begun).toBeLessThan(20_000);
    expect(it.reports.all.map(({ sequence }) => sequence)).toEqual(JOBS.map((_, at) => at + 1));
    const reports = it.messages.filter(({ topic }) => topic.endsWith("/report")).map(({ payload }) => String(payload));
    expect(reports.length).toBeGreaterThan(JOBS.length);
    expect(new Set(reports).size).toBe(reports.length);
  });
});
