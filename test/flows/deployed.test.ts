import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { someModel, startEdgeAgent } from "../adapters/edge-agent-server.js";
import { JOB, MODEL, type SceneOptions, startScene } from "./flow-parts.js";

type Scene = Awaited<ReturnType<typeof startScene>>;
const open: Scene[] = [];
const closers: (() => void)[] = [];
async function scene(options: SceneOptions = {}): Promise<Scene> {
  const started = await startScene(options);
  open.push(started);
  return started;
}
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
  for (const close of closers.splice(0)) close();
});

const CLASSIC = {
  spool: "AVAILABLE",
  shadow: "MISSING",
  componentDetails: "AVAILABLE",
  validation: "AVAILABLE",
  updates: "AVAILABLE",
};
const LITE = {
  spool: "MISSING",
  shadow: "MISSING",
  componentDetails: "MISSING",
  validation: "MISSING",
  updates: "MISSING",
};

describe.each([
  ["classic", CLASSIC],
  ["lite", LITE],
] as const)("on the %s nucleus", (flavour, capabilities) => {
  it("a report says what the nucleus offers", async () => {
    const it = await scene({ flavour });

    expect((await it.reports.next(() => true)).agent.capabilities).toEqual(capabilities);
  });

  it("the own job is found by its component, in the version that is deployed", async () => {
    const it = await scene({ flavour, configuration: { jobs: [{ project: JOB.project, component: MODEL.name }] } });

    const report = await it.reports.next(() => true);

    expect(report).toMatchObject({ drift: "IN_SYNC", job: { project: JOB.project, name: JOB.job } });
  });

  it("a version that no job made is told with the candidates, and nothing is compared", async () => {
    const it = await scene({
      flavour,
      deployed: "9.0.0",
      configuration: { jobs: [{ project: JOB.project, component: MODEL.name }] },
    });

    const report = await it.reports.next(() => true);

    expect(report).toMatchObject({
      drift: "NOT_CHECKED",
      runnable: "CANNOT_TELL",
      job: { project: JOB.project, name: null, unavailable: { reason: "NOT_FOUND" } },
      component: { name: MODEL.name, deployedVersion: "9.0.0" },
    });
    const choice = report.findings.find(({ rule }) => rule === "component.deployed");
    expect(choice).toMatchObject({ outcome: "UNKNOWN", expected: `one job that made ${MODEL.name} 9.0.0` });
    expect(choice?.actual).toContain(`${JOB.job} (4.0.0)`);
  });

  it("a version that nobody can tell is unknown with the reason, never drift", async () => {
    const it = await scene({ flavour, configuration: { deployedVersion: ["configuration"] } });

    const report = await it.reports.next(() => true);

    expect(report.component.deployedVersion).toBe(null);
    expect(report.findings.find(({ rule }) => rule === "component.version")?.outcome).toBe("UNKNOWN");
    expect(report.findings.filter(({ outcome }) => outcome === "DRIFT")).toEqual([]);
  });

  it("the Edge Agent's word on the model is a finding when it has failed", async () => {
    const it = await scene({ flavour });
    const path = join(it.folder, "edge.sock");
    const model = someModel({ status: "FAILED", status_message: "cannot load libnvinfer.so.7" });
    const agent = await startEdgeAgent(path, [model]);
    closers.push(agent.close);
    await it.reports.next(() => true);

    it.nucleus.setConfiguration("io.packdrift.Monitor", {
      deployedVersion: ["component-details", "edge-agent", "artifacts"],
      edgeAgentSocket: `unix://${path}`,
    });

    const report = await it.reports.next(({ trigger }) => trigger === "CONFIG_CHANGE");
    expect(report.findings.filter(({ outcome }) => outcome === "DRIFT")).toMatchObject([
      {
        rule: "component.state",
        expected: "model RUNNING",
        actual: "model FAILED",
        severity: "ERROR",
        because: "The Edge Agent says that the model has FAILED: cannot load libnvinfer.so.7",
      },
    ]);
    expect(report.component.deployedVersion).toBe("4.0.0");
    expect(agent.calls).toEqual([`DescribeModel ${MODEL.name}`]);
  });
});

describe("sources of the deployed version", () => {
  it("count in their order, and one that differs is told", async () => {
    const it = await scene({ configuration: { deployedVersion: [`${MODEL.name}=4.0.1`, "component-details"] } });

    const report = await it.reports.next(() => true);

    const finding = report.findings.find(({ rule }) => rule === "component.version");
    expect(finding).toMatchObject({ outcome: "DRIFT", expected: "4.0.0", actual: "4.0.1" });
    expect(finding?.evidence).toEqual(
      expect.arrayContaining([{ from: "GetComponentDetails", value: "4.0.0 (RUNNING)" }]),
    );
  });

  it("say that the nucleus does not allow it, where access is not granted", async () => {
    const it = await scene({ accessControl: {}, configuration: { deployedVersion: ["component-details"] } });

    const reason = await it.component.output.waitFor(({ text }) => text.includes('"event":"check.done"'));
    expect(reason.text).toContain('"reports":1');
    const kept = await it.component.output.waitFor(({ text }) => text.includes('"event":"report.kept"'));
    expect(kept.text).toContain("Unauthorized");
  });
});
