import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Nucleus } from "../../src/lab/nucleus.js";
import { type SampleSageMaker, startSampleSageMaker } from "../../src/lab/sample-sagemaker.js";
import { startTokenExchange } from "../../src/lab/token-exchange.js";
import type { CompleteReport } from "../../src/report/report.js";
import { FLAVOURS } from "../long-runs.js";
import { packdrift } from "./cli.js";
import { MODEL, NAME, startScene, TOP } from "./flow-parts.js";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const COMPILED = {
  CompilationJobName: "bottle-caps-x86",
  CompilationJobArn: "arn:aws:sagemaker:eu-west-1:123456789012:compilation-job/bottle-caps-x86",
  CompilationJobStatus: "COMPLETED",
  CreationTime: 1740823200.5,
  LastModifiedTime: 1740823800.25,
  FailureReason: "",
  OutputConfig: { S3OutputLocation: "s3://models/caps/", TargetPlatform: { Os: "LINUX", Arch: "X86_64" } },
};
/** As the token exchange service gives them out. */
const KEYS = Object.fromEntries(
  [1, 2, 3, 4, 5, 6].map((number) => [`ASIALAB00000000${number}`, { secret: "lab", token: "lab" }]),
);

/** A device whose model was compiled with SageMaker, with credentials from the token exchange service. */
async function scene(
  flavour: "classic" | "lite",
  fault: SampleSageMaker["fault"] = null,
  compilationJob = COMPILED.CompilationJobName,
) {
  let nucleus: Nucleus | null = null;
  const exchange = await startTokenExchange((token) => nucleus?.componentOfToken(token) ?? null);
  closers.push(exchange.close);
  const sageMaker = await startSampleSageMaker({ jobs: [COMPILED], keys: KEYS });
  sageMaker.fault = fault;
  closers.push(sageMaker.close);
  const it = await startScene({
    flavour,
    configuration: {
      jobs: [{ compilationJob, component: MODEL.name }],
      source: { type: "sagemaker", endpoint: sageMaker.endpoint, region: "eu-west-1" },
    },
    nucleus: { credentialsUri: exchange.uri },
    onNucleus: (started) => {
      nucleus = started;
    },
  });
  closers.push(it.close);
  return { ...it, sageMaker };
}

describe.each(FLAVOURS)("a model compiled with SageMaker, on a %s nucleus", (flavour) => {
  it("is checked against its compilation job, and while the service is down against the last good copy", async () => {
    const { reports, sageMaker, nucleus, work } = await scene(flavour);

    const first = await reports.next(() => true);
    sageMaker.fault = { status: 503, body: { __type: "ServiceUnavailable" } };
    nucleus.setConfiguration(NAME, { maxCopyAgeDays: 30 });
    const second = await reports.next(({ sequence }) => sequence === 2);

    const { digest, fetchedAt } = first.job;
    const job = {
      project: "sagemaker-neo",
      name: "bottle-caps-x86",
      modelVersion: null,
      status: "SUCCEEDED",
      target: "LINUX X86_64 CPU",
      compilerOptions: null,
      digest,
      source: `sagemaker ${sageMaker.endpoint}`,
      fetchedAt,
    };
    expect(first.job).toEqual({ ...job, unavailable: null });
    expect(["target.arch", "component.deployed"].map((rule) => ruleOf(first, rule))).toEqual(["MATCH", "MATCH"]);
    expect(second.job).toMatchObject({ ...job, unavailable: { reason: "FAILED" } });
    expect([first.drift, second.drift]).toEqual(["IN_SYNC", "IN_SYNC"]);
    expect(existsSync(join(work, "jobs/sagemaker-neo/bottle-caps-x86.json"))).toBe(true);
    // One signed request, then three attempts with the credentials of the second check.
    expect(sageMaker.asked).toEqual(["ASIALAB000000001", ...Array(3).fill("ASIALAB000000002")]);
  });

  it("is not checked without the permission, and the report says which one is needed", async () => {
    const { reports } = await scene(flavour, {
      status: 400,
      body: {
        __type: "AccessDeniedException",
        Message: "User: arn:aws:sts::123456789012:assumed-role/TokenExchange/1 is not authorized",
      },
    });

    const report = await reports.next(() => true);

    expect(report).toMatchObject({ drift: "NOT_CHECKED", job: { unavailable: { reason: "DENIED" } } });
    expect(report.job.unavailable?.message).toContain(
      'the role needs "sagemaker:DescribeCompilationJob" on Resource "arn:aws:sagemaker:eu-west-1:ACCOUNT:compilation-job/bottle-caps-x86"',
    );
    expect(report.job.unavailable?.message).not.toContain("2025-10-31");
  });

  it("that is not there is reported as not found", async () => {
    const { reports } = await scene(flavour, null, "bottle-caps-arm");

    expect(await reports.next(() => true)).toMatchObject({
      drift: "NOT_CHECKED",
      job: { project: "sagemaker-neo", name: "bottle-caps-arm", unavailable: { reason: "NOT_FOUND" } },
    });
  });
});

it("is shown by the lab, which plays SageMaker for saved answers of DescribeCompilationJob", async () => {
  const { code, out, err } = await packdrift([
    "lab",
    "--once",
    "--job",
    join(TOP, "test/archive/import/fixtures/neo-dda-x86-cpu.json"),
    "--root",
    join(TOP, "test/hosts/aws-t3-nogpu"),
  ]);

  expect(err).toBe("");
  expect(out).toContain("SageMaker http://127.0.0.1:");
  expect(out).toContain("sagemaker-neo/neo-dda-x86-cpu");
  expect(out).toContain("✓ IN SYNC: the model will run here");
  expect(code).toBe(0);
});

it("is checked by packdrift check, from a saved answer of DescribeCompilationJob", async () => {
  const { code, out } = await packdrift([
    "check",
    "--json",
    "--job",
    join(TOP, "test/archive/import/fixtures/neo-dda-x86-cuda.json"),
    "--root",
    join(TOP, "test/hosts/aws-t3-nogpu"),
  ]);

  expect(JSON.parse(out)).toMatchObject([
    {
      drift: "DRIFTED",
      runnable: "WILL_NOT_RUN",
      job: { project: "sagemaker-neo", name: "neo-dda-x86-cuda", target: "LINUX X86_64 NVIDIA" },
    },
  ]);
  expect(code).toBe(1);
});

/** The outcome of a rule in a report, whose findings leave out the matches. */
function ruleOf(report: CompleteReport, rule: string): string {
  return report.findings.find((finding) => finding.rule === rule)?.outcome ?? "MATCH";
}
