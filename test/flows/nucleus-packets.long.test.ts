import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { MqttPort } from "../../src/lab/mqtt-port.js";
import { startScene, TOP } from "./flow-parts.js";

const open: Awaited<ReturnType<typeof startScene>>[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

const XAVIER = readFileSync(join(TOP, "src/lab/jobs/xavier-plain.json"), "utf8");
const NAMES = Array.from({ length: 8 }, (_, at) => `weld-seams-${at}`);

/** So long that a report is over 15,000 bytes. A map: lite could not store the list. */
const WAIVERS = Object.fromEntries(
  ["target.device", "compiler.gpu-code", "compiler.cuda-ver", "compiler.trt-ver", "device.memory"].map((rule) => [
    rule,
    { rule, reason: "設置以来知られている差異。".repeat(26) },
  ]),
);

/** The jobs as the service answers; where they conflict, each as another version of their one component. */
function answersFor(conflict: boolean): unknown[] {
  return NAMES.map((name, at) => {
    const text = XAVIER.replace('"weld-seams-xavier"', JSON.stringify(name));
    return JSON.parse(conflict ? text.replaceAll("7.0.1", `7.0.${at}`) : text);
  });
}

/** The same broker, farther away: an acknowledgement comes `ms` later. */
function delayed(port: MqttPort, ms: number): MqttPort {
  return {
    get online() {
      return port.online;
    },
    onOnline: port.onOnline,
    subscribe: port.subscribe,
    close: port.close,
    async publish(topic, payload, options) {
      await port.publish(topic, payload, options);
      await new Promise((resolve) => setTimeout(resolve, ms));
    },
  };
}

describe("reports of over 15,000 bytes on nucleus lite, which keeps so much of unacknowledged packets", () => {
  it.each([
    [0, false],
    [20, false],
    [200, false],
    [20, true],
  ])(
    "all arrive whole, once and in order, with a broker %i ms away and jobs that conflict: %s",
    async (ms, conflict) => {
      const it = await startScene({
        flavour: "lite",
        root: join(TOP, "test/hosts/tx2-jp321"),
        answers: answersFor(conflict),
        configuration: { jobs: NAMES.map((job) => ({ project: "weld-seams", job })), waivers: WAIVERS },
        cloudOf: (direct) => delayed(direct, ms),
      });
      open.push(it);
      const begun = performance.now();

      const reports = [];
      for (const name of NAMES) reports.push(await it.reports.next(({ job }) => job.name === name));

      expect(performance.now() - begun).toBeLessThan(20_000);
      expect(reports.map(({ sequence }) => sequence)).toEqual(NAMES.map((_, at) => at + 1));
      expect(it.reports.all.map(({ sequence }) => sequence)).toEqual(NAMES.map((_, at) => at + 1));
      const bytes = it.messages.map(({ payload }) => payload.length);
      expect(bytes.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(NAMES.length * 15_000);
      const inConflict = reports.filter(({ findings }) => findings.some(({ rule }) => rule === "job.consistent"));
      expect(inConflict).toHaveLength(conflict ? NAMES.length : 0);
      expect(new Set(it.messages.map(({ payload }) => payload.toString())).size).toBe(bytes.length);
    },
  );
});
