import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { isLong } from "../long-runs.js";
import { startApi } from "./api.js";
import { ARTIFACTS, NAME, type SceneOptions, startScene } from "./flow-parts.js";

type Scene = Awaited<ReturnType<typeof startScene>>;
const open: Scene[] = [];
async function scene(options: SceneOptions): Promise<Scene> {
  const started = await startScene(options);
  open.push(started);
  return started;
}
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
  for (const close of closers.splice(0)) await close();
});
const event = (name: string) => (line: { text: string }) => line.text.includes(`"event":"${name}"`);
const asked = ({ operation }: { operation: string }) => operation === "SubscribeToValidateConfigurationUpdates";

describe("a deployment to the classic nucleus", () => {
  it("with a bad configuration is refused within 2 s where the settings want it, and one with a good configuration goes through", async () => {
    const it = await scene({ configuration: { vetoBadConfiguration: true } });
    await it.nucleus.calls.waitFor(asked);
    await it.reports.next(() => true);
    const from = performance.now();

    expect(await it.nucleus.deploy(NAME, { configuration: { jitterSeconds: "soon" } })).toMatchObject({
      status: "FAILED_NO_STATE_CHANGE",
      reason: expect.stringContaining('Cannot read setting "jitterSeconds": must be a number, is "soon"'),
    });
    expect(performance.now() - from).toBeLessThan(2_000);
    expect(await it.nucleus.deploy(NAME, { configuration: { jitterSeconds: 7 } })).toMatchObject({
      status: "SUCCEEDED",
    });
  });
});

if (isLong)
  describe("a deployment to the classic nucleus", () => {
    it("is answered when it is about another component, or while a check is under way", async () => {
      const it = await scene({ configuration: { vetoBadConfiguration: true } });
      await it.nucleus.calls.waitFor(asked);
      await it.reports.next(() => true);
      const hold = it.nucleus.holdOperation("GetComponentDetails");
      it.nucleus.setConfiguration(NAME, { heartbeatHours: 12 });
      await hold.held.waitFor(() => true);

      const done = await it.nucleus.deploy(NAME, { reset: [""], configuration: { somebody: "else's" }, local: true });
      hold.release();

      expect(done).toMatchObject({ status: "SUCCEEDED" });
    });

    it.each([
      ["another's whole configuration with keys that are ours too", { logLevel: "TRACE", schedule: "hourly" }],
      [
        "another's with jobs of its own",
        {
          jobs: 4,
          workers: 2,
          accessControl: {
            "aws.greengrass.ipc.pubsub": {
              "com.example.Press:pubsub:1": { operations: ["aws.greengrass#PublishToTopic"], resources: ["press"] },
            },
          },
        },
      ],
      ["nothing at all", {}],
      ["text where a map belongs", { accessControl: "none" }],
    ])("goes through when it brings %s", async (_, configuration) => {
      const it = await scene({ configuration: { vetoBadConfiguration: true } });
      await it.nucleus.calls.waitFor(asked);
      await it.reports.next(() => true);

      const done = await it.nucleus.deploy(NAME, { reset: [""], configuration, local: true });

      expect(done).toMatchObject({ status: "SUCCEEDED" });
      expect(it.component.output.all.some(event("configuration.vetoed"))).toBe(false);
    });

    it("is answered within 2 s while a check hangs at a source that never answers", async () => {
      const api = await startApi(() => "silent");
      closers.push(api.close);
      const it = await scene({ configuration: { vetoBadConfiguration: true } });
      await it.nucleus.calls.waitFor(asked);
      await it.reports.next(() => true);
      it.nucleus.setConfiguration(NAME, { source: { type: "archive", endpoint: api.url } });
      await expect.poll(() => api.asked.length, { timeout: 10_000 }).toBeGreaterThan(0);
      const from = performance.now();

      const refused = await it.nucleus.deploy(NAME, { configuration: { jitterSeconds: "soon" } });
      const good = await it.nucleus.deploy(NAME, { configuration: { jitterSeconds: 7 } });

      expect([refused.status, good.status]).toEqual(["FAILED_NO_STATE_CHANGE", "SUCCEEDED"]);
      expect(performance.now() - from).toBeLessThan(4_000);
      expect(api.asked).toHaveLength(1);
    });

    it("is accepted, with a log line, when no examiner can be started to judge it", async () => {
      const artifacts = mkdtempSync(join(tmpdir(), "packdrift-artifacts-"));
      closers.push(() => rmSync(artifacts, { recursive: true }));
      cpSync(ARTIFACTS, artifacts, { recursive: true });
      const it = await scene({ artifacts, configuration: { vetoBadConfiguration: true } });
      await it.nucleus.calls.waitFor(asked);
      await it.component.output.waitFor(event("report.delivered"));
      rmSync(join(artifacts, "examiner.cjs"));
      const from = performance.now();

      const done = await it.nucleus.deploy(NAME, { configuration: { jitterSeconds: "soon" } });

      expect(done).toMatchObject({ status: "SUCCEEDED" });
      expect(performance.now() - from).toBeLessThan(2_000);
      const told = await it.component.output.waitFor(event("configuration.not-judged"));
      expect(JSON.parse(told.text)).toMatchObject({ reaction: "accepted" });
    });

    it("is subscribed to while the settings ask for the veto", async () => {
      const it = await scene({});
      await it.component.output.waitFor(event("check.done"));
      it.nucleus.setConfiguration(NAME, { vetoBadConfiguration: true });
      await it.nucleus.calls.waitFor(asked);
      await it.component.output.waitFor(event("check.done"), 2);
      const wanted = await it.nucleus.deploy(NAME, { configuration: { jitterSeconds: "soon" } });

      it.nucleus.setConfiguration(NAME, { vetoBadConfiguration: false });
      await it.component.output.waitFor(event("check.done"), 3);
      await expect.poll(() => it.nucleus.subscriptions.join()).not.toContain("Validate");

      expect(wanted.status).toBe("FAILED_NO_STATE_CHANGE");
      expect(await it.nucleus.deploy(NAME, { configuration: { jitterSeconds: "soon" } })).toMatchObject({
        status: "SUCCEEDED",
      });
    });

    it("is not subscribed to when the settings do not ask for the veto", async () => {
      const it = await scene({});
      await it.reports.next(() => true);

      expect(await it.nucleus.deploy(NAME, { configuration: { jitterSeconds: "soon" } })).toMatchObject({
        status: "SUCCEEDED",
      });
      expect(it.nucleus.calls.all.some(asked)).toBe(false);
      const report = await it.reports.next(({ agent }) => agent.problems.length > 0);
      expect(report.agent.problems[0]).toContain("jitterSeconds");
    });
  });

describe("a veto on nucleus lite", () => {
  it("is not offered, which is logged, and bad configurations are reported once deployed", async () => {
    const it = await scene({ flavour: "lite", configuration: { vetoBadConfiguration: "true" } });

    const line = await it.component.output.waitFor(({ text }) => text.includes('"event":"configuration.no-veto"'));

    expect(JSON.parse(line.text)).toMatchObject({ reaction: "bad configurations are reported once deployed" });
  });
});
