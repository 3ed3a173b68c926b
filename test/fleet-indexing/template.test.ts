import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse, type ScalarTag, type YAMLMap, type YAMLSeq } from "yaml";
import { SHADOW } from "../../src/base/names.js";
import { type AwsCall, refusals } from "../aws-refusals.js";
import { pageOf, TOP } from "../docs/pages.js";
import { lacks } from "../needed.js";
import { asSent, REPORTED, readyQueries } from "./docs-queries.js";
import { limitsBroken } from "./query.js";

const FOLDER = join(TOP, "examples/fleet-indexing");
const source = readFileSync(join(FOLDER, "template.yaml"), "utf8");

interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

/** The short forms of CloudFormation's functions, as the long ones. */
const FUNCTIONS = ["Ref", "Sub", "GetAtt", "Not", "Equals", "If"].flatMap((name) => {
  const key = name === "Ref" ? name : `Fn::${name}`;
  const scalar: ScalarTag = { tag: `!${name}`, resolve: (text) => ({ [key]: text }) };
  const list = {
    tag: `!${name}`,
    collection: "seq" as const,
    resolve: (items: YAMLSeq | YAMLMap) => ({ [key]: items.toJSON() as unknown }),
  };
  return [scalar, list];
});
const template = parse(source, { customTags: FUNCTIONS }) as {
  readonly Parameters: Readonly<Record<string, { readonly Default: unknown }>>;
  readonly Resources: Readonly<Record<string, Resource>>;
};
const resources = Object.entries(template.Resources);
const of = (type: string) => resources.flatMap(([, { Type, Properties }]) => (Type === type ? [Properties] : []));
const metrics = of("AWS::IoT::FleetMetric");
const groups = of("AWS::IoT::ThingGroup");
const alarms = of("AWS::CloudWatch::Alarm");
const machine = template.Resources.MoveSilence?.Properties.Definition as {
  readonly States: Readonly<
    Record<string, { readonly Resource?: unknown; readonly Arguments?: Record<string, unknown> }>
  >;
};

const camel = (properties: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [
      `${key[0]?.toLowerCase()}${key.slice(1)}`,
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? camel(value as Record<string, unknown>)
        : value,
    ]),
  );

const configuration = JSON.parse(readFileSync(join(FOLDER, "indexing.json"), "utf8"));

describe.skipIf(lacks("boto3"))("AWS", () => {
  it("accepts the index's configuration, the metrics, the groups, and the calls of the state machine", () => {
    const period = template.Parameters.PeriodSeconds?.Default;
    const good: readonly AwsCall[] = [
      ["UpdateIndexingConfiguration", { thingIndexingConfiguration: configuration }],
      ...metrics.map((metric): AwsCall => ["CreateFleetMetric", { ...camel(metric), period }]),
      ...groups.map((group): AwsCall => ["CreateDynamicThingGroup", camel(group)]),
      ["UpdateDynamicThingGroup", camel(machine.States.Group?.Arguments ?? {})],
      ["UpdateFleetMetric", camel(machine.States.Metric?.Arguments ?? {})],
    ];
    const bad: AwsCall = ["UpdateIndexingConfiguration", { thingIndexingConfiguration: { customFields: "none" } }];

    const found = refusals("iot", [...good, bad]);

    expect(found.slice(0, -1)).toEqual(good.map(() => ""));
    expect(found.at(-1)).toContain("Invalid type");
  });
});

describe("examples/fleet-indexing/indexing.json", () => {
  it("indexes the shadow that packdrift writes, and no more custom fields than an account has at first", () => {
    expect(configuration.filter).toEqual({ namedShadowNames: [SHADOW] });
    expect(configuration.customFields.length).toBeLessThanOrEqual(5);
  });

  it("has custom fields that the shadow has, of the types that it writes", () => {
    const { properties } = JSON.parse(readFileSync(join(TOP, "src/report/reported-shadow.schema.json"), "utf8"));
    const text = { String: ["string"], Number: ["integer", "number"] } as Readonly<Record<string, readonly string[]>>;
    for (const { name, type } of configuration.customFields) {
      const path = name.replace(`${REPORTED}.`, "").split(".");
      const [first, second] = path;
      const found = second === undefined ? properties[first] : properties[first]?.properties[second];
      const types = found.$ref !== undefined || found.enum !== undefined ? ["string"] : [found.type];
      expect({ name, isOfType: types.every((each: string) => text[type]?.includes(each)) }).toEqual({
        name,
        isOfType: true,
      });
    }
  });
});

describe("examples/fleet-indexing/template.yaml", () => {
  it("uses no YAML that CloudFormation does not read", () => {
    expect(source).not.toMatch(/(?:^|[\s[{,])[&*][a-z]\w*(?:\s|$)|<<:/m);
  });

  it("has the groups and metrics that the page names", () => {
    const { text } = pageOf("docs/fleet-indexing.md");
    const names = [
      ...groups.map(({ ThingGroupName }) => ThingGroupName),
      ...metrics.map(({ MetricName }) => MetricName),
      ...alarms.map(({ AlarmName }) => AlarmName),
    ].map(String);

    expect(names).toEqual([
      ...["drift-blocking", "drift-silent"],
      ...["silent", "devices", "will-not-run", "cannot-tell", "drifted"].map((name) => `packdrift-${name}`),
      ...["will-not-run", "silent", "not-counted", "silence-not-moved"].map((name) => `packdrift-${name}`),
    ]);
    const shown = text.match(/`(?:packdrift)?-[a-z-]+`|`drift-[a-z]+`/g) ?? [];
    expect(names.filter((name) => !shown.some((one) => `\`${name}\``.endsWith(one.slice(1))))).toEqual([]);
  });

  it("asks what the ready queries ask, within the limits of the service", () => {
    const ready = readyQueries().map(({ query }) => asSent(query, 0));
    const queries = [...groups, ...metrics].map(({ QueryString }) => String(QueryString));

    expect(queries.filter((query) => !ready.includes(query) && query !== `${REPORTED}.schema:1`)).toEqual([]);
    expect(queries.flatMap(limitsBroken)).toEqual([]);
  });

  it("counts things by a field that every one has", () => {
    for (const { AggregationField, AggregationType, IndexName } of metrics)
      expect({ AggregationField, AggregationType, IndexName }).toEqual({
        AggregationField: "registry.version",
        AggregationType: { Name: "Statistics", Values: ["count"] },
        IndexName: "AWS_Things",
      });
  });

  it("moves the time of silence of the group and the metric that it has", () => {
    const { Group, Metric } = machine.States;

    const call = (name: string) => ({ "Fn::Sub": `arn:\${AWS::Partition}:states:::aws-sdk:iot:${name}` });
    expect(Group?.Resource).toEqual(call("updateDynamicThingGroup"));
    expect(Metric?.Resource).toEqual(call("updateFleetMetric"));
    expect(groups.map(({ ThingGroupName }) => ThingGroupName)).toContain(Group?.Arguments?.ThingGroupName);
    expect(metrics.map(({ MetricName }) => MetricName)).toContain(Metric?.Arguments?.MetricName);
  });

  it("moves it to the hours that the parameter says, by the query of the page", () => {
    const { Assign } = machine.States.Query as { readonly Assign: { readonly query: { readonly "Fn::Sub": string } } };
    const [, text = "", hours = ""] =
      /^\{% '([^']+)' & \$string\(\$floor\(\$millis\(\) \/ 1000\) - 3600 \* (\$\{\w+\})\) %\}$/.exec(
        Assign.query["Fn::Sub"],
      ) ?? [];

    expect(hours).toBe(`\${SilentAfterHours}`);
    expect(readyQueries().map((ready) => asSent(ready.query, 5_000))).toContain(`${text}5`);
    expect(template.Parameters.SilentAfterHours?.Default).toBe(72);
  });

  it("allows the state machine to call only these two operations on these two things, and the schedule to start it", () => {
    const policies = of("AWS::IAM::Role").flatMap(({ Policies }) => Policies as readonly unknown[]);
    const arn = (name: string) => ({
      "Fn::Sub": `arn:\${AWS::Partition}:iot:\${AWS::Region}:\${AWS::AccountId}:${name}`,
    });
    const policy = (name: string, ...Statement: readonly object[]) => ({
      PolicyName: name,
      PolicyDocument: { Version: "2012-10-17", Statement: Statement.map((one) => ({ Effect: "Allow", ...one })) },
    });

    expect(policies).toEqual([
      policy(
        "move-silence",
        { Action: "iot:UpdateDynamicThingGroup", Resource: [arn("thinggroup/drift-silent"), arn("index/AWS_Things")] },
        { Action: "iot:UpdateFleetMetric", Resource: [arn("fleetmetric/packdrift-silent"), arn("index/AWS_Things")] },
      ),
      policy("start-move-silence", { Action: "states:StartExecution", Resource: { Ref: "MoveSilence" } }),
    ]);
  });

  it("keeps services of other accounts from assuming these roles", () => {
    const trusted = of("AWS::IAM::Role").map(
      ({ AssumeRolePolicyDocument }) =>
        (AssumeRolePolicyDocument as { readonly Statement: readonly unknown[] }).Statement,
    );

    expect(trusted).toEqual(
      ["states", "scheduler"].map((service) => [
        {
          Effect: "Allow",
          Principal: { Service: `${service}.amazonaws.com` },
          Action: "sts:AssumeRole",
          Condition: { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } },
        },
      ]),
    );
  });

  it("watches metrics that it has, with the dimension of their aggregation", () => {
    const counted = alarms.filter(({ Namespace }) => Namespace !== "AWS/States");
    const names = metrics.map(({ MetricName }) => MetricName);

    expect(counted.filter(({ MetricName }) => !names.includes(MetricName))).toEqual([]);
    for (const { Namespace, Dimensions, AlarmActions } of counted) {
      expect({ Namespace, Dimensions }).toEqual({
        Namespace: { Ref: "MetricNamespace" },
        Dimensions: [{ Name: "AggregationType", Value: "count" }],
      });
      expect(AlarmActions).toEqual({ "Fn::If": ["HasTopic", [{ Ref: "AlarmTopicArn" }], { Ref: "AWS::NoValue" }] });
    }
  });

  it("shows all metrics and alarms on a dashboard that is JSON", () => {
    const [dashboard] = of("AWS::CloudWatch::Dashboard");
    const body = dashboard?.DashboardBody as { readonly "Fn::Sub": string } | undefined;
    const filled = (body?.["Fn::Sub"] ?? "").replace(/\$\{(\w+)\.Arn\}/g, "$1").replace(/\$\{PeriodSeconds\}/g, "300");
    const { widgets } = JSON.parse(filled);
    const shown = widgets.flatMap(({ properties }: { properties: { metrics?: readonly (readonly string[])[] } }) =>
      (properties.metrics ?? []).map(([, name]) => name),
    );

    expect(new Set(shown)).toEqual(new Set(metrics.map(({ MetricName }) => MetricName)));
    expect(widgets.at(-1).properties.alarms.map((name: string) => template.Resources[name]?.Type)).toEqual(
      alarms.map(() => "AWS::CloudWatch::Alarm"),
    );
  });

  it("refers to nothing that is not there", () => {
    const names = [...Object.keys(template.Parameters), ...Object.keys(template.Resources)];
    const subs = resources.map(([, resource]) => JSON.stringify(resource));
    const named = subs.flatMap((text) => [
      ...[...text.matchAll(/"Ref":"([^"]+)"/g)].map(([, name]) => name),
      ...[...text.matchAll(/"Fn::GetAtt":"(\w+)\.Arn"/g)].map(([, name]) => name),
      ...[...text.matchAll(/\$\{([\w:]+)(?:\.Arn)?\}/g)].map(([, name]) => name),
    ]);

    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((name = "") => !name.startsWith("AWS::") && !names.includes(name))).toEqual([]);
  });
});
