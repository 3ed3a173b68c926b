import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { FLAVOURS } from "../long-runs.js";
import { until } from "../until.js";
import { startCloudShadow } from "./cloud-shadow.js";
import { JOB, MODEL, NAME, type SceneOptions, startScene, TOP } from "./flow-parts.js";

type Scene = Awaited<ReturnType<typeof startScene>>;
const open: Scene[] = [];
async function scene(options: SceneOptions = {}) {
  const started = await startScene(options);
  open.push(started);
  return started;
}
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

const WITH_SHADOW = { configuration: { shadow: true } } as const;
const MANAGER = [{ name: "aws.greengrass.ShadowManager", version: "2.3.0" }];
const REPORTED = {
  schema: "1",
  drift: "IN_SYNC",
  runnable: "RUNNABLE",
  checked: expect.any(Number),
  seq: expect.any(Number),
  mode: "report",
  jobs: 1,
  job: { project: JOB.project, name: JOB.job, component: MODEL.name, version: "v4.0.0" },
  hw: { arch: "X86_64" },
  codes: [],
  agent: expect.stringMatching(/^v\d/),
  caps: expect.any(Array),
  schedule: "0 */6 * * *",
  logLevel: "info",
};

describe.each(FLAVOURS)("the named shadow over its topics, on the %s nucleus", (flavour) => {
  it("reports what was found, and is written again only for changes, at most every 10 s", async () => {
    const it = await scene({ flavour });
    const shadow = await startCloudShadow(it.cloud, "line-4");
    await it.reports.next(() => true);
    it.nucleus.setConfiguration(NAME, { shadow: true });
    expect(await shadow.next(() => true)).toMatchObject(REPORTED);

    // A change of settings that the shadow does not show is not a reason to write it.
    it.nucleus.setConfiguration(NAME, { maxCopyAgeDays: 4 });
    await it.component.output.waitFor(({ text }) => /"trigger":"CONFIG_CHANGE".*"event":"check.done"/.test(text), 2);
    it.nucleus.setConfiguration(NAME, { deployedVersion: [`${MODEL.name}=5.0.0`] });

    const news = await shadow.next(({ drift }) => drift === "DRIFTED");
    expect(news).toMatchObject({ codes: ["component.version"], job: { version: "v5.0.0" }, n: { error: 1 } });
    expect(shadow.written).toHaveLength(2);
    const [first, second] = shadow.written;
    // Measured where they arrive: on a busy machine the first one takes longer.
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(8_000);
    expect(second?.bytes).toBeLessThan(2_000);
    // Null has deleted what is not known, and the names of jobs that will not run where there are none.
    expect(shadow.state().reported?.hw).not.toHaveProperty("cuda");
    expect(shadow.state().reported).not.toHaveProperty("wontRun");
  });

  it("puts desired settings in force and reports them, though its version has changed meanwhile", async () => {
    const it = await scene({ flavour });
    const shadow = await startCloudShadow(it.cloud, "line-4");
    it.nucleus.setConfiguration(NAME, { shadow: true });
    await shadow.next(() => true);

    shadow.desire({ logLevel: "debug", heartbeatHours: 48 });

    expect(await shadow.next(({ logLevel }) => logLevel === "debug")).toMatchObject({ heartbeatHours: 48 });
    expect(shadow.state()).not.toHaveProperty("delta");
  });

  it("is small enough for nucleus lite to receive the answer in the worst case", async () => {
    const long = "x".repeat(63);
    const text = readFileSync(join(TOP, "src/lab/jobs/arm64-cpu.json"), "utf8");
    const names = Array.from({ length: 8 }, (_, at) => `${at}${long.slice(1)}`);
    const answers = names.map((JobName) => {
      const job = JSON.parse(text);
      Object.assign(job.ModelPackagingDescription, { ProjectName: long.repeat(4), JobName });
      return job;
    });
    const it = await scene({ flavour, answers });
    const shadow = await startCloudShadow(it.cloud, "line-4");
    mkdirSync(join(it.work, "facts.d"), { recursive: true });
    const strange = '\u0001\u0007"\\é漢🙂'.repeat(40);
    for (const key of ["driver", "jetpack", "l4t"]) {
      const declared = { key, value: strange, source: "a test" };
      writeFileSync(join(it.work, `facts.d/${key}.json`), JSON.stringify(declared));
    }

    it.nucleus.setConfiguration(NAME, {
      shadow: true,
      // A map: nucleus lite refuses lists over 1,024 bytes.
      jobs: Object.fromEntries(names.map((job, at) => [`line${at}`, { project: long.repeat(4), job }])),
      schedule: `${Array.from({ length: 60 }, (_, at) => at).join(",")} */6 * * *`,
      deployedVersion: [`${MODEL.name}=999999.999999.999999`],
    });

    await it.component.output.waitFor(({ text }) => text.includes('"event":"shadow.written"'));
    expect(shadow.written[0]?.reported).toMatchObject({
      jobs: 8,
      job: { project: `${"x".repeat(61)}...` },
      wontRun: names.slice(0, 4),
      wontRunCut: 4,
    });
    expect(shadow.written[0]?.bytes).toBeLessThan(2_200);
    expect(depthOf(shadow.written[0]?.reported)).toBeLessThanOrEqual(3);
  });

  it("that desires a value that is not a scalar is reported, and what is no longer desired no longer applies", async () => {
    const it = await scene({ flavour });
    const shadow = await startCloudShadow(it.cloud, "line-4");
    shadow.desire({ logLevel: "debug", schedule: { at: "noon" } });
    it.nucleus.setConfiguration(NAME, { shadow: true });
    const told = await it.reports.next(({ agent }) => agent.problems.length > 0);
    expect(told.agent.problems).toEqual([expect.stringContaining('setting "schedule"')]);

    shadow.desire({ schedule: null });
    expect(await shadow.next(({ logLevel }) => logLevel === "debug")).toMatchObject({ schedule: "0 */6 * * *" });
    shadow.desire({ logLevel: null });

    await shadow.next(({ seq, logLevel }) => logLevel === "info" && Number(seq) > told.sequence);
    expect(shadow.state()).not.toHaveProperty("delta");
  });

  it("that desires a schedule that would keep the examiner busy for ever is refused at once", async () => {
    const it = await scene({ flavour });
    const shadow = await startCloudShadow(it.cloud, "line-4");
    shadow.desire({ schedule: "*/5 0-99999999 * * *" });
    it.nucleus.setConfiguration(NAME, { shadow: true });

    const report = await it.reports.next(({ agent }) => agent.problems.length > 0);

    expect(report.agent.problems).toEqual([expect.stringContaining("with numbers of at most 2 digits")]);
  });

  it("that desires bad settings is refused in a report, and the settings stay", async () => {
    const it = await scene({ flavour });
    const shadow = await startCloudShadow(it.cloud, "line-4");
    shadow.desire({ logLevel: "loud" });
    it.nucleus.setConfiguration(NAME, { shadow: true });

    const report = await it.reports.next(({ agent }) => agent.problems.length > 0);

    expect(report).toMatchObject({
      trigger: "CONFIG_CHANGE",
      agent: {
        problems: [
          'The desired state of the shadow is invalid: Cannot read setting "logLevel": must be one of debug, info, warn, error, is "loud"',
        ],
      },
    });
    expect(await shadow.next(() => true)).toMatchObject({ logLevel: "info" });
  });
});

describe("the named shadow over IPC, where the shadow manager is deployed", () => {
  it("is written there, after a conflict too, and its desired settings apply", async () => {
    const it = await scene({ ...WITH_SHADOW, components: MANAGER });
    const address = { thingName: "line-4", shadowName: "packdrift" };
    await it.component.output.waitFor(({ text }) => text.includes('"event":"shadow.written"'));
    const shadow = () => it.nucleus.shadows.get(address).state as Record<string, unknown>;
    expect(shadow().reported).toMatchObject(REPORTED);

    it.nucleus.shadows.update(address, { state: { desired: { logLevel: "debug" } } });
    await it.component.output.waitFor(({ text }) => text.includes('"event":"shadow.written"'), 2);

    expect(shadow().reported).toMatchObject({ logLevel: "debug" });
    expect(shadow()).not.toHaveProperty("delta");
    expect((await it.reports.next(() => true)).agent.capabilities?.shadow).toBe("AVAILABLE");
  });

  it.each([
    ["one by one", { logLevel: null }],
    ["as a whole", null],
  ])("stops applying a desired setting that is removed, %s", async (_, desired) => {
    const it = await scene({ ...WITH_SHADOW, components: MANAGER });
    const address = { thingName: "line-4", shadowName: "packdrift" };
    await it.component.output.waitFor(({ text }) => text.includes('"event":"shadow.written"'));
    it.nucleus.shadows.update(address, { state: { desired: { logLevel: "debug" } } });
    const reported = () => (it.nucleus.shadows.get(address).state as Record<string, Record<string, unknown>>).reported;
    await until(() => reported()?.logLevel === "debug");

    it.nucleus.shadows.update(address, { state: { desired } });

    await until(() => reported()?.logLevel === "info");
  });
});

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}
