import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type SampleModel, writeSampleModel } from "../../src/lab/sample-model.js";
import type { CompleteReport } from "../../src/report/report.js";
import { isLong } from "../long-runs.js";
import { startApi } from "./api.js";
import { JOB, MODEL, type SceneOptions, startScene, storeFolder, TOP } from "./flow-parts.js";

type Scene = Awaited<ReturnType<typeof startScene>>;
const open: Scene[] = [];
const removed: string[] = [];
const apis: { close(): Promise<void> }[] = [];
async function scene(options: SceneOptions = {}): Promise<Scene> {
  const started = await startScene(options);
  open.push(started);
  return started;
}
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
  for (const api of apis.splice(0)) await api.close();
  for (const folder of removed.splice(0)) rmSync(folder, { recursive: true });
});

const CPU: SampleModel = { arch: "X86_64", gpu: null };
const GPU: SampleModel = { arch: "X86_64", gpu: { tensorrt: ["7", "1", "3"], sm: "sm_75", ptxIsa: "6.5" } };
const PATH = `${MODEL.name}/${MODEL.version}`;
const OLD = `${MODEL.name}/3.0.0`;
const T4 = join(TOP, "test/hosts/aws-g4dn-t4-cuda102");
const NO_JOB = { project: null, name: null, source: null, unavailable: null };

const findingOf = ({ findings }: CompleteReport, rule: string) => findings.find((finding) => finding.rule === rule);
const anyReport = () => true;

describe("a packaged model in the package store", () => {
  it("is checked by its files at the first start, on a device without any setting", async () => {
    const { reports, work } = await scene({ settings: {}, root: T4, models: { [PATH]: GPU } });
    const report = await reports.next(anyReport);

    expect(report).toMatchObject({
      trigger: "START",
      drift: "IN_SYNC",
      runnable: "RUNNABLE_UNTESTED",
      job: NO_JOB,
      component: { name: MODEL.name, deployedVersion: MODEL.version, state: "RUNNING" },
      agent: { problems: [] },
    });
    expect(report.matches).toEqual(expect.arrayContaining(["target.arch", "target.accelerator", "compiler.gpu-code"]));
    expect(JSON.parse(readFileSync(join(work, "model-cache.json"), "utf8"))).toMatchObject({
      schema: "packdrift.model-cache/1",
      entries: [{ model: { component: MODEL.name, version: MODEL.version, unread: [] } }],
    });
  });

  it("is reported as missing when there is none, and is checked once it is deployed", async () => {
    const { reports, folder } = await scene({ settings: { watchSeconds: 1 } });
    const first = await reports.next(anyReport);
    await writeSampleModel(storeFolder(folder, PATH), CPU);
    const second = await reports.next(({ trigger }) => trigger === "DEPLOYMENT");

    expect(first).toMatchObject({
      drift: "NOT_CHECKED",
      component: { name: null },
      agent: {
        problems: ['Nothing to check: no packaged model was found on this device, and the setting "jobs" names none'],
      },
    });
    expect(second).toMatchObject({ drift: "IN_SYNC", component: { name: MODEL.name } });
  });

  it("replaces a description that is unavailable, and the report says so", async () => {
    const { reports } = await scene({ settings: { jobs: [JOB] }, models: { [PATH]: CPU } });
    const report = await reports.next(anyReport);

    expect(report).toMatchObject({
      drift: "IN_SYNC",
      runnable: "RUNNABLE_UNTESTED",
      job: { project: JOB.project, name: JOB.job, source: null, unavailable: { reason: expect.any(String) } },
    });
    expect(report.job.unavailable?.message).toMatch(
      /Amazon Lookout for Vision ended on 2025-10-31; .*; compared with the files of com\.example\.factory\.BottleCaps 4\.0\.0 instead$/,
    );
  });

  it("is unknown, not drift, when only another user may read it", async () => {
    const { reports } = await scene({
      settings: { nodePath: nodeWithoutRootsRights() },
      models: { [PATH]: GPU },
      onNucleus(_, folder) {
        for (const file of ["compiled.so", "compiled.meta"]) hide(join(storeFolder(folder, PATH), file));
      },
    });
    const report = await reports.next(anyReport);

    expect(report).toMatchObject({ drift: "UNKNOWN", runnable: "CANNOT_TELL", counts: { drift: 0 } });
    expect(JSON.stringify(report.findings)).toContain("Permission: {Read: ALL}");
  });
});

if (isLong)
  describe("a packaged model in the package store", () => {
    it("does not run when its files need a GPU and there is none", async () => {
      const { reports } = await scene({ settings: {}, models: { [PATH]: GPU } });
      const report = await reports.next(anyReport);

      expect(report).toMatchObject({ drift: "DRIFTED", runnable: "WILL_NOT_RUN", job: NO_JOB });
      expect(findingOf(report, "target.accelerator")).toMatchObject({ severity: "BLOCKING", basis: "MODEL" });
    });

    it("is checked while the service is gone, and the service is not asked again that day", async () => {
      const api = await startApi(() => ({ status: 410, body: {} }));
      apis.push(api);
      const { reports, folder } = await scene({
        settings: { jobs: [JOB], watchSeconds: 1 },
        models: { [PATH]: CPU },
        environment: {
          AWS_ENDPOINT_URL: api.url,
          AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
          AWS_SECRET_ACCESS_KEY: "example",
          AWS_CONTAINER_CREDENTIALS_FULL_URI: "",
        },
      });
      const first = await reports.next(anyReport);
      await writeSampleModel(storeFolder(folder, PATH), GPU);
      const second = await reports.next(({ trigger }) => trigger === "DEPLOYMENT");

      expect([first, second].map(({ drift, job }) => [drift, job.unavailable?.reason])).toEqual([
        ["IN_SYNC", "GONE"],
        ["DRIFTED", "GONE"],
      ]);
      expect(second.job.unavailable?.message).toContain("not asked, since it refused with GONE at");
      expect(api.asked).toHaveLength(1);
    });

    it("does not replace a description when the settings name the only source", async () => {
      const source = { type: "archive", endpoint: "http://127.0.0.1:9" };
      const { reports } = await scene({ settings: { jobs: [JOB], source }, models: { [PATH]: CPU } });

      expect(await reports.next(anyReport)).toMatchObject({
        drift: "NOT_CHECKED",
        job: { unavailable: { reason: "UNREACHABLE", message: expect.not.stringContaining("2025-10-31") } },
      });
    });

    it("is compared with its description, and each difference is reported with both places", async () => {
      const { reports, folder } = await scene({ models: { [PATH]: GPU } });
      const report = await reports.next(anyReport);

      expect(report).toMatchObject({ drift: "DRIFTED", job: { name: JOB.job, unavailable: null } });
      expect(findingOf(report, "model.agrees")).toMatchObject({
        outcome: "DRIFT",
        expected: "CPU",
        actual: "NVIDIA",
        because: expect.stringContaining("compiled.meta"),
        evidence: expect.arrayContaining([
          expect.objectContaining({ from: expect.stringContaining(storeFolder(folder, PATH)), value: "NVIDIA" }),
          expect.objectContaining({ value: "CPU" }),
        ]),
      });
    });

    it("is checked at once when it is deployed again in the same version", async () => {
      const { reports, folder } = await scene({ configuration: { watchSeconds: 1 }, models: { [PATH]: CPU } });
      const first = await reports.next(anyReport);
      await writeSampleModel(storeFolder(folder, PATH), GPU);
      const second = await reports.next(({ trigger }) => trigger === "DEPLOYMENT");

      expect([first.drift, second.drift]).toEqual(["IN_SYNC", "DRIFTED"]);
      expect(findingOf(second, "model.agrees")).toMatchObject({ actual: "NVIDIA" });
    });

    it("is used in the deployed version when two are stored", async () => {
      const { reports } = await scene({ settings: {}, models: { [OLD]: GPU, [PATH]: CPU } });

      expect(await reports.next(anyReport)).toMatchObject({
        drift: "IN_SYNC",
        component: { deployedVersion: MODEL.version },
      });
    });

    it("is unknown when two versions differ and nothing says which is deployed", async () => {
      const { reports } = await scene({
        settings: {},
        models: { [OLD]: GPU, [PATH]: CPU },
        onNucleus: (nucleus) => void nucleus.answerWith("GetComponentDetails", { error: "UnauthorizedError" }),
      });
      const report = await reports.next(anyReport);

      expect(report).toMatchObject({ runnable: "CANNOT_TELL", component: { name: MODEL.name, deployedVersion: null } });
      expect(report.drift).not.toBe("DRIFTED");
      expect(JSON.stringify(report.findings)).toContain("versions 3.0.0 and 4.0.0 are in the package store and differ");
    });
  });

/** Nobody but another user may read the file; root only because nothing keeps it from doing so. */
function hide(path: string): void {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) chownSync(path, 12_345, 12_345);
  chmodSync(path, isRoot ? 0o400 : 0o000);
}

/** A Node.js that has root's name at most, as a component has that Greengrass does not start with root's rights. */
function nodeWithoutRootsRights(): string {
  if (process.geteuid?.() !== 0) return process.execPath;
  const folder = mkdtempSync(join(tmpdir(), "packdrift-node-"));
  removed.push(folder);
  const path = join(folder, "node");
  const drop = "setpriv --bounding-set=-dac_override,-dac_read_search";
  writeFileSync(path, `#!/bin/sh\nexec ${drop} ${process.execPath} "$@"\n`, { mode: 0o755 });
  return path;
}
