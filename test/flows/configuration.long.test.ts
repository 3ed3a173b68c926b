import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { FLAVOURS } from "../long-runs.js";
import { ARTIFACTS, JOB, MODEL, NAME, type SceneOptions, startScene, VERSION } from "./flow-parts.js";

type Scene = Awaited<ReturnType<typeof startScene>>;
const open: Scene[] = [];
const folders: string[] = [];
async function scene(options: SceneOptions = {}): Promise<Scene> {
  const started = await startScene(options);
  open.push(started);
  return started;
}
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
  for (const each of folders.splice(0)) rmSync(each, { recursive: true });
});

const event = (name: string) => (line: { text: string }) => line.text.includes(`"event":"${name}"`);
const linesOf = (scene: Scene, name: string) =>
  scene.component.output.all.filter(event(name)).map(({ text }) => JSON.parse(text));
const ownReads = (scene: Scene) =>
  scene.nucleus.calls.all.filter(
    ({ operation, request }) => operation === "GetConfiguration" && request.componentName === undefined,
  );

describe.each(FLAVOURS)("a configuration on the %s nucleus", (flavour) => {
  it("is accepted although each of its scalars is a string", async () => {
    const it = await scene({
      flavour,
      configuration: {
        jitterSeconds: "5",
        echoSeconds: "0",
        shadow: "true",
        cloudwatchMetrics: "null",
        waivers: [{ rule: "target.os", path: "null", reason: "tried out" }],
      },
    });

    const opened = JSON.parse((await it.component.output.waitFor(event("subscriptions.open"))).text);
    await it.nucleus.calls.waitFor(({ request }) => String(request.topicName).endsWith("/shadow/name/packdrift/get"));

    expect((await it.reports.next(() => true)).agent.problems).toEqual([]);
    expect(opened.filters).toEqual(["cmd/packdrift/v1/line-4/+/req", "cmd/packdrift/v1/all/+/req"]);
    expect(it.nucleus.calls.all.filter(({ operation }) => operation === "PublishToTopic")).toEqual([]);
  });

  it("that changes in many keys is read once, whole", async () => {
    const it = await scene({ flavour });
    await it.component.output.waitFor(event("check.done"));

    for (const [key, value] of Object.entries({ jitterSeconds: 7, heartbeatHours: 12, watchSeconds: 0 })) {
      it.nucleus.setConfiguration(NAME, { [key]: value });
    }
    it.nucleus.setConfiguration(NAME, { deployedVersion: [`${MODEL.name}=9.0.0`], maxCopyAgeDays: 7 });

    await it.reports.next(({ trigger, drift }) => trigger === "CONFIG_CHANGE" && drift === "DRIFTED");
    expect(ownReads(it)).toHaveLength(2);
    expect(linesOf(it, "check.done").map(({ trigger }) => trigger)).toEqual(["START", "CONFIG_CHANGE"]);
  });

  it.each([
    [{ jobs: "bottle-caps" }, 'Cannot read setting "jobs[0]": must be a map, is "bottle-caps"'],
    [{ source: "api" }, 'Cannot read setting "source": must be a map, is "api"'],
    [{ jiterSeconds: 5 }, 'Unknown setting "jiterSeconds"'],
  ] as const)(
    "that becomes %j is refused with its key in a report and in the log, and the last good one stays, over a restart too",
    async (bad, problem) => {
      const it = await scene({ flavour });
      await it.reports.next(() => true);

      it.nucleus.setConfiguration(NAME, bad);

      const refused = await it.reports.next(({ agent }) => agent.problems.length > 0);
      expect(refused).toMatchObject({
        trigger: "CONFIG_CHANGE",
        drift: "IN_SYNC",
        job: { name: "bottle-caps-x86-cpu" },
      });
      expect(refused.agent.problems).toEqual([expect.stringContaining(problem)]);
      expect(linesOf(it, "configuration.refused")).toMatchObject([
        { level: "error", message: expect.stringContaining(problem), reaction: "keeping the last good one" },
      ]);
      await it.component.stop();
      await it.again();
      const again = await it.reports.next(({ sequence }) => sequence > refused.sequence);
      expect(again).toMatchObject({ trigger: "START", drift: "IN_SYNC", agent: { problems: refused.agent.problems } });
    },
  );

  it("that becomes bad stops nothing, even if the last good one could not be written", async () => {
    const it = await scene({
      flavour,
      // A folder in the file's place: not even root can write there.
      onNucleus: ({ rootFolder }) =>
        void mkdirSync(join(rootFolder, "work", NAME, "settings.json"), { recursive: true }),
    });
    await it.component.output.waitFor(event("report.delivered"));

    it.nucleus.setConfiguration(NAME, { jitterSeconds: "soon" });

    const refused = await it.reports.next(({ agent }) => agent.problems.length > 0);
    expect(refused).toMatchObject({ trigger: "CONFIG_CHANGE", drift: "IN_SYNC" });
    expect(linesOf(it, "configuration.refused")).toMatchObject([{ reaction: "keeping the last good one" }]);
    it.nucleus.setConfiguration(NAME, { jitterSeconds: 0, deployedVersion: [`${MODEL.name}=9.0.0`] });
    expect(await it.reports.next(({ drift }) => drift === "DRIFTED")).toMatchObject({ agent: { problems: [] } });
    expect(linesOf(it, "check.failed")).toEqual([]);
    expect(linesOf(it, "configuration.not-kept")).toHaveLength(1);
  });

  it("without jobs sends one report that says so, another when something is wrong, and no metrics", async () => {
    const it = await scene({ flavour, configuration: { jobs: [], cloudwatchMetrics: "Factory/Models" } });
    const first = await it.reports.next(() => true);
    expect(first).toMatchObject({
      drift: "NOT_CHECKED",
      runnable: "CANNOT_TELL",
      job: { project: null, name: null },
      device: { arch: "X86_64" },
      agent: {
        problems: ['Nothing to check: no packaged model was found on this device, and the setting "jobs" names none'],
      },
    });

    it.nucleus.setConfiguration(NAME, { jitterSeconds: "soon" });

    const refused = await it.reports.next(({ agent }) => agent.problems.length > 1);
    expect(refused).toMatchObject({ sequence: 2, drift: "NOT_CHECKED" });
    expect(refused.agent.problems[0]).toContain("jitterSeconds");
    it.nucleus.setConfiguration(NAME, { jitterSeconds: 0, jobs: [JOB], cloudwatchMetrics: null });
    expect(await it.reports.next(({ drift }) => drift === "IN_SYNC")).toMatchObject({ sequence: 3 });
    expect(linesOf(it, "check.done").map(({ jobs }) => jobs)).toEqual([0, 0, 1]);
    expect(it.nucleus.calls.all.filter(({ operation }) => operation === "PublishToTopic")).toEqual([]);
  });

  it("that names another transport applies after a restart, and reports say so and name the transport in use", async () => {
    const it = await scene({ flavour });
    await it.reports.next(() => true);
    const mqtt = { endpoint: "localhost", port: 1, cert: "/nowhere/cert.pem", key: "/nowhere/key.pem" };

    it.nucleus.setConfiguration(NAME, { transport: "mqtt", mqtt: null });
    const refused = await it.reports.next(({ agent }) => agent.problems.length > 0);
    expect(refused.agent.problems).toEqual([expect.stringContaining('Cannot read setting "mqtt"')]);
    it.nucleus.setConfiguration(NAME, { transport: "mqtt", mqtt });

    const changed = await it.reports.next(({ agent }) => agent.problems.some((text) => text.includes('"transport"')));
    expect(changed.agent).toMatchObject({
      transport: "ipc",
      problems: ['Setting "transport" changes to "mqtt" at the next start; until then it is "ipc"'],
    });
  });

  it("that the nucleus cannot return at the start is read again, without a restart", async () => {
    const it = await scene({
      flavour,
      onNucleus: (nucleus) =>
        nucleus.answerWith(
          "GetConfiguration",
          ({ request }) => (request.componentName === undefined ? { error: "ServiceError", message: "busy" } : null),
          1,
        ),
    });

    const report = await it.reports.next(() => true);

    expect(report).toMatchObject({ trigger: "START", sequence: 1, drift: "IN_SYNC" });
    expect(linesOf(it, "check.failed")).toMatchObject([
      { message: "Cannot read the configuration: ServiceError: busy", retryInMs: expect.any(Number) },
    ]);
    expect(it.component.starts.all).toHaveLength(1);
  });

  it("that changes while the examiner's file is missing is checked when it is there again, and the log says so", async () => {
    const artifacts = mkdtempSync(join(tmpdir(), "packdrift-artifacts-"));
    folders.push(artifacts);
    cpSync(ARTIFACTS, artifacts, { recursive: true });
    const it = await scene({ flavour, artifacts });
    await it.component.output.waitFor(event("report.delivered"));
    const file = join(artifacts, "examiner.cjs");
    renameSync(file, `${file}.away`);

    it.nucleus.setConfiguration(NAME, { deployedVersion: [`${MODEL.name}=9.0.0`] });
    await it.component.output.waitFor(event("check.failed"));
    renameSync(`${file}.away`, file);

    expect(await it.reports.next(({ trigger }) => trigger === "CONFIG_CHANGE")).toMatchObject({ drift: "DRIFTED" });
    expect(linesOf(it, "check.failed")[0]).toMatchObject({
      trigger: "CONFIG_CHANGE",
      message: `Cannot check: the examining process ended with exit code 3 before it gave its result: Cannot run "${file}" of packdrift ${VERSION}: there is no such file; deploy the component again`,
    });
  });
});
