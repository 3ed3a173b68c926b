// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the code's own text.
import { createHash } from "node:crypto";
import { lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { parseSettings } from "../src/config/parse-settings.js";
import { isAllowed } from "../src/lab/authorisation.js";
import { iotCoreTopics, topicTemplates } from "./topics-used.js";

const top = join(import.meta.dirname, "..");
const json = (name: string) => JSON.parse(readFileSync(join(top, name), "utf8"));
const text = readFileSync(join(top, "recipe/recipe.yaml"), "utf8");
const recipe = parse(text);
const version = json("package.json").version;
const name = "io.packdrift.Monitor";

interface Policy {
  readonly operations: readonly string[];
  readonly resources: readonly string[];
}
const { accessControl } = recipe.ComponentConfiguration.DefaultConfiguration as {
  readonly accessControl: Record<string, Record<string, Policy>>;
};
const policies = Object.entries(accessControl).flatMap(([service, byId]) =>
  Object.entries(byId).map(([id, policy]) => [service, id, policy] as const),
);

const SHADOW = "$aws/things/line-4/shadow/name/packdrift";
const USED: readonly (readonly [service: string, operation: string, resource: string])[] = [
  ...iotCoreTopics("line-4").map(({ operation, topic }) => ["ipc.mqttproxy", `${operation}ToIoTCore`, topic] as const),
  ["ipc.pubsub", "PublishToTopic", "packdrift/reports"],
  ["ipc.pubsub", "PublishToTopic", "cloudwatch/metric/put"],
  ["ipc.pubsub", "SubscribeToTopic", `${SHADOW}/update/delta`],
  ["ipc.pubsub", "SubscribeToTopic", `${SHADOW}/update/accepted`],
  ["ShadowManager", "GetThingShadow", SHADOW],
  ["ShadowManager", "UpdateThingShadow", SHADOW],
  ["Cli", "GetComponentDetails", "com.example.factory.BottleCaps"],
];
const FOREIGN = [
  ["ipc.mqttproxy", "PublishToIoTCore", "dt/packdrift/v1/line-4/other"],
  ["ipc.mqttproxy", "PublishToIoTCore", "dt/else/v1/line-4/report"],
  ["ipc.mqttproxy", "PublishToIoTCore", "cmd/packdrift/v1/line-4/check/req"],
  ["ipc.mqttproxy", "PublishToIoTCore", "cmd/packdrift/v1/line-4/ack/req"],
  ["ipc.mqttproxy", "PublishToIoTCore", `${SHADOW}/delete`],
  ["ipc.mqttproxy", "PublishToIoTCore", "$aws/things/line-4/shadow/update"],
  ["ipc.mqttproxy", "PublishToIoTCore", "$aws/things/line-4/jobs/start-next"],
  ["ipc.mqttproxy", "SubscribeToIoTCore", "#"],
  ["ipc.mqttproxy", "SubscribeToIoTCore", "dt/packdrift/v1/#"],
  ["ipc.mqttproxy", "SubscribeToIoTCore", "dt/packdrift/v1/line-4/report"],
  ["ipc.mqttproxy", "SubscribeToIoTCore", "$aws/things/line-4/shadow/name/other/update/delta"],
  ["ipc.pubsub", "PublishToTopic", "other/topic"],
  ["ShadowManager", "UpdateThingShadow", "$aws/things/line-4/shadow/name/other"],
  ["ShadowManager", "DeleteThingShadow", SHADOW],
  ["Cli", "RestartComponent", "com.example.factory.BottleCaps"],
  ["Cli", "ListComponents", "*"],
] as const;

describe("recipe", () => {
  it("carries the same name and version as the package and the GDK configuration", () => {
    const { component: components } = json("gdk-config.json");
    const [component = ""] = Object.keys(components);
    expect([recipe.ComponentName, component]).toEqual([name, name]);
    expect([recipe.ComponentVersion, components[component].version]).toEqual([version, version]);
  });

  it("is found by GDK next to its configuration", () => {
    expect(lstatSync(join(top, "recipe.yaml")).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(top, "recipe.yaml"), "utf8")).toBe(text);
  });

  it("names the program's two files and one architecture's native part for each platform, none of them an archive", () => {
    const files = recipe.Manifests.map((manifest: { Artifacts: { Uri: string; Unarchive?: string }[] }) =>
      manifest.Artifacts.map(({ Uri, Unarchive }) => {
        expect(Unarchive ?? "NONE").toBe("NONE");
        return Uri.split("/").pop();
      }),
    );

    expect(files).toEqual([
      ["packdrift.mjs", "examiner.cjs", "aws-crt-x64.node"],
      ["packdrift.mjs", "examiner.cjs", "aws-crt-arm64.node"],
    ]);
  });

  it("allows no core dump, which would contain keys and tokens", () => {
    for (const { Lifecycle } of recipe.Manifests) expect(Lifecycle.run).toMatch(/^ulimit -c 0\n/);
  });

  it("starts what it ships", () => {
    for (const { Lifecycle, Artifacts, Platform } of recipe.Manifests) {
      const [bundle, , binary] = Artifacts.map(({ Uri }: { Uri: string }) => Uri.split("/").pop());
      expect(Lifecycle.Setenv).toEqual({
        PACKDRIFT_BUNDLE: `{artifacts:path}/${bundle}`,
        AWS_CRT_NODEJS_BINARY_ABSOLUTE_PATH: `{artifacts:path}/${binary}`,
        MALLOC_TRIM_THRESHOLD_: "65536",
      });
      expect(Lifecycle.run).toMatch(
        /\nexec "\$node" --no-opt --no-sparkplug --optimize-for-size --max-lazy --expose-gc "\$PACKDRIFT_BUNDLE" run$/,
      );
      expect(Platform).toMatchObject({ os: "linux", runtime: "*" });
    }
  });

  it("needs no privileges, and gives install a minute, within which a stuck program is ended", () => {
    for (const { Lifecycle } of recipe.Manifests) {
      expect(Object.keys(Lifecycle)).toEqual(["Setenv", "install", "run"]);
      expect(Object.keys(Lifecycle.install)).toEqual(["Timeout", "Script"]);
      expect(Lifecycle.install.Timeout).toBe(60);
    }
  });

  // HARD would restart packdrift with the nucleus or the service, and keep it from starting without.
  it("depends on the oldest nucleus that supports its policies' wildcards and on the token exchange service, but runs without both", () => {
    expect(recipe.ComponentDependencies).toEqual({
      "aws.greengrass.Nucleus": { VersionRequirement: ">=2.6.0 <3.0.0", DependencyType: "SOFT" },
      "aws.greengrass.TokenExchangeService": { VersionRequirement: ">=2.0.0 <3.0.0", DependencyType: "SOFT" },
    });
  });

  it("shows the settings that operators change with their defaults, and no list that a map could not replace", () => {
    const { accessControl: _, nodePath, ...shown } = recipe.ComponentConfiguration.DefaultConfiguration;
    const { jobs, ...none } = parseSettings({});

    expect(nodePath).toBe("node");
    expect(Object.keys(shown)).toEqual(["source", "schedule", "jitterSeconds", "heartbeatHours", "logLevel"]);
    expect(parseSettings(shown)).toEqual({ jobs, ...none });
  });

  it("has no braces in its scripts except those of nodePath: nucleus lite reads each as a variable", () => {
    for (const { Lifecycle } of recipe.Manifests) {
      for (const script of [Lifecycle.install.Script, Lifecycle.run]) {
        expect(script.match(/[{}].*[{}]?/g)).toEqual(["{configuration:/nodePath}"]);
      }
    }
    expect(recipe.ComponentConfiguration.DefaultConfiguration.nodePath).toBe("node");
  });

  // A policy that stands on a device is never overwritten by a newer recipe: one that changes is a new line here, under a
  // new id, and the old line goes.
  it("changes a policy's id whenever what it grants changes", () => {
    const digests = policies.map(([service, id, { operations, resources }]) => [
      id,
      createHash("sha256")
        .update(JSON.stringify([service, operations, resources]))
        .digest("hex")
        .slice(0, 16),
    ]);

    expect(Object.fromEntries(digests)).toEqual({
      "io.packdrift.Monitor:mqttproxy:publish:1": "dafa0375e13cfeb5",
      "io.packdrift.Monitor:mqttproxy:subscribe:1": "05e413c7512a1d6a",
      "io.packdrift.Monitor:pubsub:publish:1": "4cae4717907c285a",
      "io.packdrift.Monitor:pubsub:subscribe:2": "1f65b48aa49aedfb",
      "io.packdrift.Monitor:shadow:1": "a3a4e73f6ba1d936",
      "io.packdrift.Monitor:cli:1": "907cb0cb6bb5e9f6",
    });
  });

  // A new one belongs into test/topics-used.ts, and from there into the recipe and the policies.
  it("tests policies for every topic that the code builds", () => {
    expect(topicTemplates()).toEqual([
      "`$aws/things/${thing}/shadow/name/${SHADOW}`",
      "`${commandPrefix}/${thing}/+/req`",
      "`${commandPrefix}/${thing}/ack/req`",
      "`${commandPrefix}/${thing}/doctor/res`",
      "`${commandPrefix}/all/+/req`",
      "`${prefix}/${thing}/${answer.command}/res`",
      '`${prefix}/${thing}/${kind === "COMPLETE" ? "report" : "heartbeat"}`',
      "`${prefix}/${thing}/`",
      "`${prefix}/all/`",
      "`${settings()?.topicPrefix}/${thing}/facts`",
      "`${settings.commandPrefix}/${thing}/ack/req`",
      "`${topicPrefix}/${thing}/echo`",
      "`${topicPrefix}/${thing}/facts`",
      "`${topicPrefix}/${thing}/heartbeat`",
      "`${topicPrefix}/${thing}/report`",
      "`${topicPrefix}/${thing}/status`",
    ]);
  });

  it("grants operations by name, each id once, every key as Greengrass spells it", () => {
    expect(new Set(policies.map(([, id]) => id)).size).toBe(policies.length);
    for (const [, id, policy] of policies) {
      expect(id).toMatch(/^io\.packdrift\.Monitor:[a-z:]+:\d+$/);
      expect(Object.keys(policy)).toEqual(["policyDescription", "operations", "resources"]);
      for (const operation of policy.operations) expect(operation).toMatch(/^aws\.greengrass#[A-Z]\w+$/);
    }
    // GetComponentDetails is asked about a component whose name only the configuration knows.
    const open = policies
      .filter(([, , { resources }]) => resources.includes("*"))
      .map(([, , { operations }]) => operations);
    expect(open).toEqual([["aws.greengrass#GetComponentDetails"]]);
  });

  describe.each(["classic", "lite"] as const)("on the %s nucleus", (flavour) => {
    const allows = (service: string, operation: string, resource: string) =>
      isAllowed({ flavour, resolve: (written) => written }, accessControl, {
        service: `aws.greengrass.${service}`,
        operation: `aws.greengrass#${operation}`,
        resource,
      });

    it.each(USED)("grants %s %s on %s", (service, operation, resource) => {
      expect(allows(service, operation, resource)).toBe(true);
    });

    it.each(FOREIGN)("does not grant %s %s on %s", (service, operation, resource) => {
      expect(allows(service, operation, resource)).toBe(false);
    });
  });

  it("stays within the size that Greengrass takes", () => {
    expect(Buffer.byteLength(text)).toBeLessThan(16_000);
  });
});
