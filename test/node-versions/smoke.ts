import { execFile } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Nucleus } from "../../src/lab/nucleus.js";
import { startSampleArchive } from "../../src/lab/sample-archive.js";
import { startTokenExchange } from "../../src/lab/token-exchange.js";
import { someModel, startEdgeAgent } from "../examiner/deployed/edge-agent-server.js";
import { liveAlone } from "../flows/alone.js";
import { startApi } from "../flows/api.js";
import { ARTIFACTS, JOB, MODEL, NAME, startScene, TOP } from "../flows/flow-parts.js";
import { lacks, mustRun } from "../needed.js";
import { type DeviceNode, NEWEST, nameOf, prepare, type Runnable } from "./nodes.js";

/** A box or a Jetson, and a job that was made for it. */
const DEVICES = {
  x64: {
    root: "aws-t3-nogpu",
    file: "x86-cpu-avx2.json",
    job: JOB,
    model: { ...MODEL, arn: someModel().lookout_vision_model_arn },
  },
  arm64: {
    root: "agx-xavier-jp461",
    file: "arm64-nvidia-sm72.json",
    job: { project: "gear-teeth", job: "gear-teeth-sm72" },
    model: {
      name: "com.example.factory.GearTeeth",
      version: "3.0.2",
      arn: "arn:aws:lookoutvision:eu-west-1:123456789012:model/gear-teeth/3",
    },
  },
};
const validate = new Ajv2020({ strict: false }).compile(
  JSON.parse(readFileSync(join(TOP, "src/report/report.schema.json"), "utf8")),
);

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** One suite for each of these Nodes. */
export function smoke(nodes: readonly DeviceNode[]): void {
  for (const node of nodes) suite(node);
}

function suite(node: DeviceNode): void {
  describe(`the built component on Node ${node.version} for ${node.arch}`, () => {
    let runnable: Runnable = { missing: "not prepared" };
    beforeAll(async () => {
      runnable = await prepare(node);
    });
    beforeEach((test) => {
      if (!("missing" in runnable)) return;
      if (mustRun) throw new Error(`Cannot test on Node ${nameOf(node)}: ${runnable.missing}`);
      test.skip(runnable.missing);
    });
    const path = () => ("path" in runnable ? runnable.path : "");

    // Where it costs seconds, or nothing differs: one of the two.
    const isEnd = node.arch === "x64" && (node.major === 16 || node.major === NEWEST);
    const played = isEnd ? (["classic", "lite"] as const) : ([node.major === 20 ? "lite" : "classic"] as const);
    it.each(played)("starts, checks, answers and stops with the %s nucleus", async (flavour) => {
      const { job, model, scene, exchange, agent } = await device(node, path(), flavour);
      const answers: unknown[] = [];
      const answered = new Promise<void>((resolve) => {
        void scene.cloud.subscribe("cmd/packdrift/v1/line-4/+/res", 1, ({ payload }) => {
          answers.push(JSON.parse(payload.toString()));
          resolve();
        });
      });

      const first = await scene.reports.next(() => true);
      validate(first);
      expect(validate.errors).toBe(null);
      expect(first).toMatchObject({
        trigger: "START",
        drift: "IN_SYNC",
        runnable: "RUNNABLE",
        job: { project: job.project, name: job.job, unavailable: null },
        component: { deployedVersion: model.version },
        agent: { node: `v${node.version}`, transport: "ipc", outbox: "disk", problems: [] },
      });
      expect(exchange.keys).toEqual(["ASIALAB000000001"]);

      await scene.component.output.waitFor(({ text }) => text.includes('"event":"subscriptions.open"'));
      scene.nucleus.setConfiguration(NAME, { deployedVersion: ["edge-agent", `${model.name}=3.9.9`] });
      const second = await scene.reports.next(({ trigger }) => trigger === "CONFIG_CHANGE");
      const drifted = second.findings.filter(({ outcome }) => outcome === "DRIFT").map(({ rule }) => rule);
      expect(drifted).toEqual(["component.version", "component.state"]);
      expect(agent.calls).toEqual([`DescribeModel ${model.name}`]);

      await scene.cloud.publish("cmd/packdrift/v1/line-4/check/req", Buffer.from('{"id":"r-1"}'), { qos: 1 });
      const third = await scene.reports.next(({ trigger }) => trigger === "COMMAND");
      await answered;
      const verdict = { ...job, drift: "DRIFTED", runnable: "RUNNABLE_UNTESTED", report: third.id };
      expect(answers).toMatchObject([{ id: "r-1", status: "DONE", result: { checks: [verdict] } }]);
      expect([second.sequence, third.sequence]).toEqual([2, 3]);

      await scene.component.output.waitFor(({ text }) => text.includes(third.id) && text.includes("report.delivered"));
      expect(await scene.component.stop()).toEqual({ code: 0, signal: null });
      const lines = scene.component.output.all;
      const strange = lines.filter(({ stream, text }) => stream === "stderr" || !/^\{"level":"info",/.test(text));
      expect(strange).toEqual([]);
    });

    it("prints facts and checks a job from its command line, and writes nothing else", {
      timeout: 120_000,
    }, async () => {
      const { root, file, job } = DEVICES[node.arch];
      const archive = await startSampleArchive(join(TOP, "src/lab/jobs"));
      closers.push(archive.close);
      const at = ["--root", join(TOP, "test/hosts", root), "--json"];
      const bundle = join(ARTIFACTS, "packdrift.mjs");
      const run = (...args: string[]) => promisify(execFile)(path(), [bundle, ...args, ...at], { env: PLAIN });

      const facts = await run("facts");
      const check = await run("check", "--job", join(TOP, "src/lab/jobs", file));

      const named = ["--project", job.project, "--job-name", job.job, "--endpoint", archive.endpoint];
      const asked = await run("check", ...named);

      const arch = node.arch === "x64" ? "X86_64" : "ARM64";
      expect(JSON.parse(facts.stdout)).toMatchObject({ schema: "packdrift.facts/1", arch });
      for (const { stdout } of [check, asked]) {
        const [report] = [JSON.parse(stdout)].flat();
        validate(report);
        expect(validate.errors).toBe(null);
        expect(report).toMatchObject({ runnable: "RUNNABLE", job: { name: job.job, unavailable: null } });
      }
      expect([facts.stderr, check.stderr, asked.stderr]).toEqual(["", "", ""]);
    });

    if (isEnd) it.skipIf(lacks("mosquitto", "openssl"))("lives without Greengrass, over MQTT", () => liveAlone(path()));
  });
}

/** Credentials of nobody: with them requests are signed. */
const PLAIN = { PATH: process.env.PATH, AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "none" };

/** A service that answers signed requests alone, so that AWS's own client is loaded and signs. */
async function signedService(file: string) {
  const body = JSON.parse(readFileSync(file, "utf8"));
  const denied = { __type: "AccessDeniedException", Message: "Signed requests alone" };
  const service = await startApi(() =>
    service.authorizations.at(-1) === "" ? { status: 403, body: denied } : { status: 200, body },
  );
  closers.push(service.close);
  return service;
}

/** A device with that Node, with credentials from Greengrass, an archive, and a model that failed in the Edge Agent. */
async function device(node: DeviceNode, path: string, flavour: "classic" | "lite") {
  const { root, file, job, model } = DEVICES[node.arch];
  const service = await signedService(join(TOP, "src/lab/jobs", file));
  let nucleus: Nucleus | null = null;
  const exchange = await startTokenExchange((token) => nucleus?.componentOfToken(token) ?? null);
  closers.push(exchange.close);
  let socket = "";
  const scene = await startScene({
    isNew: true,
    flavour,
    arch: node.arch,
    root: join(TOP, "test/hosts", root),
    configuration: { nodePath: path, jobs: [job], source: { type: "archive", endpoint: service.url } },
    components: [{ ...model, configuration: {} }].filter(({ name }) => name !== MODEL.name),
    nucleus: { credentialsUri: exchange.uri },
    onNucleus(started) {
      nucleus = started;
      mkdirSync(join(started.rootFolder, "packages/artifacts", model.name, model.version), { recursive: true });
      socket = join(started.rootFolder, "edge.sock");
      started.setConfiguration(NAME, { edgeAgentSocket: `unix://${socket}` });
    },
  });
  closers.push(scene.close);
  const failed = { model_component: model.name, lookout_vision_model_arn: model.arn, status: "FAILED" } as const;
  const agent = await startEdgeAgent(socket, [someModel(failed)]);
  closers.push(agent.close);
  return { job, model, scene, exchange, agent };
}
