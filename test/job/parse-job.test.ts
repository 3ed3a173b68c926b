import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvalidInputError } from "../../src/base/errors.js";
import type { PackagingJob } from "../../src/job/job.js";
import { parseJob } from "../../src/job/parse-job.js";

const FIXTURES = new URL("./fixtures/answers/", import.meta.url);
const LAB_JOBS = new URL("../../src/lab/jobs/", import.meta.url);
const readJson = (folder: URL, name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), "utf8"));

const WELD_SEAMS: PackagingJob = {
  project: "weld-seams",
  name: "weld-seams-xavier",
  modelVersion: "7",
  status: "SUCCEEDED",
  statusMessage: "Model packaging job succeeded",
  description: "Welding cells",
  method: "Greengrass",
  createdAt: "2022-12-19T08:42:02.915Z",
  updatedAt: "2022-12-19T09:07:02.000Z",
  component: { name: "com.example.factory.WeldSeams", version: "7.0.1", versionFrom: "OUTPUT" },
  configured: { name: "com.example.factory.WeldSeams", version: "7.0.0" },
  output: {
    name: "com.example.factory.WeldSeams",
    version: "7.0.1",
    arn: "arn:aws:greengrass:eu-central-1:123456789012:components:com.example.factory.WeldSeams:versions:7.0.1",
  },
  targetDevice: null,
  targetPlatform: { os: "LINUX", arch: "ARM64", accelerator: "NVIDIA" },
  compilerOptions: {
    form: "json",
    text: '{"gpu-code": "sm_72", "trt-ver": "8.2.1", "cuda-ver": "10.2"}',
    gpuCode: "sm_72",
    trtVer: "8.2.1",
    cudaVer: "10.2",
    mcpu: null,
    mattr: [],
    other: {},
    problems: [],
  },
  problems: [],
};

const NOTHING: PackagingJob = {
  project: null,
  name: null,
  modelVersion: null,
  status: null,
  statusMessage: null,
  description: null,
  method: null,
  createdAt: null,
  updatedAt: null,
  component: { name: null, version: null, versionFrom: null },
  configured: { name: null, version: null },
  output: null,
  targetDevice: null,
  targetPlatform: null,
  compilerOptions: {
    form: "none",
    text: null,
    gpuCode: null,
    trtVer: null,
    cudaVer: null,
    mcpu: null,
    mattr: [],
    other: {},
    problems: [],
  },
  problems: [],
};

describe("parseJob", () => {
  it.each(readdirSync(FIXTURES))("reads the same job from every client's answer: %s", (name) => {
    expect(parseJob(readJson(FIXTURES, name))).toEqual(WELD_SEAMS);
  });

  it("puts free text on one line, without control characters", () => {
    const { statusMessage, description } = parseJob({
      Status: "FAILED",
      StatusMessage: "no\r\nrole \u001b[2J\u0000here",
      ModelPackagingJobDescription: `${"\n".repeat(300)}${"x".repeat(300)}`,
    });

    expect(statusMessage).toBe("no role  [2J here");
    expect(description).toBe(` ${"x".repeat(254)}…`);
  });

  it("reads the Date objects of the SDK", () => {
    const answer = { ModelPackagingDescription: { CreationTimestamp: new Date(1671439322915) } };

    expect(parseJob(answer)).toEqual({ ...NOTHING, createdAt: "2022-12-19T08:42:02.915Z" });
  });

  it.each(readdirSync(LAB_JOBS))("finds nothing wrong with the sample job %s", (name) => {
    const job = parseJob(readJson(LAB_JOBS, name));

    expect([job.problems, job.compilerOptions.problems]).toEqual([[], []]);
    expect(job.output === null).toBe(job.status === "FAILED");
  });

  it("returns nulls for a job whose description is empty", () => {
    expect(parseJob({ ModelPackagingDescription: {} })).toEqual(NOTHING);
  });

  it("ignores members that the service does not have, and nulls", () => {
    expect(parseJob({ Status: "RUNNING", StatusMessage: null, Colour: { toString: 1 } })).toEqual({
      ...NOTHING,
      status: "RUNNING",
    });
  });

  it("reads texts of the greatest length, and nothing of longer ones", () => {
    const long = (length: number) =>
      parseJob({
        ProjectName: "p".repeat(length),
        ModelPackagingMethod: "m".repeat(length),
        ModelPackagingJobDescription: "d".repeat(length + 224),
      });

    expect(long(32)).toEqual({
      ...NOTHING,
      project: "p".repeat(32),
      method: "m".repeat(32),
      description: "d".repeat(256),
    });
    expect(long(256)).toEqual({
      ...NOTHING,
      description: `${"d".repeat(255)}…`,
      problems: [
        {
          path: "ProjectName",
          found: "256 characters",
          needed: "1 to 255 characters that match ^[a-zA-Z0-9][a-zA-Z0-9_-]*$",
        },
        { path: "ModelPackagingMethod", found: "256 characters", needed: "1 to 32 characters" },
      ],
    });
  });

  it("reports names that the service does not allow, and keeps them", () => {
    expect(parseJob({ ProjectName: "weld seams", ModelVersion: "07" })).toEqual({
      ...NOTHING,
      project: "weld seams",
      modelVersion: "07",
      problems: [
        {
          path: "ModelVersion",
          found: '"07"',
          needed: "1 to 10 characters that match ^([1-9][0-9]*|latest)$",
        },
        {
          path: "ProjectName",
          found: '"weld seams"',
          needed: "1 to 255 characters that match ^[a-zA-Z0-9][a-zA-Z0-9_-]*$",
        },
      ],
    });
  });

  it("turns members of a wrong type into problems, and null", () => {
    const answer = {
      JobName: 7,
      ModelVersion: "",
      StatusMessage: ["x"],
      CreationTimestamp: "2022-12-19T08:42:02",
      LastUpdatedTimestamp: 1671439322915,
      ModelPackagingOutputDetails: "none",
      ModelPackagingConfiguration: {
        Greengrass: { CompilerOptions: { "gpu-code": "sm_72" }, TargetPlatform: [], ComponentName: "a\u001b[31mb" },
      },
    };

    expect(parseJob(answer)).toEqual({
      ...NOTHING,
      compilerOptions: {
        ...NOTHING.compilerOptions,
        form: "tolerated",
        text: '{"gpu-code":"sm_72"}',
        gpuCode: "sm_72",
      },
      problems: [
        { path: "ModelPackagingOutputDetails", found: "a string", needed: "an object" },
        { path: "ModelPackagingConfiguration.Greengrass.TargetPlatform", found: "an array", needed: "an object" },
        { path: "ModelVersion", found: "empty text", needed: "1 to 10 characters that match ^([1-9][0-9]*|latest)$" },
        {
          path: "ModelPackagingConfiguration.Greengrass.ComponentName",
          found: '"a\\u001b[31mb"',
          needed: "1 to 128 characters that match ^[a-zA-Z0-9_.-]+$",
        },
        { path: "JobName", found: "a number", needed: "1 to 64 characters that match ^[a-zA-Z0-9-]+$" },
        { path: "StatusMessage", found: "an array", needed: "text" },
        {
          path: "CreationTimestamp",
          found: '"2022-12-19T08:42:02"',
          needed: "epoch seconds, or an ISO 8601 time with its zone",
        },
        {
          path: "LastUpdatedTimestamp",
          found: "1671439322915",
          needed: "epoch seconds, or an ISO 8601 time with its zone",
        },
        {
          path: "ModelPackagingConfiguration.Greengrass.CompilerOptions",
          found: "an object",
          needed: "text of 3 to 1024 characters",
        },
      ],
    });
  });

  it.each([
    [["sm_72"], "an array"],
    [7, "a number"],
  ])("finds no options in %j", (CompilerOptions, found) => {
    const { compilerOptions } = parseJob({ ModelPackagingConfiguration: { Greengrass: { CompilerOptions } } });

    expect([compilerOptions.form, compilerOptions.problems]).toEqual(["unparseable", [`must be text, is ${found}`]]);
  });

  it("returns values that the service's model does not have, and reports them", () => {
    const answer = {
      Status: "PAUSED",
      ModelPackagingConfiguration: {
        Greengrass: { TargetDevice: "jetson_orin", TargetPlatform: { Os: "QNX", Arch: "ARM_64", Accelerator: "AMD" } },
      },
    };

    const job = parseJob(answer);

    expect(job).toEqual({
      ...NOTHING,
      status: "PAUSED",
      targetDevice: "jetson_orin",
      targetPlatform: { os: "QNX", arch: "ARM_64", accelerator: "AMD" },
      problems: expect.anything(),
    });
    expect(job.problems.map(({ path, found, needed }) => `${path}: ${found}, needs ${needed}`)).toEqual([
      'Status: "PAUSED", needs one of CREATED, RUNNING, SUCCEEDED, FAILED',
      'ModelPackagingConfiguration.Greengrass.TargetDevice: "jetson_orin", needs jetson_xavier',
      'ModelPackagingConfiguration.Greengrass.TargetPlatform.Os: "QNX", needs LINUX',
      'ModelPackagingConfiguration.Greengrass.TargetPlatform.Arch: "ARM_64", needs one of ARM64, X86_64',
      'ModelPackagingConfiguration.Greengrass.TargetPlatform.Accelerator: "AMD", needs NVIDIA',
    ]);
  });

  it.each([
    [
      "output",
      { ComponentVersion: "3.1.0" },
      { ComponentVersion: "3.0.5" },
      { version: "3.1.0", versionFrom: "OUTPUT" },
    ],
    ["configuration", {}, { ComponentVersion: "3.0.5" }, { version: "3.0.5", versionFrom: "CONFIGURATION" }],
    ["service's default", null, {}, { version: "3.0.0", versionFrom: "DEFAULT" }],
  ])("reads the component's version from the %s", (_, made, configured, expected) => {
    const job = parseJob({
      ModelVersion: "3",
      ModelPackagingConfiguration: { Greengrass: { ComponentName: "com.example.A", ...configured } },
      ModelPackagingOutputDetails: { Greengrass: made },
    });

    expect(job.component).toEqual({ name: "com.example.A", ...expected });
  });

  it.each(["latest", "07", "7a", "v7", null])("knows no default version for a model of version %s", (ModelVersion) => {
    const job = parseJob({
      ModelVersion,
      ModelPackagingConfiguration: { Greengrass: { ComponentName: "com.example.A" } },
    });

    expect(job.component).toEqual({ name: "com.example.A", version: null, versionFrom: null });
  });

  it("returns a default version of many digits, and no version for a component without a name", () => {
    const Greengrass = { ComponentName: "com.example.A" };

    expect(parseJob({ ModelVersion: "12", ModelPackagingConfiguration: { Greengrass } }).component).toEqual({
      name: "com.example.A",
      version: "12.0.0",
      versionFrom: "DEFAULT",
    });
    expect(parseJob({ ModelVersion: "12" }).component).toEqual({ name: null, version: null, versionFrom: null });
  });

  const deep = (levels: number): unknown =>
    JSON.parse(`{"Status":"FAILED","x":${"[".repeat(levels)}${"]".repeat(levels)}}`);

  it.each([
    ["a number", 7, "Cannot read job: needs a JSON object, is a number"],
    ["null", null, "Cannot read job: needs a JSON object, is null"],
    ["a list", [], "Cannot read job: needs a JSON object, is an array"],
    ["an empty object", {}, "Cannot read job: needs ModelPackagingDescription, is empty"],
    [
      "a null description",
      { ModelPackagingDescription: null },
      "Cannot read job: needs ModelPackagingDescription, is empty",
    ],
    [
      "a text as description",
      { ModelPackagingDescription: "x" },
      "Cannot read job: ModelPackagingDescription must be an object, is a string",
    ],
    ["something else", { a: 1, 'b"': 2 }, 'Cannot read job: needs ModelPackagingDescription, has "a", "b\\""'],
    [
      "a list of jobs",
      { ModelPackagingJobs: [] },
      "Cannot read job: is an answer of ListModelPackagingJobs, not of DescribeModelPackagingJob",
    ],
    [
      "a description of a model",
      { ModelDescription: {} },
      "Cannot read job: is an answer of DescribeModel, not of DescribeModelPackagingJob",
    ],
    [
      "a key that would change the prototype",
      JSON.parse('{"Status":"FAILED","x":{"__proto__":{"admin":true}}}'),
      'Cannot read job: has a member "__proto__"',
    ],
    ["deep nesting", deep(40), "Cannot read job: nested deeper than 32 levels"],
    ["very deep nesting", deep(200_000), "Cannot read job: nested deeper than 32 levels"],
    ["many values", { Status: "FAILED", x: new Array(30_000).fill(0) }, "Cannot read job: more than 20000 values"],
    ["a huge text", { Status: "x".repeat(2_000_000) }, "Cannot read job: more than 1048576 characters"],
  ])("refuses %s", (_, answer, message) => {
    expect(() => parseJob(answer)).toThrow(expect.objectContaining({ name: "NotAJobError", message }));
  });

  it("throws nothing but InvalidInputError for any input", () => {
    const members = [
      "ModelPackagingDescription",
      "ModelPackagingConfiguration",
      "Greengrass",
      "TargetPlatform",
      "Status",
    ];
    const key = fc.oneof(fc.constantFrom(...members, "CreationTimestamp", "CompilerOptions", "JobName"), fc.string());
    const anything = fc.anything({ key, maxDepth: 5, withDate: true, withNullPrototype: true, withBigInt: true });
    fc.assert(
      fc.property(anything, (answer) => {
        try {
          parseJob(answer);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInputError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
