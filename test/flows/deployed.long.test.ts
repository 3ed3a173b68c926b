import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Nucleus } from "../../src/lab/nucleus.js";
import { someModel, startEdgeAgent } from "../examiner/deployed/edge-agent-server.js";
import { FLAVOURS } from "../long-runs.js";
import { startApi } from "./api.js";
import { JOB, MODEL, type SceneOptions, startScene, TOP } from "./flow-parts.js";

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
  for (const close of closers.splice(0).reverse()) close();
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

const SHADOW_MANAGER = { name: "aws.greengrass.ShadowManager", version: "2.3.0" };
const OTHER_MODEL = someModel({ model_component: "com.example.factory.Labels" });
const withoutCli = (nucleus: Nucleus) => nucleus.remove("aws.greengrass.Cli");
const mayPublish = {
  "io.packdrift.Monitor:mqttproxy:2": {
    operations: ["aws.greengrass#PublishToIoTCore"],
    resources: ["*"],
  },
};
const REPORTS_ONLY = { "aws.greengrass.ipc.mqttproxy": mayPublish };
const WITHOUT_CLI_POLICY = REPORTS_ONLY;

describe.each(FLAVOURS)("on the %s nucleus", (flavour) => {
  const capabilities = flavour === "lite" ? LITE : CLASSIC;
  it("a report says what the nucleus offers", async () => {
    const it = await scene({ flavour });

    expect((await it.reports.next(() => true)).agent.capabilities).toEqual(capabilities);
  });

  it("our own job is found by its component, in the version that is deployed", async () => {
    const it = await scene({ flavour, configuration: { jobs: [{ project: JOB.project, component: MODEL.name }] } });

    const report = await it.reports.next(() => true);

    expect(report).toMatchObject({ drift: "IN_SYNC", job: { project: JOB.project, name: JOB.job } });
  });

  it("the Edge Agent's report that the model failed is a finding", async () => {
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

  it("a version that no job made is reported with the candidates, and nothing is compared", async () => {
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

  it("a version that cannot be found out is unknown with the reason, never drift", async () => {
    const it = await scene({ flavour, configuration: { deployedVersion: ["configuration"] } });

    const report = await it.reports.next(() => true);

    expect(report.component.deployedVersion).toBe(null);
    expect(report.findings.find(({ rule }) => rule === "component.version")?.outcome).toBe("UNKNOWN");
    expect(report.findings.filter(({ outcome }) => outcome === "DRIFT")).toEqual([]);
  });
});

describe("sources of the deployed version", () => {
  it("are asked in order, and one that differs is reported", async () => {
    const it = await scene({ configuration: { deployedVersion: [`${MODEL.name}=4.0.1`, "component-details"] } });

    const report = await it.reports.next(() => true);

    const finding = report.findings.find(({ rule }) => rule === "component.version");
    expect(finding).toMatchObject({ outcome: "DRIFT", expected: "4.0.0", actual: "4.0.1" });
    expect(finding?.evidence).toEqual(
      expect.arrayContaining([{ from: "GetComponentDetails", value: "4.0.0 (RUNNING)" }]),
    );
  });

  it.each<readonly [string, SceneOptions, string]>([
    ["where access is not granted", { accessControl: WITHOUT_CLI_POLICY }, "Unauthorized"],
    ["where aws.greengrass.Cli is not deployed", { onNucleus: withoutCli }, "is not supported by Greengrass"],
    [
      "on nucleus lite, which has no such operation",
      { flavour: "lite" },
      "this nucleus does not offer it: nucleus lite has no component details",
    ],
  ])("say why they cannot tell, %s, and that is no drift", async (_, options, why) => {
    const it = await scene({ ...options, configuration: { deployedVersion: ["component-details"] } });

    const report = await it.reports.next(() => true);

    const about = report.findings.filter(({ rule }) => rule === "component.version" || rule === "component.deployed");
    expect(about.map(({ rule, outcome }) => [rule, outcome])).toEqual([
      ["component.deployed", "UNKNOWN"],
      ["component.version", "UNKNOWN"],
    ]);
    for (const { because } of about) expect(because).toContain(why);
    expect(report.findings.filter(({ outcome }) => outcome === "DRIFT")).toEqual([]);
  });

  it.each(FLAVOURS)("cannot choose between two artifact folders, on the %s nucleus", async (flavour) => {
    const it = await scene({
      flavour,
      configuration: { deployedVersion: ["artifacts"] },
      onNucleus: ({ rootFolder }) =>
        mkdirSync(join(rootFolder, "packages/artifacts", MODEL.name, "3.0.0"), { recursive: true }),
    });

    const report = await it.reports.next(() => true);

    const finding = report.findings.find(({ rule }) => rule === "component.version");
    expect(finding).toMatchObject({ outcome: "UNKNOWN", actual: null });
    expect(finding?.because).toContain("it holds several versions: 3.0.0, 4.0.0");
  });

  it("say that the component is not deployed, which is a drift", async () => {
    const it = await scene({ onNucleus: (nucleus) => nucleus.remove(MODEL.name) });

    expect((await it.reports.next(() => true)).findings).toContainEqual(
      expect.objectContaining({ rule: "component.deployed", outcome: "DRIFT", actual: "not deployed" }),
    );
  });

  it("agree on a version where its three integers are the same", async () => {
    const it = await scene({ configuration: { deployedVersion: [`${MODEL.name}=04.0.00`, "component-details"] } });

    const report = await it.reports.next(() => true);

    expect(report).toMatchObject({ drift: "IN_SYNC", component: { deployedVersion: "04.0.00" } });
    expect(JSON.stringify(report.findings)).not.toContain("DISPUTED");
  });
});

describe("an Edge Agent", () => {
  const asked = async (agent: (path: string) => Promise<{ close(): void }>) => {
    const folder = mkdtempSync(join(tmpdir(), "packdrift-edge-"));
    closers.push(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "edge.sock");
    const { close } = await agent(path);
    closers.push(close);
    const configuration = { deployedVersion: ["edge-agent", "artifacts"], edgeAgentSocket: `unix://${path}` };
    return (await scene({ configuration })).reports.next(() => true);
  };
  const said = (report: Awaited<ReturnType<typeof asked>>) => report.findings.map(({ because }) => because).join("\n");

  it.each<readonly ["STOPPED" | "STARTING" | "RUNNING", readonly (readonly string[])[]]>([
    ["STOPPED", [["component.state", "DRIFT", "WARNING"]]],
    ["STARTING", []],
    ["RUNNING", []],
  ])("that says %s", async (status, findings) => {
    const report = await asked((path) => startEdgeAgent(path, [someModel({ status })]));

    const drifts = report.findings.filter(({ outcome }) => outcome === "DRIFT");
    expect(drifts.map(({ rule, outcome, severity }) => [rule, outcome, severity])).toEqual(findings);
    expect(report.component.deployedVersion).toBe("4.0.0");
  });

  it("that has another version of the model is a drift", async () => {
    const arn = "arn:aws:lookoutvision:eu-west-1:123456789012:model/bottle-caps/7";
    const report = await asked((path) => startEdgeAgent(path, [someModel({ lookout_vision_model_arn: arn })]));

    expect(report.findings).toContainEqual(
      expect.objectContaining({ rule: "component.version", outcome: "DRIFT", severity: "ERROR" }),
    );
  });

  type Agent = (path: string) => Promise<{ close(): void }>;
  it.each<[string, Agent]>([
    ["does not have the model, and names those that it has", (path: string) => startEdgeAgent(path, [OTHER_MODEL])],
    ["is not there", async () => ({ close() {} })],
    ["takes the connection and never answers", (path: string) => listenAt(path, () => undefined)],
    ["hangs up", (path: string) => listenAt(path, (socket) => socket.destroy())],
    [
      "does not speak gRPC",
      (path: string) => listenAt(path, (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")),
    ],
    [
      "answers with more than it could have to say",
      (path: string) => startEdgeAgent(path, [someModel({ status_message: "x".repeat(5 * 2 ** 20) })]),
    ],
  ])("that %s leaves the version to the next source, and no drift", async (_, agent) => {
    const report = await asked(agent);

    expect(report).toMatchObject({ drift: "IN_SYNC", component: { deployedVersion: "4.0.0" } });
    expect(said(report)).not.toContain("Edge Agent says");
  });
});

describe("our own job", () => {
  const OWN = { project: JOB.project, component: MODEL.name };
  const jobsOf = (count: number, over: (at: number) => object = () => ({})) =>
    Array.from({ length: count }, (_, at) => aJob(`job-${String(at).padStart(3, "0")}`, over(at)));

  it("is found on a later page of the list, among more than a hundred", async () => {
    const answers = jobsOf(130, (at) => ({ version: at === 127 ? "4.0.0" : `1.0.${at}` }));
    const it = await scene({ answers, configuration: { jobs: [OWN] } });

    expect(await it.reports.next(() => true)).toMatchObject({ drift: "IN_SYNC", job: { name: "job-127" } });
  });

  it.each(FLAVOURS)("is not guessed where two jobs made the same, on the %s nucleus", async (flavour) => {
    const it = await scene({ flavour, answers: jobsOf(2), configuration: { jobs: [OWN] } });

    const report = await it.reports.next(() => true);

    expect(report).toMatchObject({ drift: "NOT_CHECKED", job: { name: null, unavailable: { reason: "AMBIGUOUS" } } });
    expect(report.findings.find(({ rule }) => rule === "component.deployed")).toMatchObject({
      outcome: "UNKNOWN",
      actual: "job-000 (4.0.0), job-001 (4.0.0)",
    });
  });

  it("is the one that succeeded, where another with the same output failed", async () => {
    const answers = jobsOf(2, (at) => (at === 0 ? { status: "FAILED" } : {}));
    const it = await scene({ answers, configuration: { jobs: [OWN] } });

    expect(await it.reports.next(() => true)).toMatchObject({ drift: "IN_SYNC", job: { name: "job-001" } });
  });

  it.each([
    [403, "AccessDeniedException", "DENIED", "lookoutvision:ListModelPackagingJobs"],
    [429, "ThrottlingException", "THROTTLED", "ThrottlingException"],
    [410, "GoneException", "GONE", "the jobs of project"],
  ])(
    "cannot be found when the list is answered with %i: that is reported, and is not a drift",
    async (status, type, reason, words) => {
      const api = await startApi(() => ({ status, body: { __type: type, Message: "no" } }));
      closers.push(() => void api.close());
      const source = { type: "archive", endpoint: api.url };
      const it = await scene({ configuration: { jobs: [OWN], source } });

      const report = await it.reports.next(() => true);

      expect(report).toMatchObject({ drift: "NOT_CHECKED", job: { unavailable: { reason } } });
      expect(report.job.unavailable?.message).toContain(words);
    },
  );

  it.each(FLAVOURS)("is found among the stored copies when the service is gone, on the %s nucleus", async (flavour) => {
    const it = await scene({ flavour, configuration: { jobs: [OWN] } });
    await it.reports.next(() => true);
    await it.component.stop();
    await it.archive.close();

    await it.again();

    expect(await it.reports.next(({ sequence }) => sequence === 2)).toMatchObject({
      drift: "IN_SYNC",
      job: { name: JOB.job, unavailable: { reason: "UNREACHABLE" } },
    });
  });
});

describe("what the nucleus offers", () => {
  it.each<readonly [string, SceneOptions, object]>([
    [
      "with both, where the recipe's policies are not in force",
      { components: [SHADOW_MANAGER], accessControl: REPORTS_ONLY },
      { ...CLASSIC, shadow: "DENIED", componentDetails: "DENIED" },
    ],
    ["with the shadow manager", { components: [SHADOW_MANAGER] }, { ...CLASSIC, shadow: "AVAILABLE" }],
    ["without aws.greengrass.Cli", { onNucleus: withoutCli }, { ...CLASSIC, componentDetails: "MISSING" }],
  ])("is reported %s", async (_, options, capabilities) => {
    const it = await scene(options);

    expect((await it.reports.next(() => true)).agent.capabilities).toEqual(capabilities);
  });
});

/** A wire answer about a job that any x86-64 machine with AVX2 satisfies. */
function aJob(name: string, { version = "4.0.0", status = "SUCCEEDED" }: { version?: string; status?: string } = {}) {
  const answer = JSON.parse(readFileSync(join(TOP, "src/lab/jobs/x86-cpu-avx2.json"), "utf8"));
  const { ModelPackagingDescription: description } = answer;
  description.JobName = name;
  description.Status = status;
  description.ModelPackagingConfiguration.Greengrass.ComponentVersion = version;
  description.ModelPackagingOutputDetails.Greengrass.ComponentVersion = version;
  return answer;
}

async function listenAt(path: string, onSocket: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => undefined));
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
