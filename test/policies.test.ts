import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { iotCoreTopics, mqttTopics } from "./topics-used.js";

interface Statement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: string;
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}
interface Policy {
  readonly Version: string;
  readonly Statement: readonly Statement[];
}

const folder = join(import.meta.dirname, "../recipe/policies");
const FILES = [
  "api-role.json",
  "core-device.json",
  "mqtt-device.json",
  "sagemaker-role.json",
  "token-exchange-role.json",
] as const;
const text = (file: string) => readFileSync(join(folder, file), "utf8");
const read = (file: (typeof FILES)[number]): Policy => JSON.parse(text(file));
const ROLE = read("token-exchange-role.json");
const API_ROLE = read("api-role.json");
const CORE = read("core-device.json");
const MQTT = read("mqtt-device.json");
/** A device without a nucleus has both. */
const BOTH: Policy = { ...MQTT, Statement: [...CORE.Statement, ...MQTT.Statement] };
const listed = (resource: Statement["Resource"]) => (typeof resource === "string" ? [resource] : resource);

/** Whether a policy, attached to the certificate of a thing, allows it an action on a resource: `*` and `?` are wildcards, `+` and `#` are not. */
function allows(policy: Policy, thing: string, action: string, resource: string): boolean {
  const arn = `arn:aws:iot:REGION:ACCOUNT:${resource}`;
  return policy.Statement.some(
    ({ Action, Resource }) => Action === action && listed(Resource).some((each) => pattern(each, thing).test(arn)),
  );
}

function pattern(resource: string, thing: string): RegExp {
  const own = resource.replaceAll(VARIABLE, thing);
  const escaped = own
    .replace(/[\\^$.+()[\]{}|]/g, "\\$&")
    .replace(/\*/g, ".*")
    .replace(/\?/g, ".");
  return new RegExp(`^${escaped}$`, "s");
}
// biome-ignore lint/suspicious/noTemplateCurlyInString: AWS' variable.
const VARIABLE = "${iot:Connection.Thing.ThingName}";

/** What messages come on the topics that a filter subscribes to. */
function arriving(filter: string): string[] {
  if (filter.endsWith("/+/+")) {
    const base = filter.slice(0, -4);
    const answers = ["get/accepted", "get/rejected", "update/accepted", "update/rejected", "update/delta"];
    return answers.map((answer) => `${base}/${answer}`);
  }
  return filter.includes("+")
    ? ["check", "facts", "flush", "doctor"].map((command) => filter.replace("+", command))
    : [filter];
}

const resourceOf = ({ operation, topic }: { operation: string; topic: string }) =>
  `${operation === "Subscribe" ? "topicfilter" : "topic"}/${topic}`;

describe.each(FILES)("%s", (file) => {
  it("is a policy in AWS' grammar that allows and nothing else", () => {
    const policy = read(file);

    expect(Object.keys(policy)).toEqual(["Version", "Statement"]);
    expect(policy.Version).toBe("2012-10-17");
    for (const statement of policy.Statement) {
      const keys = Object.keys(statement).filter((key) => key !== "Sid" && key !== "Condition");
      expect(keys).toEqual(["Effect", "Action", "Resource"]);
      expect(statement.Effect).toBe("Allow");
      if (statement.Sid !== undefined) expect(statement.Sid).toMatch(/^[A-Za-z0-9]+$/);
    }
  });

  it("names each action, and no resource is a bare wildcard where AWS can limit it", () => {
    for (const { Action, Resource } of read(file).Statement) {
      expect(Action).toMatch(/^(iot|s3|lookoutvision|sagemaker):[A-Z][A-Za-z]+$/);
      // Service authorization reference: these two actions have no resource types.
      if (/^lookoutvision:(DescribeModelPackagingJob|ListModelPackagingJobs)$/.test(Action)) continue;
      for (const resource of listed(Resource)) {
        expect(resource).toMatch(
          /^arn:aws:(s3:::BUCKET\/io\.packdrift\.Monitor\/\*|sagemaker:REGION:ACCOUNT:compilation-job\/\*|iot:REGION:ACCOUNT:(client|topic|topicfilter)\/\S+)$/,
        );
        // The names of compilation jobs are the owner's: there is no common prefix to limit them to.
        if (!resource.startsWith("arn:aws:sagemaker:")) expect(resource).not.toMatch(/:[a-z]+\/\*/);
      }
    }
  });

  it("is short enough in every region: 2,048 characters for IoT, 6,144 for IAM, blanks not counted", () => {
    const filled = JSON.stringify(read(file))
      .replaceAll("arn:aws:", "arn:aws-us-gov:")
      .replaceAll("REGION", "ap-northeast-3")
      .replaceAll("ACCOUNT", "123456789012");

    expect(filled.length).toBeLessThanOrEqual(file.endsWith("-role.json") ? 6_144 : 2_048);
  });

  it("leaves REGION, ACCOUNT and BUCKET to the operator, and nothing else", () => {
    const capitals = new Set(text(file).match(/\b[A-Z]{3,}\b/g));

    expect([...capitals].filter((word) => !["REGION", "ACCOUNT", "BUCKET"].includes(word))).toEqual([]);
  });
});

it("has no other files among the policies", () => {
  expect(readdirSync(folder).sort()).toEqual(FILES);
});

describe.each([
  ["core-device.json", CORE, iotCoreTopics],
  ["core-device.json and mqtt-device.json", BOTH, mqttTopics],
] as const)("%s", (_, policy, topics) => {
  it.each(topics("line-4").map((each) => [each.operation, each.topic] as const))(
    "allows to %s %s",
    (operation, topic) => {
      expect(allows(policy, "line-4", `iot:${operation}`, resourceOf({ operation, topic }))).toBe(true);
    },
  );

  it("allows messages on every topic that is subscribed to", () => {
    const filters = topics("line-4").filter(({ operation }) => operation === "Subscribe");
    const kept = filters
      .flatMap(({ topic }) => arriving(topic))
      .filter((topic) => !allows(policy, "line-4", "iot:Receive", `topic/${topic}`));

    expect(kept).toEqual([]);
  });

  it("has no line that is not needed", () => {
    const uses = topics("line-4").flatMap(({ operation, topic }) => [
      [`iot:${operation}`, resourceOf({ operation, topic })] as const,
      ...(operation === "Subscribe" ? arriving(topic).map((each) => ["iot:Receive", `topic/${each}`] as const) : []),
    ]);
    const idle = policy.Statement.filter(({ Action }) => Action !== "iot:Connect").flatMap(({ Action, Resource }) =>
      listed(Resource).filter((one) => {
        const alone = { ...policy, Statement: [{ Effect: "Allow", Action, Resource: one }] };
        return !uses.some(([action, resource]) => allows(alone, "line-4", action, resource));
      }),
    );

    expect(idle).toEqual([]);
  });

  it("keeps each thing to its own topics", () => {
    const foreign = topics("line-5").filter(({ topic }) => topic.includes("line-5"));

    expect(foreign.length).toBeGreaterThan(2);
    expect(foreign.filter((each) => allows(policy, "line-4", `iot:${each.operation}`, resourceOf(each)))).toEqual([]);
    // The name of one thing may be the beginning of another's.
    const longer = topics("line-44").filter(({ topic }) => topic.includes("line-44"));
    expect(longer.filter((each) => allows(policy, "line-4", `iot:${each.operation}`, resourceOf(each)))).toEqual([]);
  });

  it.each([
    ["iot:Publish", "topic/cmd/packdrift/v1/line-4/check/req"],
    ["iot:Publish", "topic/cmd/packdrift/v1/line-4/ack/req"],
    ["iot:Publish", "topic/dt/packdrift/v1/line-4/report/more"],
    ["iot:Publish", "topic/$aws/things/line-4/shadow/update"],
    ["iot:Publish", "topic/$aws/things/line-4/shadow/name/packdrift/delete"],
    ["iot:Publish", "topic/$aws/things/line-4/jobs/start-next"],
    ["iot:Subscribe", "topicfilter/#"],
    ["iot:Subscribe", "topicfilter/dt/packdrift/v1/#"],
    ["iot:Subscribe", "topicfilter/dt/packdrift/v1/+/report"],
    ["iot:Subscribe", "topicfilter/cmd/packdrift/v1/+/+/req"],
    ["iot:Receive", "topic/dt/packdrift/v1/line-4/report"],
    ["iot:UpdateThingShadow", "thing/line-4"],
    ["iot:Connect", "client/line-5"],
    ["iot:Connect", "client/line-5-packdrift"],
    ["iot:Connect", "client/line-4"],
  ])("does not allow %s on %s", (action, resource) => {
    expect(allows(policy, "line-4", action, resource)).toBe(false);
  });
});

describe("mqtt-device.json", () => {
  it("allows a device to connect under its default client id", () => {
    expect(allows(MQTT, "line-4", "iot:Connect", "client/line-4-packdrift")).toBe(true);
  });

  it("repeats nothing of core-device.json", () => {
    const lines = ({ Statement }: Policy) =>
      Statement.flatMap(({ Action, Resource }) => listed(Resource).map((each) => `${Action} ${each}`));
    expect(lines(MQTT).filter((line) => lines(CORE).includes(line))).toEqual([]);
  });
});

describe("core-device.json", () => {
  it("leaves the connection to the nucleus", () => {
    expect(CORE.Statement.map(({ Action }) => Action)).toEqual(["iot:Publish", "iot:Subscribe", "iot:Receive"]);
  });

  it("allows what the recipe's access control does, under the thing's own name", () => {
    const recipe = parse(readFileSync(join(folder, "../recipe.yaml"), "utf8"));
    const byId = recipe.ComponentConfiguration.DefaultConfiguration.accessControl["aws.greengrass.ipc.mqttproxy"];
    const granted = Object.values<{ operations: string[]; resources: string[] }>(byId).flatMap(
      ({ operations, resources }) =>
        operations.flatMap((operation) =>
          resources.map((resource) => `${operation.replace(/.*#(\w+)ToIoTCore/, "$1")} ${resource}`),
        ),
    );
    // Each resource of the recipe is behind at least one topic that the policy allows, and the other way round.
    const used = iotCoreTopics("line-4");
    const covers = (grant: string, { operation, topic }: (typeof used)[number]) => {
      const [granting, resource = ""] = grant.split(" ");
      return granting === operation && pattern(resource, "").test(topic);
    };
    expect(granted.filter((grant) => !used.some((each) => covers(grant, each)))).toEqual([]);
    expect(used.filter((each) => !granted.some((grant) => covers(grant, each)))).toEqual([]);
  });
});

describe("token-exchange-role.json", () => {
  it("allows to download the artifacts, which every device needs, and nothing else", () => {
    expect(ROLE.Statement.map(({ Action, Resource }) => [Action, Resource])).toEqual([
      ["s3:GetObject", "arn:aws:s3:::BUCKET/io.packdrift.Monitor/*"],
    ]);
  });
});

describe("api-role.json", () => {
  it("allows to read jobs of Lookout for Vision in one region, for `source: api` alone", () => {
    const inRegion = { StringEquals: { "aws:RequestedRegion": "REGION" } };
    expect(API_ROLE.Statement.map(({ Action, Resource, Condition }) => [Action, Resource, Condition])).toEqual([
      ["lookoutvision:DescribeModelPackagingJob", "*", inRegion],
      ["lookoutvision:ListModelPackagingJobs", "*", inRegion],
    ]);
  });

  it("names every action of AWS that the device's code calls", () => {
    const code = readFileSync(join(folder, "../../src/sources/api.ts"), "utf8");
    const commands = new Set(code.match(/\b(Describe|List|Start|Stop|Detect|Create|Delete|Update)\w+(?=Command\b)/g));

    expect([...commands].sort().map((name) => `lookoutvision:${name}`)).toEqual(
      API_ROLE.Statement.map(({ Action }) => Action),
    );
  });
});

describe("sagemaker-role.json", () => {
  it("allows the one action that the device calls of SageMaker", () => {
    const code = readFileSync(join(folder, "../../src/sources/sagemaker.ts"), "utf8");
    const targets = [...code.matchAll(/"SageMaker\.(\w+)"/g)].map(([, action]) => `sagemaker:${action}`);

    expect(read("sagemaker-role.json").Statement.map(({ Action }) => Action)).toEqual(targets);
  });
});
