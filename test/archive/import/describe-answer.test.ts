import { describe, expect, it } from "vitest";
import { extractAll, JOB } from "./extract-all.js";

const ISO = {
  CreationTimestamp: "2022-12-19T08:42:02.915000+00:00",
  LastUpdatedTimestamp: "2022-12-19T09:07:03.165000+00:00",
};
const EXTRACTED = {
  ref: { project: "weld-seams", job: "xavier-1" },
  description: JOB,
  origin: "DESCRIBE",
  guessed: [],
};

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
  ModelPackagingOutputDetails:
    Greengrass:
      ComponentName: com.example.A
      ComponentVersion: 7.0.1
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
  ])("is imported as written by %s", (_, text) => {
    expect(extractAll(text)).toEqual([EXTRACTED]);
  });

  it("can be one of many, in a list or one per line", () => {
    const other = { ...EXTRACTED, ref: { ...EXTRACTED.ref, job: "b" }, description: { ...JOB, JobName: "b" } };
    const answers = [{ ModelPackagingDescription: JOB }, { ModelPackagingDescription: { ...JOB, JobName: "b" } }];

    expect(extractAll(answers)).toEqual([EXTRACTED, other]);
    expect(extractAll(answers.map((answer) => JSON.stringify(answer)).join("\n"))).toEqual([EXTRACTED, other]);
  });

  it("gets the names that the user gives where it has none", () => {
    const { JobName: _, ...nameless } = JOB;

    expect(extractAll(nameless)).toEqual([
      { refused: "does not name its project and job: give --project and --job-name" },
    ]);
    expect(extractAll(nameless, { job: "given", project: "other" })).toEqual([
      {
        ...EXTRACTED,
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
    [{ ...JOB, JobName: "../x" }, 'has the name "weld-seams/../x", which no job can have: must match [a-zA-Z0-9-]+'],
    ['{"ModelPackagingDescription": {"__proto__": {"JobName": "a"}}}', 'has a member "__proto__"'],
  ])("is not found in %j", (text, why) => {
    expect(extractAll(text)).toEqual([{ refused: why }]);
  });

  it.each([
    ["", "is empty, not JSON"],
    ["<html><body>Sign in</body></html>", "is an HTML page, not JSON"],
    [
      "{'ModelPackagingDescription': {'JobName': 'a'}}",
      "is a printed Python dictionary, not JSON (write it with json.dumps)",
    ],
    ['{"ModelPackagingDescription": {"JobName"', "is not valid JSON: cut off"],
    ["a: [", "is neither JSON nor valid YAML"],
    [
      `a: &a [x]\n${Array.from({ length: 12 }, (_, at) => `b${at}: &b${at} [${`*${at === 0 ? "a" : `b${at - 1}`},`.repeat(10)}]`).join("\n")}`,
      "is neither JSON nor valid YAML",
    ],
    ["hello world", "is not JSON"],
  ])("is not found in the text %#", (text, why) => {
    expect(() => extractAll(text)).toThrow(why);
  });

  it.each<[string, object, string]>([
    [
      "a finished edge packaging job",
      { EdgePackagingJobName: "a", EdgePackagingJobArn: "b", CompilationJobName: "compiled-1", ModelVersion: "1.0" },
      'is an edge packaging job (DescribeEdgePackagingJob), which does not say what the model was compiled for: import its compilation job "compiled-1" (aws sagemaker describe-compilation-job)',
    ],
    [
      "a list of edge packaging jobs",
      { EdgePackagingJobSummaries: [] },
      "is an answer of ListEdgePackagingJobs, which does not say what the models were compiled for: import the compilation jobs (aws sagemaker describe-compilation-job)",
    ],
    [
      "a list of compilation jobs",
      { CompilationJobSummaries: [] },
      "is an answer of ListCompilationJobs, which has no compiler options: import each job's own answer (aws sagemaker describe-compilation-job)",
    ],
    [
      "one item of a list of packaging jobs",
      { JobName: "a", ProjectName: "p", ModelVersion: "1", Status: "SUCCEEDED" },
      "does not say what the job was packaged for (ModelPackagingConfiguration is missing): describe each job by its name",
    ],
    [
      "the AWS CLI's skeleton of an answer",
      { ModelPackagingDescription: { JobName: "JobName", ProjectName: "ProjectName", Status: "Status" } },
      "is a skeleton of the AWS CLI (--generate-cli-skeleton): its values are placeholders",
    ],
    [
      "the AWS CLI's skeleton of a compilation job",
      { CompilationJobName: "CompilationJobName", OutputConfig: { TargetDevice: "jetson_xavier" } },
      "is a skeleton of the AWS CLI (--generate-cli-skeleton): its values are placeholders",
    ],
    [
      "what StartModelPackagingJob answers",
      { JobName: "a" },
      "does not say what the job was packaged for (ModelPackagingConfiguration is missing): describe each job by its name",
    ],
  ])("is not %s", (_, document, refused) => {
    expect(extractAll(document, { project: "p" })).toEqual([{ refused }]);
  });

  it("notes what is wrong with it in itself", () => {
    const { Greengrass } = JOB.ModelPackagingConfiguration;
    const odd = { ...JOB, ModelPackagingConfiguration: { Greengrass: { ...Greengrass, TargetDevice: "jetson_nano" } } };

    expect(extractAll(odd)).toEqual([
      {
        ...EXTRACTED,
        description: odd,
        guessed: [
          'ModelPackagingConfiguration.Greengrass.TargetDevice must be jetson_xavier, is "jetson_nano"',
          "has both TargetDevice and TargetPlatform: must have one of them",
        ],
      },
    ]);
  });

  it("has its options as text where they were an object", () => {
    const { Greengrass } = JOB.ModelPackagingConfiguration;
    const CompilerOptions = JSON.parse(Greengrass.CompilerOptions);
    const answer = { ...JOB, ModelPackagingConfiguration: { Greengrass: { ...Greengrass, CompilerOptions } } };
    const text = JSON.stringify(CompilerOptions);

    expect(extractAll(answer)).toMatchObject([
      { description: { ModelPackagingConfiguration: { Greengrass: { CompilerOptions: text } } } },
    ]);
  });
});

describe("a request of StartModelPackagingJob", () => {
  const REQUEST = {
    ProjectName: "weld-seams",
    JobName: "xavier-1",
    ModelVersion: "7",
    Configuration: JOB.ModelPackagingConfiguration,
    Description: "Seams",
  };

  it("is imported without its outcome", () => {
    expect(extractAll(REQUEST)).toEqual([
      {
        ref: { project: "weld-seams", job: "xavier-1" },
        description: {
          JobName: "xavier-1",
          ProjectName: "weld-seams",
          ModelVersion: "7",
          ModelPackagingConfiguration: JOB.ModelPackagingConfiguration,
          ModelPackagingJobDescription: "Seams",
        },
        origin: "CLOUDTRAIL",
        guessed: ["the outcome of the job is not known: Status, output details and times of change are absent"],
      },
    ]);
  });

  it("needs the job's name from the user where it has none", () => {
    const { JobName: _, ...nameless } = REQUEST;

    expect(extractAll(nameless)).toEqual([{ refused: expect.stringContaining("give --project and --job-name") }]);
    expect(extractAll(nameless, { job: "given" })).toMatchObject([{ ref: { project: "weld-seams", job: "given" } }]);
  });

  it("can be its configuration alone, with the names that the user gives", () => {
    expect(extractAll(JOB.ModelPackagingConfiguration, { project: "p", job: "j" })).toMatchObject([
      {
        ref: { project: "p", job: "j" },
        description: { ModelPackagingConfiguration: JOB.ModelPackagingConfiguration },
        origin: "CLOUDTRAIL",
      },
    ]);
  });
});
