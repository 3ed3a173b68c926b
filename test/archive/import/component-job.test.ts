import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseYaml } from "../../../src/platform/yaml.js";
import { startCpuTime } from "../../cpu-time.js";
import { extractAll } from "./extract-all.js";

const parsed = (yaml: string): object => parseYaml(yaml)[0] as object;

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
    "S3OutputLocation is the folder of the component's artifact",
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

  it("is put together from its recipe, without an unknown target", () => {
    expect(extractAll(RECIPE)).toEqual([{ ...rebuilt({}), guessed: [...NAMES, ...REST, UNKNOWN] }]);
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

    expect(extractAll(answer)).toEqual(expected);
    expect(extractAll(json)).toEqual(expected);
    expect(extractAll({ ...answer, recipe: "%%%" })).toEqual([
      { refused: "is an answer of GetComponent whose recipe cannot be read" },
    ]);
  });

  it("has the target that its tags name", () => {
    const tags = {
      "gpu-code": "sm_72",
      "trt-ver": "8.2.1",
      "cuda-ver": "10.2",
      project: "weld-seams",
      "packdrift:job-name": "xavier",
    };

    expect(extractAll(RECIPE, { tags })).toMatchObject([
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
          "TargetPlatform is the recipe's platform, with NVIDIA as the tags say",
        ],
      },
    ]);
    expect(extractAll(RECIPE, { tags: { mcpu: "core-avx2" } })).toMatchObject([
      {
        description: {
          ModelPackagingConfiguration: { Greengrass: { TargetPlatform: { Os: "LINUX", Arch: "ARM64" } } },
        },
      },
    ]);
    expect(extractAll(RECIPE, { tags: { TargetDevice: "jetson_xavier" } })).toMatchObject([
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

    expect(extractAll(answer, { project: "weld-seams", job: "xavier" })).toMatchObject([
      {
        ref: { project: "weld-seams", job: "xavier" },
        description: {
          ModelPackagingConfiguration: { Greengrass: { TargetPlatform: { Os: "LINUX", Arch: "X86_64" } } },
          ModelPackagingOutputDetails: { Greengrass: { ComponentVersionArn: ARN } },
        },
      },
    ]);
  });

  it.each([
    ["a placeholder of the Greengrass Development Kit", { ComponentVersion: "{COMPONENT_VERSION}" }],
    ["a placeholder of the kit's configuration", { ComponentVersion: "NEXT_PATCH" }],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as it stands in a recipe
    ["a shell's variable", { ComponentVersion: "${VERSION}" }],
    ["a text in angle brackets", { ComponentVersion: "<version>" }],
    ["a version that no packaging job makes", { ComponentVersion: "1.0.0-beta.1" }],
    ["a placeholder in its name", { ComponentName: "com.example.{COMPONENT_NAME}" }],
  ])("is refused with %s", (_, more) => {
    expect(extractAll({ ...parsed(RECIPE), ...more })).toEqual([
      { refused: expect.stringMatching(/^is not the recipe of a built component: .* is a placeholder, or one/) },
    ]);
  });

  it("is refused without name and version", () => {
    expect(extractAll({ RecipeFormatVersion: "2020-01-25" })).toEqual([
      { refused: "is a Greengrass component without name and version" },
    ]);
  });

  const OTHER = { RecipeFormatVersion: "2020-01-25", ComponentName: "com.example.App", ComponentVersion: "1.0.0" };
  const AGENT = { "aws.iot.lookoutvision.EdgeAgent": { VersionRequirement: ">=1.0.0" } };

  it.each<[string, object]>([
    ["packdrift's own recipe", parsed(readFileSync(join(import.meta.dirname, "../../../recipe/recipe.yaml"), "utf8"))],
    ["any other component", OTHER],
    ["the Edge Agent", { ...OTHER, ComponentName: "aws.iot.lookoutvision.EdgeAgent", ComponentPublisher: "AWS" }],
    [
      "the server that runs the successor project's models",
      { ...OTHER, ComponentName: "aws.edgeml.dda.LocalServer.arm64", ComponentPublisher: "Amazon Lookout for Vision" },
    ],
    [
      "an application that asks the Edge Agent itself",
      { ...OTHER, ComponentDependencies: AGENT, Manifests: [{ Lifecycle: { run: "python3 main.py" } }] },
    ],
    [
      "an application that depends on a model",
      { ...OTHER, ComponentDependencies: { ...AGENT, "com.example.Model": {} }, Manifests: [] },
    ],
    [
      "an application whose steps are listed for each system",
      { ...OTHER, ComponentDependencies: AGENT, Lifecycle: { linux: { Run: "./main" } } },
    ],
  ])("is refused when it is not a model but %s", (_, recipe) => {
    expect(extractAll(recipe)).toEqual([{ refused: expect.stringContaining("which is not a packaged model") }]);
  });

  it.each<[string, object, object]>([
    ["its dependency on the Edge Agent", { ComponentDependencies: AGENT }, {}],
    [
      "its dependency on the successor project's server",
      { ComponentDependencies: { "aws.edgeml.dda.LocalServer.amd64": { DependencyType: "HARD" } } },
      {},
    ],
    [
      "its artifact",
      { Manifests: [{ Artifacts: [{ Uri: "s3://models/a/0f3e_greengrass_model_component.zip" }] }] },
      {},
    ],
    ["tags of what it was compiled for", {}, { "packdrift:gpu-code": "sm_72" }],
  ])("is recognised as a model by %s", (_, more, tags) => {
    expect(extractAll({ ...OTHER, ...more }, { tags: { ...tags } })).toMatchObject([{ origin: "RECIPE" }]);
  });

  const platformOf = (Manifests: readonly object[]) => {
    const [extracted] = extractAll({ ...parsed(RECIPE), Manifests }, { tags: { mcpu: "cortex-a72" } });
    if (extracted === undefined || "refused" in extracted) return extracted;
    const arch = extracted.description.ModelPackagingConfiguration?.Greengrass?.TargetPlatform?.Arch ?? null;
    return [arch, extracted.guessed.find((sentence) => sentence.startsWith("TargetPlatform "))];
  };
  const manifest = (architecture?: string, os = "linux") => ({
    Platform: { os, ...(architecture !== undefined && { architecture }) },
  });
  const FOUND = "TargetPlatform is the recipe's platform, without accelerator as the tags say";

  it.each([
    ["aarch64", "ARM64"],
    ["arm64", "ARM64"],
    ["/aarch64|arm64/", "ARM64"],
    ["/a(arch|rm)64/", "ARM64"],
    ["/(?:x86_64|amd64)/", "X86_64"],
    ["/amd.*/", "X86_64"],
    ["/.*64/", null],
    ["/(aarch64|amd64)/", null],
    ["*", null],
    ["/arm/", null],
    ["arm", null],
    ["/[/", null],
  ])("has the architecture of %s", (architecture, arch) => {
    expect(platformOf([manifest(architecture)])).toEqual([arch, arch === null ? expect.any(String) : FOUND]);
  });

  it("does not try an expression that could take long to match", () => {
    const hostile = [
      `/${"(.*)*".repeat(30)}x/`,
      `/${".?".repeat(90)}x/`,
      "/(a{1,99}){1,99}x/",
      `/${"a|".repeat(500)}/`,
    ];

    const cpuMs = startCpuTime();
    for (const expression of hostile)
      expect(platformOf([manifest(expression)])).toMatchObject([null, expect.any(String)]);
    expect(cpuMs()).toBeLessThan(1_000);
  });

  it("looks at every manifest and reports how they differ", () => {
    expect(platformOf([manifest("aarch64"), manifest("amd64", "windows")])).toEqual([
      "ARM64",
      "TargetPlatform is the one for Linux of the recipe's platforms (linux aarch64, windows amd64), without accelerator as the tags say",
    ]);
    expect(platformOf([manifest("aarch64"), manifest("amd64")])).toEqual([
      null,
      "TargetPlatform is absent: the recipe's 2 manifests differ in their platforms (linux aarch64, linux amd64)",
    ]);
    expect(platformOf([manifest("amd64", "windows")])).toEqual([
      null,
      "TargetPlatform is absent: none of the recipe's platforms is one that a job can have (windows amd64)",
    ]);
    expect(platformOf([manifest()])).toEqual([
      null,
      "TargetPlatform is absent: the recipe's platform can be ARM64 and X86_64 (linux *)",
    ]);
  });

  it("has an S3 location where all artifacts have the same", () => {
    const locationOf = (...uris: readonly string[]) => {
      const Manifests = uris.map((Uri) => ({ ...manifest("aarch64"), Artifacts: [{ Uri }] }));
      const [extracted] = extractAll({ ...parsed(RECIPE), Manifests });
      return extracted !== undefined && "description" in extracted
        ? [
            extracted.description.ModelPackagingConfiguration?.Greengrass?.S3OutputLocation ?? null,
            extracted.guessed.find((sentence) => sentence.startsWith("S3OutputLocation")),
          ]
        : extracted;
    };

    expect(locationOf("s3://models/a/b.zip", "s3://models/a/c.zip")).toEqual([
      { Bucket: "models", Prefix: "a/" },
      "S3OutputLocation is the folder of the component's artifact",
    ]);
    expect(locationOf("s3://models/a/b.zip", "s3://models/d/c.zip")).toEqual([
      null,
      "S3OutputLocation is absent: the artifacts are in 2 folders",
    ]);
    expect(locationOf("s3://BUCKET_NAME/COMPONENT_NAME/COMPONENT_VERSION/b.zip")).toEqual([null, undefined]);
  });

  it("names its job so that versions differ and the name is valid", () => {
    const jobOf = (ComponentName: string, ComponentVersion = "7.0.1") => {
      const [extracted] = extractAll({ ...parsed(RECIPE), ComponentName, ComponentVersion });
      return extracted !== undefined && "ref" in extracted ? extracted.ref.job : extracted;
    };
    const long = `com.example.${"line-".repeat(20)}end`;

    expect(jobOf("com.example.WeldSeams")).toBe("com-example-WeldSeams-7-0-1");
    expect(jobOf(long)).toBe("com-example-line-line-line-line-line-line-line-line-line-l-7-0-1");
    expect(jobOf(long, "123456.0.1")).toBe("com-example-line-line-line-line-line-line-line-line-l-123456-0-1");
    expect(jobOf("-.weld.-")).toBe("weld-7-0-1");
    expect(jobOf(`${"a".repeat(56)}.${"b".repeat(40)}`)).toMatch(/^a{56}-b-7-0-1$/);
  });

  it("ignores a tag that cannot be a project's name", () => {
    expect(extractAll(RECIPE, { tags: { project: "Weld seams, Ulm" } })).toMatchObject([
      { ref: { project: "com-example-WeldSeams" } },
    ]);
  });
});
