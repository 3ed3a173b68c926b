import { describe, expect, it } from "vitest";
import { documentsOf } from "../../../src/archive/import/documents.js";
import { recognise } from "../../../src/archive/import/recognise.js";
import type { Hints } from "../../../src/archive/import/taken.js";
import { parseYaml } from "../../../src/platform/yaml.js";

const NO_HINTS: Hints = { project: null, job: null, tags: {} };

/** What the documents of a text turn out to be. */
function takeAll(text: unknown, hints: Partial<Hints> = {}) {
  const body = typeof text === "string" ? text : JSON.stringify(text);
  return documentsOf(body, "a.json", parseYaml).map((document) => recognise(document, { ...NO_HINTS, ...hints }));
}

const JOB = {
  JobName: "xavier-1",
  ProjectName: "weld-seams",
  ModelVersion: "7",
  ModelPackagingConfiguration: {
    Greengrass: {
      CompilerOptions: '{"gpu-code": "sm_72", "trt-ver": "8.2.1", "cuda-ver": "10.2"}',
      TargetPlatform: { Os: "LINUX", Arch: "ARM64", Accelerator: "NVIDIA" },
      S3OutputLocation: { Bucket: "models", Prefix: "a/" },
      ComponentName: "com.example.A",
      ComponentVersion: "7.0.1",
      Tags: [{ Key: "plant", Value: "ulm-2" }],
    },
  },
  ModelPackagingMethod: "Greengrass",
  Status: "SUCCEEDED",
  CreationTimestamp: 1671439322.915,
  LastUpdatedTimestamp: 1671440823.165,
};
const ISO = {
  CreationTimestamp: "2022-12-19T08:42:02.915000+00:00",
  LastUpdatedTimestamp: "2022-12-19T09:07:03.165000+00:00",
};
const TAKEN = { ref: { project: "weld-seams", job: "xavier-1" }, description: JOB, origin: "DESCRIBE", guessed: [] };

const CLI_V2_YAML = `ModelPackagingDescription:
  CreationTimestamp: '2022-12-19T08:42:02.915000+00:00'
  JobName: xavier-1
  LastUpdatedTimestamp: '2022-12-19T09:07:03.165000+00:00'
  ModelPackagingConfiguration:
    Greengrass:
      CompilerOptions: '{"gpu-code": "sm_72", "trt-ver": "8.2.1", "cuda-ver": "10.2"}'
      ComponentName: com.example.A
      ComponentVersion: 7.0.1
      S3OutputLocation:
        Bucket: models
        Prefix: a/
      Tags:
      - Key: plant
        Value: ulm-2
      TargetPlatform:
        Accelerator: NVIDIA
        Arch: ARM64
        Os: LINUX
  ModelPackagingMethod: Greengrass
  ModelVersion: '7'
  ProjectName: weld-seams
  Status: SUCCEEDED
`;

describe("an answer of DescribeModelPackagingJob", () => {
  it.each<[string, unknown]>([
    ["the wire", { ModelPackagingDescription: JOB }],
    ["the AWS CLI v1", `${JSON.stringify({ ModelPackagingDescription: JOB }, null, 4)}\n`],
    ["the AWS CLI v2", { ModelPackagingDescription: { ...JOB, ...ISO } }],
    ["the AWS CLI v2 without the wrapper (--query)", { ...JOB, ...ISO }],
    ["the AWS CLI v2 as YAML", CLI_V2_YAML],
    ["the AWS CLI v2 as a YAML stream", `- ${CLI_V2_YAML.trimEnd().replaceAll("\n", "\n  ")}\n`],
    [
      "YAML without the wrapper and with an unquoted time",
      CLI_V2_YAML.replace(/^.*\n/, "")
        .replace(/^ {2}/gm, "")
        .replace(/'(2022.*)'/g, "$1"),
    ],
    [
      "boto3 with default=str",
      {
        ResponseMetadata: { RetryAttempts: 0 },
        ModelPackagingDescription: {
          ...JOB,
          CreationTimestamp: "2022-12-19 09:42:02.915000+01:00",
          LastUpdatedTimestamp: "2022-12-19 09:07:03.165000+00:00",
        },
      },
    ],
    [
      "the SDK for JavaScript",
      {
        $metadata: { attempts: 1 },
        ModelPackagingDescription: {
          ...JOB,
          CreationTimestamp: new Date(1671439322915),
          LastUpdatedTimestamp: new Date(1671440823165),
        },
      },
    ],
    ["the SDK for Go", { ModelPackagingDescription: { ...JOB, ...ISO, StatusMessage: null }, ResultMetadata: {} }],
    ["PowerShell, with a byte order mark", `\uFEFF${JSON.stringify({ ModelPackagingDescription: JOB })}`],
  ])("is taken as %s wrote it", (_, text) => {
    expect(takeAll(text)).toEqual([TAKEN]);
  });

  it("may be one of many: a list, or one a line", () => {
    const other = { ...TAKEN, ref: { ...TAKEN.ref, job: "b" }, description: { ...JOB, JobName: "b" } };
    const answers = [{ ModelPackagingDescription: JOB }, { ModelPackagingDescription: { ...JOB, JobName: "b" } }];

    expect(takeAll(answers)).toEqual([TAKEN, other]);
    expect(takeAll(answers.map((answer) => JSON.stringify(answer)).join("\n"))).toEqual([TAKEN, other]);
  });

  it("is taken with the names that the user gives where it has none", () => {
    const { JobName: _, ...nameless } = JOB;

    expect(takeAll(nameless)).toEqual([
      { refused: "it does not name its project and job: give --project and --job-name" },
    ]);
    expect(takeAll(nameless, { job: "given", project: "other" })).toEqual([
      {
        ...TAKEN,
        ref: { project: "weld-seams", job: "given" },
        description: { ...JOB, JobName: "given" },
        guessed: ["JobName as given on the command line"],
      },
    ]);
  });

  it.each<[unknown, string]>([
    [{ ModelPackagingJobs: [] }, "is an answer of ListModelPackagingJobs, not of DescribeModelPackagingJob"],
    [{ ModelPackagingDescription: null }, "needs ModelPackagingDescription, is empty"],
    [{ hello: 1 }, 'needs ModelPackagingDescription, has "hello"'],
    [[7], "needs an object, is a number"],
    [{ ...JOB, JobName: "../x" }, 'its name "weld-seams/../x" is none that a job can have: must match [a-zA-Z0-9-]+'],
    ['{"ModelPackagingDescription": {"__proto__": {"JobName": "a"}}}', 'has a member "__proto__"'],
  ])("is refused as %j", (text, why) => {
    expect(takeAll(text)).toEqual([{ refused: why }]);
  });

  it.each([
    ["", "is empty, not JSON"],
    ["<html><body>Sign in</body></html>", "is an HTML page, not JSON"],
    [
      "{'ModelPackagingDescription': {'JobName': 'a'}}",
      "is a printed Python dictionary, not JSON (write it with json.dumps)",
    ],
    ['{"ModelPackagingDescription": {"JobName"', "is cut off"],
    ["a: [", "needs JSON or YAML"],
    [
      `a: &a [x]\n${Array.from({ length: 12 }, (_, at) => `b${at}: &b${at} [${`*${at === 0 ? "a" : `b${at - 1}`},`.repeat(10)}]`).join("\n")}`,
      "needs JSON or YAML",
    ],
    ["hello world", "is not JSON"],
  ])("is no document: %.40j", (text, why) => {
    expect(() => takeAll(text)).toThrow(why);
  });
});

describe("a CloudTrail record", () => {
  const START = {
    eventVersion: "1.08",
    eventTime: "2022-12-19T08:42:02Z",
    eventSource: "lookoutvision.amazonaws.com",
    eventName: "StartModelPackagingJob",
    awsRegion: "eu-central-1",
    requestParameters: {
      projectName: "weld-seams",
      modelVersion: "7",
      configuration: {
        greengrass: {
          compilerOptions: JOB.ModelPackagingConfiguration.Greengrass.CompilerOptions,
          targetPlatform: { os: "LINUX", arch: "ARM64", accelerator: "NVIDIA" },
          s3OutputLocation: { bucket: "models", prefix: "a/" },
          componentName: "com.example.A",
          componentVersion: "7.0.1",
          tags: [{ key: "plant", value: "ulm-2" }],
          componentDescription: "HIDDEN_DUE_TO_SECURITY_REASONS",
        },
      },
      clientToken: "x",
    },
    responseElements: { jobName: "xavier-1" },
  };
  const { JobName, ProjectName, ModelVersion, ModelPackagingConfiguration } = JOB;
  const STARTED = {
    ref: { project: "weld-seams", job: "xavier-1" },
    description: { JobName, ProjectName, ModelVersion, ModelPackagingConfiguration, CreationTimestamp: 1671439322 },
    origin: "CLOUDTRAIL",
    guessed: [
      "CreationTimestamp is the time of the request",
      "what came of the job is not known: Status, output details and times of change are absent",
    ],
  };

  it.each<[string, unknown]>([
    ["by itself", START],
    ["in a log file", { Records: [START] }],
    ["from lookup-events", { Events: [{ EventId: "1", CloudTrailEvent: JSON.stringify(START) }] }],
    ["from CloudWatch Logs", { events: [{ message: JSON.stringify(START), timestamp: 1 }], searchedLogStreams: [] }],
    ["from EventBridge", { "detail-type": "AWS API Call via CloudTrail", detail: START }],
  ])("of StartModelPackagingJob is taken %s", (_, document) => {
    expect(takeAll(document)).toEqual([STARTED]);
  });

  it("of StartModelPackagingJob names its job in the request or the answer", () => {
    const named = {
      ...START,
      responseElements: null,
      requestParameters: { ...START.requestParameters, jobName: "xavier-1" },
    };

    expect(takeAll(named)).toEqual([STARTED]);
    expect(takeAll({ ...START, responseElements: null })).toEqual([
      { refused: "a CloudTrail record that does not name its project and job" },
    ]);
  });

  it.each([
    [
      { ...START, errorCode: "ConflictException" },
      'a CloudTrail record of a StartModelPackagingJob that failed with "ConflictException"',
    ],
    [{ ...START, eventSource: "s3.amazonaws.com" }, 'a CloudTrail record of another service ("s3.amazonaws.com")'],
    [{ ...START, eventName: "DetectAnomalies" }, 'a CloudTrail record of "DetectAnomalies", which holds no job'],
    [
      {
        ...START,
        eventName: "DescribeModelPackagingJob",
        requestParameters: { projectName: "p", jobName: "j" },
        responseElements: null,
      },
      'a CloudTrail record that says only that job "p/j" was asked for, not what it is',
    ],
  ])("is refused where it holds no job", (record, why) => {
    expect(takeAll(record)).toEqual([{ refused: why }]);
  });

  it("of DescribeModelPackagingJob is taken where it holds the answer", () => {
    const record = {
      ...START,
      eventName: "DescribeModelPackagingJob",
      responseElements: { modelPackagingDescription: { jobName: "j", projectName: "p", status: "FAILED" } },
    };

    expect(takeAll(record)).toEqual([
      {
        ref: { project: "p", job: "j" },
        description: { JobName: "j", ProjectName: "p", Status: "FAILED" },
        origin: "DESCRIBE",
        guessed: [],
      },
    ]);
  });
});

describe("a Neo compilation job", () => {
  const OPTIONS = '{"cuda-ver": "10.2", "gpu-code": "sm_72", "trt-ver": "8.2.1", "max-workspace-size": "2147483648"}';
  const COMPILED = {
    CompilationJobName: "dda-xavier-1",
    CompilationJobArn: "arn:aws:sagemaker:eu-central-1:123456789012:compilation-job/dda-xavier-1",
    CompilationJobStatus: "COMPLETED",
    CreationTime: "2025-03-01T10:00:00.500000+00:00",
    LastModifiedTime: 1740823800.25,
    FailureReason: "",
    InputConfig: { Framework: "PYTORCH" },
    OutputConfig: {
      S3OutputLocation: "s3://models/compiled/x/",
      TargetPlatform: { Os: "LINUX", Arch: "ARM64", Accelerator: "NVIDIA" },
      CompilerOptions: OPTIONS,
    },
  };
  const mapped = (target: object) => ({
    ref: { project: "sagemaker-neo", job: "dda-xavier-1" },
    description: {
      JobName: "dda-xavier-1",
      ProjectName: "sagemaker-neo",
      ModelPackagingConfiguration: {
        Greengrass: { ...target, S3OutputLocation: { Bucket: "models", Prefix: "compiled/x/" } },
      },
      Status: "SUCCEEDED",
      CreationTimestamp: 1740823200.5,
      LastUpdatedTimestamp: 1740823800.25,
    },
    origin: "NEO",
  });
  const NAMED = "ProjectName is sagemaker-neo: a compilation job has none (--project names another)";
  const ABSENT = "component and model version are not known: absent";
  const withOutput = (OutputConfig: object) => ({
    ...COMPILED,
    OutputConfig: { S3OutputLocation: "s3://models/compiled/x/", ...OutputConfig },
  });

  it("for a platform asks the same as a packaging job", () => {
    const target = { CompilerOptions: OPTIONS, TargetPlatform: { Os: "LINUX", Arch: "ARM64", Accelerator: "NVIDIA" } };

    expect(takeAll(COMPILED)).toEqual([{ ...mapped(target), guessed: [NAMED, ABSENT] }]);
    expect(takeAll(COMPILED, { project: "dda" })).toMatchObject([{ ref: { project: "dda" }, guessed: [ABSENT] }]);
  });

  it("for the CPU has no accelerator", () => {
    const target = { TargetPlatform: { Os: "LINUX", Arch: "X86_64" } };

    expect(takeAll(withOutput(target))).toEqual([{ ...mapped(target), guessed: [NAMED, ABSENT] }]);
  });

  it("for jetson_xavier keeps its options, and gets Neo's where it has none", () => {
    expect(takeAll(withOutput({ TargetDevice: "jetson_xavier", CompilerOptions: OPTIONS }))).toEqual([
      { ...mapped({ CompilerOptions: OPTIONS, TargetDevice: "jetson_xavier" }), guessed: [NAMED, ABSENT] },
    ]);
    expect(takeAll(withOutput({ TargetDevice: "jetson_xavier" }))).toEqual([
      {
        ...mapped({
          CompilerOptions: '{"gpu-code": "sm_72", "trt-ver": "5.1.6", "cuda-ver": "10.0"}',
          TargetDevice: "jetson_xavier",
        }),
        guessed: [
          "CompilerOptions are those that Neo's guide lists for jetson_xavier: the job gives none",
          NAMED,
          ABSENT,
        ],
      },
    ]);
  });

  it("for another device is mapped to its platform", () => {
    expect(takeAll(withOutput({ TargetDevice: "ml_g4dn" }))).toEqual([
      {
        ...mapped({
          CompilerOptions: '{"gpu-code":"sm_75"}',
          TargetPlatform: { Os: "LINUX", Arch: "X86_64", Accelerator: "NVIDIA" },
        }),
        guessed: [
          "TargetPlatform stands for TargetDevice ml_g4dn",
          "gpu-code is that of ml_g4dn: the job gives none",
          NAMED,
          ABSENT,
        ],
      },
    ]);
    expect(takeAll(withOutput({ TargetDevice: "jetson_tx2", CompilerOptions: "{'gpu_code': 'sm_62'}" }))).toMatchObject(
      [
        mapped({
          CompilerOptions: "{'gpu_code': 'sm_62'}",
          TargetPlatform: { Os: "LINUX", Arch: "ARM64", Accelerator: "NVIDIA" },
        }),
      ],
    );
  });

  it.each([
    [{ TargetDevice: "rasp3b" }, 'a Neo compilation job for "rasp3b", which no packaging job can name'],
    [{ TargetDevice: "x86_win64" }, 'a Neo compilation job for "WINDOWS", not LINUX'],
    [{ TargetPlatform: { Os: "ANDROID", Arch: "ARM64" } }, 'a Neo compilation job for "ANDROID", not LINUX'],
    [
      { TargetPlatform: { Os: "LINUX", Arch: "ARM_EABIHF" } },
      'a Neo compilation job for "ARM_EABIHF", neither ARM64 nor X86_64',
    ],
    [
      { TargetPlatform: { Os: "LINUX", Arch: "ARM64", Accelerator: "MALI" } },
      'a Neo compilation job for the accelerator "MALI", not NVIDIA',
    ],
    [{}, "a Neo compilation job without OutputConfig.TargetDevice and TargetPlatform"],
  ])("is refused for %j", (output, why) => {
    expect(takeAll(withOutput(output))).toEqual([{ refused: why }]);
  });

  it("that failed or was stopped says so", () => {
    const failed = { ...COMPILED, CompilationJobStatus: "FAILED", FailureReason: "ClientError: no" };

    expect(takeAll(failed)).toMatchObject([{ description: { Status: "FAILED", StatusMessage: "ClientError: no" } }]);
    expect(takeAll({ ...COMPILED, CompilationJobStatus: "STOPPED" })).toMatchObject([
      {
        description: { Status: "FAILED" },
        guessed: [
          "ProjectName is sagemaker-neo: a compilation job has none (--project names another)",
          "Status is FAILED: the compilation was stopped",
          ABSENT,
        ],
      },
    ]);
  });
});

describe("a Greengrass component", () => {
  const RECIPE = `---
RecipeFormatVersion: "2020-01-25"
ComponentName: com.example.WeldSeams
ComponentVersion: "7.0.1"
ComponentDescription: Anomalies in weld seams
ComponentPublisher: Amazon Lookout for Vision
ComponentDependencies:
  aws.iot.lookoutvision.EdgeAgent:
    VersionRequirement: ">=1.0.0"
Manifests:
  - Platform:
      os: linux
      architecture: aarch64
    Artifacts:
      - Uri: s3://models/a/b/weld_greengrass_model_component.zip
        Unarchive: ZIP
`;
  const ARN = "arn:aws:greengrass:eu-central-1:123456789012:components:com.example.WeldSeams:versions:7.0.1";
  const NAMES = [
    "ProjectName is made from the component's name",
    "JobName is made from the component's name and version",
  ];
  const REST = [
    "S3OutputLocation is where the component's artifact stands",
    "Status is SUCCEEDED: the component exists",
    "model version and times are not known: absent",
  ];
  const UNKNOWN = "TargetPlatform is absent: made for ARM64, but whether the model needs a GPU is not known";
  const rebuilt = (more: object, arn?: string) => ({
    ref: { project: "com-example-WeldSeams", job: "com-example-WeldSeams-7-0-1" },
    description: {
      JobName: "com-example-WeldSeams-7-0-1",
      ProjectName: "com-example-WeldSeams",
      ModelPackagingConfiguration: {
        Greengrass: {
          S3OutputLocation: { Bucket: "models", Prefix: "a/b/" },
          ComponentName: "com.example.WeldSeams",
          ComponentVersion: "7.0.1",
          ComponentDescription: "Anomalies in weld seams",
          ...more,
        },
      },
      ModelPackagingOutputDetails: {
        Greengrass: {
          ...(arn !== undefined && { ComponentVersionArn: arn }),
          ComponentName: "com.example.WeldSeams",
          ComponentVersion: "7.0.1",
        },
      },
      Status: "SUCCEEDED",
    },
    origin: "RECIPE",
  });

  it("is put together from its recipe, without a target that nobody knows", () => {
    expect(takeAll(RECIPE)).toEqual([{ ...rebuilt({}), guessed: [...NAMES, ...REST, UNKNOWN] }]);
  });

  it("is put together from an answer of GetComponent, with its tags, in either form of recipe", () => {
    const answer = {
      recipe: Buffer.from(RECIPE).toString("base64"),
      tags: { plant: "ulm-2" },
      recipeOutputFormat: "YAML",
    };
    const json = {
      ...answer,
      recipeOutputFormat: "JSON",
      recipe: Buffer.from(JSON.stringify(parseYaml(RECIPE)[0])).toString("base64"),
    };
    const expected = [
      { ...rebuilt({ Tags: [{ Key: "plant", Value: "ulm-2" }] }), guessed: [...NAMES, ...REST, UNKNOWN] },
    ];

    expect(takeAll(answer)).toEqual(expected);
    expect(takeAll(json)).toEqual(expected);
    expect(takeAll({ ...answer, recipe: "%%%" })).toEqual([
      { refused: "an answer of GetComponent whose recipe cannot be read" },
    ]);
  });

  it("has the target that its tags tell", () => {
    const tags = {
      "gpu-code": "sm_72",
      "trt-ver": "8.2.1",
      "cuda-ver": "10.2",
      project: "weld-seams",
      "packdrift:job-name": "xavier",
    };

    expect(takeAll(RECIPE, { tags })).toMatchObject([
      {
        ref: { project: "weld-seams", job: "xavier" },
        description: {
          ModelPackagingConfiguration: {
            Greengrass: {
              CompilerOptions: '{"gpu-code":"sm_72","trt-ver":"8.2.1","cuda-ver":"10.2"}',
              TargetPlatform: { Os: "LINUX", Arch: "ARM64", Accelerator: "NVIDIA" },
            },
          },
        },
        guessed: [
          "ProjectName is the tag project",
          "JobName is the tag packdrift:job-name",
          ...REST,
          "CompilerOptions are the tags gpu-code, trt-ver, cuda-ver",
          "TargetPlatform is the recipe's platform, with NVIDIA as the tags tell",
        ],
      },
    ]);
    expect(takeAll(RECIPE, { tags: { mcpu: "core-avx2" } })).toMatchObject([
      {
        description: {
          ModelPackagingConfiguration: { Greengrass: { TargetPlatform: { Os: "LINUX", Arch: "ARM64" } } },
        },
      },
    ]);
    expect(takeAll(RECIPE, { tags: { TargetDevice: "jetson_xavier" } })).toMatchObject([
      { description: { ModelPackagingConfiguration: { Greengrass: { TargetDevice: "jetson_xavier" } } } },
    ]);
  });

  it("is put together from an answer of DescribeComponent", () => {
    const answer = {
      arn: ARN,
      componentName: "com.example.WeldSeams",
      componentVersion: "7.0.1",
      publisher: "Amazon Lookout for Vision",
      platforms: [{ name: "a", attributes: { os: "linux", architecture: "amd64" } }],
      tags: { accelerator: "none" },
    };

    expect(takeAll(answer, { project: "weld-seams", job: "xavier" })).toMatchObject([
      {
        ref: { project: "weld-seams", job: "xavier" },
        description: {
          ModelPackagingConfiguration: { Greengrass: { TargetPlatform: { Os: "LINUX", Arch: "X86_64" } } },
          ModelPackagingOutputDetails: { Greengrass: { ComponentVersionArn: ARN } },
        },
      },
    ]);
  });

  it("says when nothing tells that it holds a model", () => {
    const other = { RecipeFormatVersion: "2020-01-25", ComponentName: "a", ComponentVersion: "1.0.0" };

    expect(takeAll(other)).toMatchObject([
      {
        guessed: expect.arrayContaining([
          "nothing in it says that it holds a Lookout for Vision model",
          "the platform is not known: TargetPlatform is absent",
        ]),
      },
    ]);
    expect(takeAll({ RecipeFormatVersion: "2020-01-25" })).toEqual([
      { refused: "a Greengrass component without name and version" },
    ]);
  });
});
