import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { joinParts } from "../../src/report/parts.js";
import type { Report } from "../../src/report/report.js";
import { FLAVOURS } from "../long-runs.js";
import { startApi } from "./api.js";
import { JOB, MODEL, NAME, type SceneOptions, startScene, TOP } from "./flow-parts.js";

type Scene = Awaited<ReturnType<typeof startScene>>;
const open: Scene[] = [];
const folders: string[] = [];
async function scene(options: SceneOptions = {}): Promise<Scene> {
  const started = await startScene({ ...options, configuration: { watchSeconds: 1, ...options.configuration } });
  open.push(started);
  return started;
}
function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "packdrift-events-"));
  folders.push(made);
  return made;
}
const apis: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
  for (const close of apis.splice(0)) await close();
  for (const each of folders.splice(0)) rmSync(each, { recursive: true });
});
const event = (name: string) => (line: { text: string }) => line.text.includes(`"event":"${name}"`);

describe.each(FLAVOURS)("on the %s nucleus", (flavour) => {
  it("a fact that changes is checked at once, under its own trigger", async () => {
    const root = folder();
    cpSync(join(TOP, "test/hosts/aws-g4dn-t4-cuda102"), root, { recursive: true });
    const it = await scene({ flavour, root });
    await it.reports.next(() => true);

    const release = readFileSync(join(root, "etc/os-release"), "utf8");
    writeFileSync(join(root, "etc/os-release"), release.replace(/^VERSION_ID=.*$/m, 'VERSION_ID="99.04"'));

    const report = await it.reports.next(({ trigger }) => trigger === "FACT_CHANGE");
    expect(report.device.distro).toContain("99.04");
  });

  it("a fact that changes during the first check is checked again, however long the interval", async () => {
    const root = folder();
    cpSync(join(TOP, "test/hosts/aws-g4dn-t4-cuda102"), root, { recursive: true });
    const hold: ReturnType<Scene["nucleus"]["holdOperation"]>[] = [];
    const it = await scene({
      flavour,
      root,
      configuration: { watchSeconds: 86_400 },
      onNucleus: (nucleus) => hold.push(nucleus.holdOperation("GetConfiguration")),
    });
    await hold[0]?.held.waitFor(({ request }) => request.componentName === undefined);
    const release = readFileSync(join(root, "etc/os-release"), "utf8");
    writeFileSync(join(root, "etc/os-release"), release.replace(/^VERSION_ID=.*$/m, 'VERSION_ID="99.04"'));

    hold[0]?.release();

    await it.component.output.waitFor(({ text }) => /"trigger":"FACT_CHANGE".*"event":"check.done"/.test(text));
    expect((await it.reports.next(({ device }) => device.distro === "ubuntu 99.04")).drift).toBe("IN_SYNC");
  });

  it("a job's file that changes is checked at once, under its own trigger", async () => {
    const path = join(folder(), "job.json");
    const answer = JSON.parse(readFileSync(join(TOP, "src/lab/jobs/x86-cpu-avx2.json"), "utf8"));
    writeFileSync(path, JSON.stringify(answer));
    const it = await scene({ flavour, configuration: { source: { type: "file", path } } });
    await it.reports.next(() => true);

    answer.ModelPackagingDescription.ModelPackagingConfiguration.Greengrass.TargetPlatform.Arch = "ARM64";
    writeFileSync(path, JSON.stringify(answer));

    expect(await it.reports.next(({ trigger }) => trigger === "JOB_CHANGE")).toMatchObject({ drift: "DRIFTED" });
  });

  it("a declared fact is checked at once, also in a file that is changed in place", async () => {
    const it = await scene({ flavour });
    await it.component.output.waitFor(event("check.done"));
    const file = join(it.work, "facts.d/10-driver.json");
    const declare = (value: string) =>
      writeFileSync(file, JSON.stringify({ key: "driver", value, source: "asset register" }));

    mkdirSync(join(it.work, "facts.d"));
    declare("535.129.03");
    await it.reports.next(({ trigger, device }) => trigger === "FACT_CHANGE" && device.driver === "535.129.03");
    declare("550.54");

    await it.reports.next(({ trigger, device }) => trigger === "FACT_CHANGE" && device.driver === "550.54");
  });

  it("an answer of the API that differs is reported by the next check, whatever triggered that", async () => {
    const answer = JSON.parse(readFileSync(join(TOP, "src/lab/jobs/x86-cpu-avx2.json"), "utf8"));
    const api = await startApi(() => ({ status: 200, body: answer }));
    apis.push(api.close);
    const it = await scene({
      flavour,
      configuration: { source: { type: "archive", endpoint: api.url }, schedule: "* * * * * *", jitterSeconds: 0 },
    });
    const first = await it.reports.next(() => true);

    answer.ModelPackagingDescription.ModelPackagingConfiguration.Greengrass.TargetPlatform.Arch = "ARM64";

    const second = await it.reports.next(({ job }) => job.digest !== first.job.digest);
    expect(second).toMatchObject({ trigger: "SCHEDULE", drift: "DRIFTED" });
  });

  it("a model that is deployed in another version is checked at once, under its own trigger", async () => {
    const it = await scene({ flavour, configuration: { deployedVersion: ["component-details", "artifacts"] } });
    await it.reports.next(() => true);

    mkdirSync(join(it.folder, "packages/artifacts", MODEL.name, "5.0.0"));
    await it.nucleus.deploy(MODEL.name, { version: "5.0.0" });

    expect(await it.reports.next(({ trigger }) => trigger === "DEPLOYMENT")).toMatchObject({ sequence: 2 });
  });
});

describe.each(FLAVOURS)("on the %s nucleus, locally", (flavour) => {
  it("reports and metrics go to local topics where the settings name them", async () => {
    const it = await scene({
      flavour,
      configuration: { localTopic: "packdrift/reports", cloudwatchMetrics: "Factory/Models" },
    });
    const local = (topic: string) => (call: { operation: string; request: { topic?: unknown } }) =>
      call.operation === "PublishToTopic" && call.request.topic === topic;

    const copy = await it.nucleus.calls.waitFor(local("packdrift/reports"));
    await it.nucleus.calls.waitFor(local("cloudwatch/metric/put"), 4);

    const report = await it.reports.next(() => true);
    const bytes = Buffer.from(JSON.stringify(report)).toString("base64");
    expect(copy.request.publishMessage).toEqual(
      flavour === "lite" ? { binaryMessage: { message: bytes } } : { jsonMessage: { message: report } },
    );
    const metrics = it.nucleus.calls.all.filter(local("cloudwatch/metric/put"));
    const values = metrics.map(
      ({ request }) => (request.publishMessage as never as Metric).jsonMessage.message.request,
    );
    expect(values.map(({ namespace, metricData }) => [namespace, metricData.metricName, metricData.value])).toEqual([
      ["Factory/Models", "Drift", 0],
      ["Factory/Models", "Blocking", 0],
      ["Factory/Models", "Unknown", expect.any(Number)],
      ["Factory/Models", "WillNotRun", 0],
    ]);
    expect(values[0]?.metricData).toMatchObject({
      unit: "Count",
      timestamp: Math.floor(Date.parse(report.checkedAt) / 1_000),
      dimensions: [{ name: "job", value: `${JOB.project}/${JOB.job}` }],
    });
    expect(it.component.output.all.filter(event("message.not-sent"))).toEqual([]);
    expect(it.nucleus.stateOf(NAME)).toBe("RUNNING");
  });

  it("a refused publish is logged once, and the check and its report go on", async () => {
    const it = await scene({
      flavour,
      configuration: { localTopic: "packdrift/reports", cloudwatchMetrics: "Factory/Models" },
      onNucleus: (nucleus) => nucleus.answerWith("PublishToTopic", { error: "UnauthorizedError", message: "no" }),
    });
    await it.nucleus.calls.waitFor(({ operation }) => operation === "PublishToTopic", 5);

    it.nucleus.setConfiguration(NAME, { deployedVersion: [`${MODEL.name}=9.0.0`] });

    await it.reports.next(({ trigger }) => trigger === "CONFIG_CHANGE");
    const told = it.component.output.all.filter(event("message.not-sent")).map(({ text }) => JSON.parse(text).message);
    expect(told).toEqual([
      'Cannot publish to the local topic "packdrift/reports": UnauthorizedError: no',
      'Cannot publish to the local topic "cloudwatch/metric/put": UnauthorizedError: no',
    ]);
  });
});

describe("reports on a local topic of nucleus lite", () => {
  it("are copied in full even when long: in parts, and as bytes", async () => {
    const it = await scene({
      flavour: "lite",
      restart: true,
      root: join(TOP, "test/hosts/x86-laptop-no-avx"),
      configuration: {
        maxMessageBytes: 100_000,
        localTopic: "packdrift/reports",
        jobs: [{ project: "weld-seams", job: "weld-seams-failed" }],
      },
    });
    const parts = joinParts();
    let whole: Report | null = null;
    for (let copies = 1; whole === null; copies++) {
      const copied = await it.nucleus.calls.waitFor(({ operation }) => operation === "PublishToTopic", copies);
      const { binaryMessage } = copied.request.publishMessage as never as Bytes;
      whole = parts.add(JSON.parse(Buffer.from(binaryMessage.message, "base64").toString()));
      expect(copies).toBeLessThan(10);
    }

    expect(whole).toMatchObject({ kind: "COMPLETE", drift: "DRIFTED" });
  });
});

describe("on the classic nucleus", () => {
  it("a deployment that ends is checked at once, and no deployment is held up", async () => {
    const it = await scene({ configuration: { watchSeconds: 0 } });
    await it.reports.next(() => true);
    await it.component.output.waitFor(event("check.done"));
    const from = performance.now();

    expect(await it.nucleus.deploy(MODEL.name, { version: "5.0.0" })).toMatchObject({ status: "SUCCEEDED" });

    expect(performance.now() - from).toBeLessThan(2_000);
    const report = await it.reports.next(({ trigger }) => trigger === "DEPLOYMENT");
    expect(report).toMatchObject({ drift: "DRIFTED", component: { deployedVersion: "5.0.0" } });
  });
});

interface Bytes {
  readonly binaryMessage: { readonly message: string };
}

interface Metric {
  readonly jsonMessage: {
    readonly message: {
      readonly request: { namespace: string; metricData: { metricName: string; value: number } };
    };
  };
}
