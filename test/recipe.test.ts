import { existsSync, lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

const top = join(import.meta.dirname, "..");
const json = (name: string) => JSON.parse(readFileSync(join(top, name), "utf8"));
const text = readFileSync(join(top, "recipe/recipe.yaml"), "utf8");
const recipe = parse(text);
const version = json("package.json").version;
const name = "io.packdrift.Monitor";

describe("recipe", () => {
  it("carries the same name and version as the package and the GDK configuration", () => {
    const { component: components } = json("gdk-config.json");
    const [component = ""] = Object.keys(components);
    expect([recipe.ComponentName, component]).toEqual([name, name]);
    expect([recipe.ComponentVersion, components[component].version]).toEqual([version, version]);
  });

  it("is found by GDK beside its configuration", () => {
    expect(lstatSync(join(top, "recipe.yaml")).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(top, "recipe.yaml"), "utf8")).toBe(text);
  });

  it("names the artifacts that the build makes, one architecture each, none of them an archive", () => {
    const built = readFileSync(join(top, "artifacts/build.mjs"), "utf8");
    const files = recipe.Manifests.map((manifest: { Artifacts: { Uri: string; Unarchive?: string }[] }) =>
      manifest.Artifacts.map(({ Uri, Unarchive }) => {
        expect(Unarchive ?? "NONE").toBe("NONE");
        return Uri.split("/").pop();
      }),
    );

    expect(files).toEqual([
      ["packdrift.mjs", "aws-crt-x64.node"],
      ["packdrift.mjs", "aws-crt-arm64.node"],
    ]);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the build's own text
    expect(built).toContain("`aws-crt-${arch}.node`");
    expect(existsSync(join(top, "artifacts/gdk-build.sh"))).toBe(true);
  });

  it("lets no core dump be written, which would hold keys and tokens", () => {
    for (const { Lifecycle } of recipe.Manifests) expect(Lifecycle.run).toMatch(/^ulimit -c 0; /);
  });

  it("starts what it ships", () => {
    for (const { Lifecycle, Artifacts, Platform } of recipe.Manifests) {
      const [bundle, binary] = Artifacts.map(({ Uri }: { Uri: string }) => Uri.split("/").pop());
      expect(Lifecycle.run).toContain(`{artifacts:path}/${bundle} run`);
      expect(Lifecycle.run).toContain(`AWS_CRT_NODEJS_BINARY_ABSOLUTE_PATH={artifacts:path}/${binary}`);
      expect(Platform).toMatchObject({ os: "linux", runtime: "*" });
    }
  });

  it("holds no braces in its scripts but Greengrass variables, which nucleus lite cannot resolve otherwise", () => {
    const known = /\{(?:artifacts:path|work:path|iot:thingName|kernel:rootPath|configuration:\/nodePath)\}/g;
    for (const { Lifecycle } of recipe.Manifests) {
      for (const script of Object.values<string>(Lifecycle)) expect(script.replace(known, "")).not.toMatch(/[{}]/);
    }
    expect(recipe.ComponentConfiguration.DefaultConfiguration.nodePath).toBe("node");
  });

  it("grants the operations and topics that are used, by name", () => {
    const { accessControl } = recipe.ComponentConfiguration.DefaultConfiguration;
    const granted = Object.values<Record<string, { operations: string[]; resources: string[] }>>(accessControl)
      .flatMap((policies) => Object.values(policies))
      .map(({ operations, resources }) => [operations, resources]);

    expect(granted).toEqual([
      [
        ["aws.greengrass#PublishToIoTCore"],
        ["dt/packdrift/v1/*", "cmd/packdrift/v1/*/res", "$aws/things/*/shadow/name/packdrift/*"],
      ],
      [["aws.greengrass#SubscribeToIoTCore"], ["cmd/packdrift/v1/+/ack/req"]],
      [
        ["aws.greengrass#SubscribeToIoTCore"],
        ["cmd/packdrift/v1/*", "dt/packdrift/v1/*/echo", "$aws/things/*/shadow/name/packdrift/*"],
      ],
      [["aws.greengrass#PublishToTopic"], ["packdrift/*", "cloudwatch/metric/put"]],
      [["aws.greengrass#SubscribeToTopic"], ["$aws/things/*/shadow/name/packdrift/update/delta"]],
      [["aws.greengrass#GetThingShadow", "aws.greengrass#UpdateThingShadow"], ["$aws/things/*/shadow/name/packdrift"]],
      [["aws.greengrass#GetComponentDetails"], ["*"]],
    ]);
  });

  it("stays within the size that Greengrass takes", () => {
    expect(Buffer.byteLength(text)).toBeLessThan(16_000);
  });
});
