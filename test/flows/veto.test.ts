import { afterEach, describe, expect, it } from "vitest";
import { NAME, type SceneOptions, startScene } from "./flow-parts.js";

type Scene = Awaited<ReturnType<typeof startScene>>;
const open: Scene[] = [];
async function scene(options: SceneOptions): Promise<Scene> {
  const started = await startScene(options);
  open.push(started);
  return started;
}
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});
const asked = ({ operation }: { operation: string }) => operation === "SubscribeToValidateConfigurationUpdates";

describe("a deployment to the classic nucleus", () => {
  it("that brings a bad configuration is refused within 2 s where that is wanted, and a good one goes through", async () => {
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

  it("is answered though it is not about us, or while a check is under way", async () => {
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

  it("asks nobody where the veto is not wanted", async () => {
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
  it("is not to be had, which is said, and bad configurations are told when they come", async () => {
    const it = await scene({ flavour: "lite", configuration: { vetoBadConfiguration: "true" } });

    const line = await it.component.output.waitFor(({ text }) => text.includes('"event":"configuration.no-veto"'));

    expect(JSON.parse(line.text)).toMatchObject({ reaction: "bad ones are told when they come" });
  });
});
