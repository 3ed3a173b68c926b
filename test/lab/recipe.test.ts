import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvalidInputError } from "../../src/base/errors.js";
import { platformOf } from "../../src/lab/platform.js";
import { parseRecipe } from "../../src/lab/recipe.js";

const CLASSIC = platformOf("classic", "linux", "x64");
const LITE = platformOf("lite", "linux", "x64");

const RECIPE = `
RecipeFormatVersion: "2020-01-25"
ComponentName: com.example.Monitor
ComponentVersion: 1.0.0
ComponentDependencies:
  aws.greengrass.TokenExchangeService: { VersionRequirement: "^2.0.0" }
ComponentConfiguration:
  DefaultConfiguration:
    count: 5
    on: true
    nothing: null
    text: "5"
    accessControl:
      aws.greengrass.ipc.pubsub:
        "m:1": { operations: ["aws.greengrass#PublishToTopic"], resources: ["a"] }
Manifests:
  - Platform: { os: linux, architecture: aarch64, runtime: "*" }
    Lifecycle: { run: arm }
  - Platform: { os: linux, runtime: "*" }
    Lifecycle:
      Setenv: { MODE: quiet }
      install: { Script: "node --version", Timeout: 30, Skipif: "onpath node" }
      run: "node {artifacts:path}/monitor.mjs"
    Artifacts:
      - Uri: s3://bucket/monitor.mjs
      - Uri: s3://bucket/more.zip
        Unarchive: ZIP
`;

const step = { setenv: {}, timeoutSeconds: null, requiresPrivilege: false, skipIf: null };

describe("parseRecipe", () => {
  it("reads the first manifest that matches, with types, for classic", () => {
    expect(parseRecipe(RECIPE, CLASSIC)).toEqual({
      name: "com.example.Monitor",
      version: "1.0.0",
      defaultConfiguration: {
        count: 5,
        on: true,
        nothing: null,
        text: "5",
        accessControl: {
          "aws.greengrass.ipc.pubsub": { "m:1": { operations: ["aws.greengrass#PublishToTopic"], resources: ["a"] } },
        },
      },
      accessControl: {
        "aws.greengrass.ipc.pubsub": { "m:1": { operations: ["aws.greengrass#PublishToTopic"], resources: ["a"] } },
      },
      dependencies: ["aws.greengrass.TokenExchangeService"],
      setenv: { MODE: "quiet" },
      steps: {
        install: { ...step, script: "node --version", timeoutSeconds: 30, skipIf: "onpath node" },
        run: { ...step, script: "node {artifacts:path}/monitor.mjs" },
      },
      artifacts: [
        { uri: "s3://bucket/monitor.mjs", unarchive: "NONE" },
        { uri: "s3://bucket/more.zip", unarchive: "ZIP" },
      ],
    });
  });

  it("makes strings of YAML's scalars for lite and ignores Skipif", () => {
    const recipe = parseRecipe(RECIPE, LITE);
    const { accessControl, ...rest } = recipe.defaultConfiguration;
    expect(rest).toEqual({ count: "5", on: "true", nothing: "null", text: "5" });
    expect(accessControl).toEqual(recipe.accessControl);
    expect(recipe.steps.install).toEqual({ ...step, script: "node --version", timeoutSeconds: 30 });
  });

  it("keeps JSON's types for lite", () => {
    const json = {
      RecipeFormatVersion: "2020-01-25",
      ComponentName: "c",
      ComponentVersion: "1.0.0",
      ComponentConfiguration: { DefaultConfiguration: { count: 5, on: true, nothing: null } },
      Manifests: [{ Platform: { os: "linux", runtime: "*" }, Lifecycle: { run: "x" } }],
    };
    expect(parseRecipe(JSON.stringify(json), LITE).defaultConfiguration).toEqual({ count: 5, on: true, nothing: null });
  });

  it("reads keys in any case for classic and as written for lite", () => {
    const shouting = RECIPE.replace("Lifecycle:\n      Setenv", "lifecycle:\n      Setenv").replace(
      '      run: "node',
      '      Run: "node',
    );
    expect(Object.keys(parseRecipe(shouting, CLASSIC).steps)).toEqual(["install", "run"]);
    expect(() => parseRecipe(shouting, LITE)).toThrow("no lifecycle for the selections all");
  });

  it("uses the manifest of its architecture", () => {
    expect(parseRecipe(RECIPE, platformOf("lite", "linux", "arm64")).steps.run?.script).toBe("arm");
  });

  it("uses the global lifecycle where the manifest has none", () => {
    const text = (selections: string) => `
RecipeFormatVersion: "2020-01-25"
ComponentName: c
ComponentVersion: 1.0.0
Lifecycle: { linux: { run: for linux }, all: { run: for all } }
Manifests: [{ Platform: { os: linux, runtime: "*" }, ${selections} }]`;
    for (const platform of [CLASSIC, LITE]) {
      expect(parseRecipe(text("Selections: [linux]"), platform).steps.run?.script).toBe("for linux");
      expect(parseRecipe(text("Artifacts: []"), platform).steps.run?.script).toBe("for all");
    }
  });

  it.each([
    [
      "no runtime for lite",
      RECIPE.replace(/, runtime: "\*"/g, ""),
      LITE,
      "no manifest is for linux on amd64 with nucleus lite",
    ],
    ["another system", RECIPE.replace(/os: linux/g, "os: windows"), CLASSIC, "no manifest is for linux"],
    ["another format", RECIPE.replace("2020-01-25", "2021-01-01"), CLASSIC, 'must be "2020-01-25", is "2021-01-01"'],
    ["a name with blanks", RECIPE.replace("com.example.Monitor", "my monitor"), CLASSIC, 'ComponentName "my monitor"'],
    ["no version", RECIPE.replace(/ComponentVersion.*/, ""), CLASSIC, "ComponentVersion must be a string"],
    ["a step without script", RECIPE.replace(/install: .*/, "install: { Timeout: 1 }"), CLASSIC, 'step "install"'],
    ["a timeout in words", RECIPE.replace("Timeout: 30", "Timeout: long"), LITE, "must be a whole number of seconds"],
    ["no map", "- a\n- b", CLASSIC, "must be a map of keys"],
    ["broken YAML", "a: [", CLASSIC, "Cannot read recipe"],
    ["broken JSON", "{", CLASSIC, "Cannot read recipe"],
    ["too much", `${RECIPE}#${"x".repeat(16_000)}`, CLASSIC, "must be 16000 bytes or less"],
    ["more than lite reads", `${RECIPE}#${"x".repeat(8_196)}`, LITE, "must be 8196 bytes or less"],
    ["numbers in Setenv on lite", RECIPE.replace("MODE:", '"2X":'), LITE, 'Setenv "2X"'],
  ])("refuses %s", (_, text, platform, why) => {
    expect(() => parseRecipe(text, platform)).toThrow(InvalidInputError);
    expect(() => parseRecipe(text, platform)).toThrow(why);
  });

  it("never throws anything but InvalidInputError", () => {
    const lines = RECIPE.split("\n");
    fc.assert(
      fc.property(fc.subarray(lines), fc.string(), fc.nat(lines.length), (some, noise, at) => {
        const text = [...some.slice(0, at), noise, ...some.slice(at)].join("\n");
        try {
          parseRecipe(text, LITE);
        } catch (error) {
          if (!(error instanceof InvalidInputError)) throw error;
        }
      }),
    );
  });
});
