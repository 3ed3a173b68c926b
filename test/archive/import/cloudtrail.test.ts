import { describe, expect, it } from "vitest";
import { extractAll, JOB } from "./extract-all.js";

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
      "the outcome of the job is not known: Status, output details and times of change are absent",
    ],
  };

  it.each<[string, unknown]>([
    ["by itself", START],
    ["in a log file", { Records: [START] }],
    ["from lookup-events", { Events: [{ EventId: "1", CloudTrailEvent: JSON.stringify(START) }] }],
    ["from CloudWatch Logs", { events: [{ message: JSON.stringify(START), timestamp: 1 }], searchedLogStreams: [] }],
    ["from EventBridge", { "detail-type": "AWS API Call via CloudTrail", detail: START }],
  ])("of StartModelPackagingJob is imported %s", (_, document) => {
    expect(extractAll(document)).toEqual([STARTED]);
  });

  it("of StartModelPackagingJob has the job's name in the request or the answer", () => {
    const named = {
      ...START,
      responseElements: null,
      requestParameters: { ...START.requestParameters, jobName: "xavier-1" },
    };

    expect(extractAll(named)).toEqual([STARTED]);
    expect(extractAll({ ...START, responseElements: null })).toEqual([
      { refused: "does not name its project and job: give --project and --job-name" },
    ]);
  });

  it.each([
    [
      { ...START, errorCode: "ConflictException" },
      'is a CloudTrail record of a StartModelPackagingJob that failed with "ConflictException"',
    ],
    [{ ...START, eventSource: "s3.amazonaws.com" }, 'is a CloudTrail record of another service ("s3.amazonaws.com")'],
    [{ ...START, eventName: "DetectAnomalies" }, 'is a CloudTrail record of "DetectAnomalies", which holds no job'],
    [
      {
        ...START,
        eventName: "DescribeModelPackagingJob",
        requestParameters: { projectName: "p", jobName: "j" },
        responseElements: null,
      },
      'is a CloudTrail record that says only that somebody asked for job "p/j", not what it is',
    ],
  ])("is refused without a job", (record, why) => {
    expect(extractAll(record)).toEqual([{ refused: why }]);
  });

  it("of DescribeModelPackagingJob is imported where it holds the answer", () => {
    const record = {
      ...START,
      eventName: "DescribeModelPackagingJob",
      responseElements: {
        modelPackagingDescription: {
          jobName: "j",
          projectName: "p",
          modelPackagingConfiguration: { greengrass: { targetDevice: "jetson_xavier" } },
          status: "FAILED",
        },
      },
    };

    expect(extractAll(record)).toEqual([
      {
        ref: { project: "p", job: "j" },
        description: {
          JobName: "j",
          ProjectName: "p",
          ModelPackagingConfiguration: { Greengrass: { TargetDevice: "jetson_xavier" } },
          Status: "FAILED",
        },
        origin: "DESCRIBE",
        guessed: [],
      },
    ]);
  });

  const COMPILE = {
    ...START,
    eventSource: "sagemaker.amazonaws.com",
    eventName: "CreateCompilationJob",
    requestParameters: {
      compilationJobName: "xavier-2",
      roleArn: "arn:aws:iam::123456789012:role/r",
      outputConfig: {
        s3OutputLocation: "s3://models/a/",
        targetPlatform: { os: "LINUX", arch: "ARM64", accelerator: "NVIDIA" },
        compilerOptions: JOB.ModelPackagingConfiguration.Greengrass.CompilerOptions,
      },
    },
    responseElements: { compilationJobArn: "arn:aws:sagemaker:eu-central-1:123456789012:compilation-job/xavier-2" },
  };

  it("of CreateCompilationJob is imported as the compilation job that it started", () => {
    const { CompilerOptions, TargetPlatform, S3OutputLocation } = JOB.ModelPackagingConfiguration.Greengrass;

    expect(extractAll(COMPILE)).toMatchObject([
      {
        ref: { project: "sagemaker-neo", job: "xavier-2" },
        description: {
          ModelPackagingConfiguration: { Greengrass: { CompilerOptions, TargetPlatform, S3OutputLocation } },
          CreationTimestamp: 1671439322,
        },
        origin: "NEO",
      },
    ]);
  });

  it("of CreateCompilationJob for a device is imported for that device", () => {
    const outputConfig = { s3OutputLocation: "s3://models/a/", targetDevice: "jetson_xavier" };
    const requestParameters = { ...COMPILE.requestParameters, outputConfig };

    expect(extractAll({ ...COMPILE, requestParameters })).toMatchObject([
      { description: { ModelPackagingConfiguration: { Greengrass: { TargetDevice: "jetson_xavier" } } } },
    ]);
  });

  it("of CreateCompilationJob has the options of an object in their own spelling", () => {
    const outputConfig = { ...COMPILE.requestParameters.outputConfig, compilerOptions: { "gpu-code": "sm_72" } };
    const requestParameters = { ...COMPILE.requestParameters, outputConfig };

    expect(extractAll({ ...COMPILE, requestParameters })).toMatchObject([
      { description: { ModelPackagingConfiguration: { Greengrass: { CompilerOptions: '{"gpu-code":"sm_72"}' } } } },
    ]);
  });

  it.each([
    ["sagemaker.amazonaws.com", "CreateTrainingJob"],
    ["sagemaker.amazonaws.com", "DescribeCompilationJob"],
    ["lookoutvision.amazonaws.com", "constructor"],
  ])("of %s %s has no job", (eventSource, eventName) => {
    expect(extractAll({ ...COMPILE, eventSource, eventName })).toEqual([
      { refused: `is a CloudTrail record of "${eventName}", which holds no job` },
    ]);
  });
});
