import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { readTopic, TOPIC_PREFIXES, topicFilters } from "../src/fleet/ingest/fleet-topics.js";
import { sharedPostgres } from "./fleet/store/postgres-server.js";
import { TOP } from "./flows/flow-parts.js";
import { lacks } from "./needed.js";

const AWS = join(TOP, "examples/aws");
const require = createRequire(import.meta.url);
const ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:fleet-AbCdEf";
const CERTIFICATE = "arn:aws:acm:eu-central-1:123456789012:certificate/11111111-2222-3333-4444-555555555555";

type Json = Readonly<Record<string, unknown>>;
interface Resource {
  readonly Type: string;
  readonly Properties: Json;
  readonly DeletionPolicy?: string;
}
interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
}
interface Synthesized {
  readonly template: Template;
  /** The names of the files in each asset. */
  readonly assets: readonly (readonly string[])[];
}

let out = "";
let synthesize: (options: Readonly<Record<string, string>>) => Synthesized;
let usual: Synthesized;

/** A template's values as texts: `Queue`, `Queue.Arn`, and what is joined of such. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const {
    Ref,
    "Fn::GetAtt": attribute,
    "Fn::Join": joined,
    "Fn::Sub": text,
    ...others
  } = value as Record<string, unknown>;
  if (typeof Ref === "string") return bare(Ref);
  if (Array.isArray(attribute)) return `${bare(attribute[0])}.${attribute[1]}`;
  if (typeof text === "string") return text.replace(/\$\{([^}]+)\}/g, "$1");
  if (Array.isArray(joined)) return (joined[1] as readonly unknown[]).map(plain).join(joined[0]);
  return Object.fromEntries(Object.entries(others).map(([key, inner]) => [key, plain(inner)]));
}

function sorted<T>(values: readonly T[]): readonly T[] {
  return [...values].sort();
}

/** A resource's name without the digest that the CDK adds. */
function bare(id: unknown): string {
  return String(id).replace(/(?<=.)[0-9A-F]{8}$/, "");
}

describe.skipIf(lacks("AWS CDK"))("examples/aws", () => {
  beforeAll(async () => {
    out = mkdtempSync(join(tmpdir(), "packdrift-cdk-"));
    // By paths that the compiler does not follow: the packages are installed where the example is.
    const load = (file: string) => import(/* @vite-ignore */ file);
    const { App } = createRequire(join(AWS, "app.ts"))("aws-cdk-lib");
    const { FleetStack } = await load(join(AWS, "lib/fleet-stack.ts"));
    const { readOptions } = await load(join(AWS, "lib/options.ts"));
    const { context } = JSON.parse(readFileSync(join(AWS, "cdk.json"), "utf8"));
    let stacks = 0;
    synthesize = (options) => {
      stacks += 1;
      const outdir = join(out, String(stacks));
      const app = new App({ outdir, context, analyticsReporting: false });
      new FleetStack(
        app,
        "packdrift-fleet",
        readOptions((name: string) => options[name]),
      );
      const { template } = app.synth().getStackByName("packdrift-fleet");
      const folders = readdirSync(outdir).filter((name) => /^asset\.[0-9a-f]{64}$/.test(name));
      return { template, assets: folders.map((name) => readdirSync(join(outdir, name)).sort()) };
    };
    usual = synthesize({});
  });
  afterAll(() => rmSync(out, { recursive: true, force: true }));

  /** The properties of the resources of a type, by their names. */
  const all = (type: string, { template } = usual): Readonly<Record<string, Json>> =>
    Object.fromEntries(
      Object.entries(template.Resources)
        .filter(([, { Type }]) => Type === type)
        .map(([id, { Properties }]) => [bare(id), plain(Properties) as Json]),
    );
  const types = ({ template }: Synthesized) => new Set(Object.values(template.Resources).map(({ Type }) => Type));

  /** Each statement of each policy: to whom, `allow` or `deny`, which actions, on what, and when. */
  function statements(from: Synthesized): readonly string[] {
    const policies = Object.values(all("AWS::IAM::Policy", from)).flatMap(({ Roles, PolicyDocument }) =>
      lines((Roles as readonly string[]).join(), PolicyDocument),
    );
    const trust = Object.entries(all("AWS::IAM::Role", from)).flatMap(([name, role]) => {
      expect(Object.keys(role)).toEqual(["AssumeRolePolicyDocument"]);
      return lines(name, role.AssumeRolePolicyDocument);
    });
    const queues = Object.values(all("AWS::SQS::QueuePolicy", from)).flatMap(({ Queues, PolicyDocument }) =>
      lines((Queues as readonly string[]).join(), PolicyDocument),
    );
    const permissions = Object.values(all("AWS::Lambda::Permission", from)).map(
      ({ FunctionName, Action, Principal, SourceArn }) => `${FunctionName}: ${Principal} ${Action} for ${SourceArn}`,
    );
    return [...trust, ...policies, ...queues, ...permissions];
  }

  function lines(who: string, document: unknown): readonly string[] {
    const { Statement } = document as { readonly Statement: readonly Readonly<Record<string, unknown>>[] };
    return Statement.map(({ Effect, Action, Resource, Principal, Condition, ...others }) => {
      expect(others).toEqual({});
      const parts = [Effect, [Action].flat().join(" "), [Resource ?? []].flat().join(" ")];
      const more = [Principal, Condition].filter((each) => each !== undefined).map((each) => JSON.stringify(each));
      return `${who}: ${[...parts, ...more].filter((part) => part !== "").join(" | ")}`;
    });
  }

  const RULES_MAY = [
    'RulesRole: Allow | sts:AssumeRole | {"Service":"iot.amazonaws.com"} | {"StringEquals":{"aws:SourceAccount":"AWS::AccountId"}}',
    "RulesRole: Allow | sqs:SendMessage | Messages.Arn",
  ];
  const PUBLISH = ["ack", "check", "facts", "flush", "doctor"].map(
    (command) => `arn:AWS::Partition:iot:AWS::Region:AWS::AccountId:topic/cmd/packdrift/v1/*/${command}/req`,
  );
  const receiverMay = (secret: string) => [
    'ReceiverRole: Allow | sts:AssumeRole | {"Service":"lambda.amazonaws.com"}',
    "ReceiverRole: Allow | logs:CreateLogStream logs:PutLogEvents | ReceiverLog.Arn",
    "ReceiverRole: Allow | sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes | Messages.Arn",
    `ReceiverRole: Allow | secretsmanager:GetSecretValue | ${secret}`,
    `ReceiverRole: Allow | iot:Publish | ${PUBLISH.join(" ")}`,
  ];
  const INTERFACES =
    "ec2:CreateNetworkInterface ec2:DescribeNetworkInterfaces ec2:DescribeSubnets ec2:DeleteNetworkInterface ec2:AssignPrivateIpAddresses ec2:UnassignPrivateIpAddresses";
  const NETWORK_MAY = [
    `ReceiverRole: Allow | ${INTERFACES} | *`,
    `ReceiverRole: Deny | ${INTERFACES} | * | {"ArnLike":{"lambda:SourceFunctionArn":"arn:AWS::Partition:lambda:AWS::Region:AWS::AccountId:function:*"}}`,
  ];
  const SHARED = [
    ...["DeadLetters", "Messages"].map(
      (queue) => `${queue}: Deny | sqs:* | ${queue}.Arn | {"AWS":"*"} | {"Bool":{"aws:SecureTransport":"false"}}`,
    ),
    "Receiver.Arn: events.amazonaws.com lambda:InvokeFunction for Upkeep.Arn",
  ];
  const OWN = { databaseSecret: ARN };

  it("is TypeScript that compiles", () => {
    const { stdout, status } = spawnSync(process.execPath, [require.resolve("typescript/bin/tsc"), "-p", AWS], {
      encoding: "utf8",
    });

    expect([stdout, status]).toEqual(["", 0]);
  });

  it("returns the same template for the same code", () => {
    expect(synthesize({}).template).toEqual(usual.template);
  });

  describe("the rules", () => {
    it("are one for each topic of the fleet, with the thing's level and the whole topic", () => {
      const rules = Object.values(all("AWS::IoT::TopicRule"));
      const sql = rules.map(({ TopicRulePayload }) => (TopicRulePayload as Json).Sql);
      const select = "SELECT encode(*, 'base64') AS body, topic() AS topic, topic(4) AS thing, timestamp() AS at FROM";

      expect(sql).toEqual(topicFilters(TOPIC_PREFIXES).map((filter) => `${select} '${filter}'`));
      expect(rules.map(({ RuleName }) => RuleName)).toEqual([
        ...["packdrift_report", "packdrift_heartbeat", "packdrift_facts", "packdrift_status", "packdrift_response"],
      ]);
    });

    it.each([
      ["dt/packdrift/v1", "cmd/packdrift/v1"],
      ["plant", "c"],
      ["a/b/c/d", "a/commands/d/e"],
    ])("find the thing that the receiver finds, below %s and %s", (data, commands) => {
      const synthesized = synthesize({ ...OWN, topicPrefix: data, commandPrefix: commands });
      const rules = Object.values(all("AWS::IoT::TopicRule", synthesized));
      const found = rules.map(({ TopicRulePayload }) => {
        const [, level, filter = ""] =
          /topic\((\d)\) AS thing, .* FROM '(.+)'$/.exec(String((TopicRulePayload as Json).Sql)) ?? [];
        // AWS numbers a topic's levels from 1.
        const topic = filter.replace("+", "box-1").replace("+", "check");
        return [topic.split("/")[Number(level) - 1], readTopic(topic, { data, commands })?.thing];
      });

      expect(found).toEqual(Array.from({ length: 5 }, () => ["box-1", "box-1"]));
    });

    it("send to the queue, errors too, as the receiver's own role", () => {
      const sqs = { Sqs: { QueueUrl: "Messages", RoleArn: "RulesRole.Arn", UseBase64: false } };
      for (const { TopicRulePayload } of Object.values(all("AWS::IoT::TopicRule"))) {
        expect(TopicRulePayload).toMatchObject({
          Actions: [sqs],
          ErrorAction: sqs,
          AwsIotSqlVersion: "2016-03-23",
          RuleDisabled: false,
        });
      }
    });
  });

  it("encrypts the queues, and lays aside after 100 attempts what cannot be stored", () => {
    const shared = { MessageRetentionPeriod: 14 * 86_400, SqsManagedSseEnabled: true };

    expect(all("AWS::SQS::Queue")).toEqual({
      DeadLetters: shared,
      Messages: {
        ...shared,
        VisibilityTimeout: 360,
        RedrivePolicy: { deadLetterTargetArn: "DeadLetters.Arn", maxReceiveCount: 100 },
      },
    });
  });

  it("calls the function with batches whose records can fail singly, and once a minute", () => {
    expect(all("AWS::Lambda::EventSourceMapping")).toEqual({
      FromQueue: {
        BatchSize: 500,
        EventSourceArn: "Messages.Arn",
        FunctionName: "Receiver",
        FunctionResponseTypes: ["ReportBatchItemFailures"],
        MaximumBatchingWindowInSeconds: 2,
        ScalingConfig: { MaximumConcurrency: 32 },
      },
    });
    expect(all("AWS::Events::Rule")).toMatchObject({
      Upkeep: { ScheduleExpression: "rate(1 minute)", Targets: [{ Arn: "Receiver.Arn", Input: '{"upkeep":true}' }] },
    });
    expect(all("AWS::Lambda::EventInvokeConfig")).toMatchObject({
      ReceiverEventInvokeConfig: { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 0 },
    });
  });

  it.each([
    ["20", 2],
    ["50", 17],
    ["100", 32],
    ["5000", 32],
  ])("with %s connections of the database runs %i calls at once", (connections, calls) => {
    const { FromQueue } = all("AWS::Lambda::EventSourceMapping", synthesize({ ...OWN, connections }));

    expect(FromQueue?.ScalingConfig).toEqual({ MaximumConcurrency: calls });
  });

  it("runs the built function alone, with the settings that it reads", () => {
    expect(usual.assets).toEqual([["fleet-lambda.mjs"]]);
    expect(all("AWS::Lambda::Function")).toMatchObject({
      Receiver: {
        Handler: "fleet-lambda.handler",
        Runtime: "nodejs24.x",
        Timeout: 60,
        LoggingConfig: { LogGroup: "ReceiverLog" },
        Environment: {
          Variables: {
            PACKDRIFT_DATABASE_SECRET: "DatabaseSecretAttachment",
            PACKDRIFT_TOPIC_PREFIX: "dt/packdrift/v1",
            PACKDRIFT_COMMAND_PREFIX: "cmd/packdrift/v1",
            PACKDRIFT_HEARTBEAT_HOURS: "24",
            NODE_EXTRA_CA_CERTS: "/var/runtime/ca-cert.pem",
          },
        },
        VpcConfig: { SecurityGroupIds: ["Clients.GroupId"] },
      },
    });
    const entry = readFileSync(join(TOP, "src/fleet/lambda/fleet-lambda-entry.ts"), "utf8");
    const [environment] = Object.values(all("AWS::Lambda::Function")).map((each) => each.Environment as Json);
    const names = Object.keys(environment?.Variables as Json).filter((name) => name.startsWith("PACKDRIFT_"));
    expect(names.filter((name) => !entry.includes(name))).toEqual([]);
  });

  it("makes a database that is encrypted, backed up and not deleted by mistake, and admits only the function", () => {
    expect(all("AWS::RDS::DBCluster")).toMatchObject({
      Database: {
        Engine: "aurora-postgresql",
        StorageEncrypted: true,
        BackupRetentionPeriod: 14,
        DeletionProtection: true,
        DatabaseName: "packdrift",
        ServerlessV2ScalingConfiguration: { MinCapacity: 0.5, MaxCapacity: 4 },
      },
    });
    expect(Object.values(all("AWS::RDS::DBInstance"))).toMatchObject([{ PubliclyAccessible: false }]);
    expect(Object.values(all("AWS::EC2::SecurityGroupIngress"))).toMatchObject([
      {
        GroupId: "DatabaseSecurityGroup.GroupId",
        SourceSecurityGroupId: "Clients.GroupId",
        FromPort: 5432,
        ToPort: 5432,
      },
    ]);
    expect(Object.values(all("AWS::EC2::SecurityGroup")).filter((group) => "SecurityGroupIngress" in group)).toEqual(
      [],
    );
    const cluster = Object.values(usual.template.Resources).find(({ Type }) => Type === "AWS::RDS::DBCluster");
    expect(cluster?.DeletionPolicy).toBe("Snapshot");
  });

  it("raises alarms for an old queue, dead letters, refused messages and a function that fails", () => {
    const alarms = Object.entries(all("AWS::CloudWatch::Alarm")).map(([name, alarm]) => [
      name,
      [alarm.Namespace, alarm.MetricName, alarm.Statistic, alarm.Threshold, alarm.Period, alarm.EvaluationPeriods].join(
        " ",
      ),
      (alarm.Dimensions as readonly { readonly Value: string }[] | undefined)?.[0]?.Value,
    ]);

    expect(alarms).toEqual([
      ["QueueIsOld", "AWS/SQS ApproximateAgeOfOldestMessage Maximum 600 60 3", "Messages.QueueName"],
      ["DeadLettersWait", "AWS/SQS ApproximateNumberOfMessagesVisible Maximum 1 60 1", "DeadLetters.QueueName"],
      ["MessagesRefused", "packdrift MessagesRefused Sum 1 300 1", undefined],
      ["ReceiverFails", "AWS/Lambda Errors Sum 1 60 5", "Receiver"],
    ]);
    // test/flows/fleet-lambda.long.test.ts holds that the function logs this line.
    expect(all("AWS::Logs::MetricFilter")).toMatchObject({
      Refused: {
        FilterPattern: '{ ($.event = "queue.stored") && ($.refused > 0) }',
        LogGroupName: "ReceiverLog",
        MetricTransformations: [
          { MetricName: "MessagesRefused", MetricNamespace: "packdrift", MetricValue: "$.refused" },
        ],
      },
    });
  });

  it("sends alarms and their end where configured", () => {
    const alarmTopic = "arn:aws:sns:eu-central-1:123456789012:on-call";
    const alarms = Object.values(all("AWS::CloudWatch::Alarm", synthesize({ ...OWN, alarmTopic })));

    expect(alarms).toHaveLength(4);
    for (const alarm of alarms) expect(alarm).toMatchObject({ AlarmActions: [alarmTopic], OKActions: [alarmTopic] });
  });

  it("allows this and nothing else", () => {
    expect(sorted(statements(usual))).toEqual(
      [...RULES_MAY, ...receiverMay("DatabaseSecretAttachment"), ...NETWORK_MAY, ...SHARED].sort(),
    );
  });

  describe("with a database that is there", () => {
    it("makes neither a database nor a network, and may read its secret alone", () => {
      const synthesized = synthesize(OWN);

      expect([...types(synthesized)].filter((type) => /^AWS::(RDS|EC2|SecretsManager|ECS)::/.test(type))).toEqual([]);
      expect(sorted(statements(synthesized))).toEqual([...RULES_MAY, ...receiverMay(ARN), ...SHARED].sort());
    });

    it("runs the function in its network", () => {
      const network = {
        vpcId: "vpc-0a1b2c3d",
        subnetIds: "subnet-0a1b2c3d,subnet-0e1f2a3b",
        securityGroupId: "sg-0a1b2c3d",
      };
      const synthesized = synthesize({ ...OWN, ...network });

      expect(all("AWS::Lambda::Function", synthesized)).toMatchObject({
        Receiver: {
          VpcConfig: { SecurityGroupIds: ["sg-0a1b2c3d"], SubnetIds: ["subnet-0a1b2c3d", "subnet-0e1f2a3b"] },
        },
      });
      expect([...types(synthesized)].filter((type) => type.startsWith("AWS::EC2::"))).toEqual([]);
      expect(sorted(statements(synthesized))).toEqual(
        [...RULES_MAY, ...receiverMay(ARN), ...NETWORK_MAY, ...SHARED].sort(),
      );
    });
  });

  it("provides the function with the keys of things that sign", () => {
    const keys = mkdtempSync(join(out, "keys-"));
    writeFileSync(join(keys, "box-1.pem"), "a key");
    const synthesized = synthesize({ ...OWN, keys });

    expect(sorted(synthesized.assets)).toEqual([["box-1.pem"], ["fleet-lambda.mjs"]]);
    expect(all("AWS::Lambda::Function", synthesized)).toMatchObject({
      Receiver: { Layers: ["Keys"], Environment: { Variables: { PACKDRIFT_KEYS: "/opt" } } },
    });
  });

  describe("the page", () => {
    it("is one container behind HTTPS, with its secrets and the database's", () => {
      const synthesized = synthesize({ pageTokens: ARN, pageCertificate: CERTIFICATE });
      const [task] = Object.values(all("AWS::ECS::TaskDefinition", synthesized));
      const [service] = Object.values(all("AWS::ECS::Service", synthesized));
      const listeners = Object.values(all("AWS::ElasticLoadBalancingV2::Listener", synthesized));

      expect(task).toMatchObject({
        ContainerDefinitions: [
          {
            PortMappings: [{ ContainerPort: 8_400 }],
            Secrets: [
              { Name: "TOKENS", ValueFrom: ARN },
              ...["host", "port", "dbname", "username", "password"].map((field) => ({
                ValueFrom: `DatabaseSecretAttachment:${field}::`,
              })),
            ],
          },
        ],
      });
      expect(service).toMatchObject({
        DesiredCount: 1,
        NetworkConfiguration: {
          AwsvpcConfiguration: { AssignPublicIp: "DISABLED", SecurityGroups: ["Clients.GroupId"] },
        },
      });
      expect(Object.values(all("AWS::ElasticLoadBalancingV2::LoadBalancer", synthesized))).toMatchObject([
        { Scheme: "internal" },
      ]);
      expect(listeners).toMatchObject([
        { Protocol: "HTTPS", Certificates: [{ CertificateArn: CERTIFICATE }] },
        { Protocol: "HTTP", DefaultActions: [{ Type: "redirect" }] },
      ]);
      expect(sorted(synthesized.assets)).toEqual([["Dockerfile", "start.sh"], ["fleet-lambda.mjs"]]);
    });

    it("may read these secrets and its image and write its log, and its program has no permissions", () => {
      const synthesized = synthesize({ pageTokens: ARN, pageCertificate: CERTIFICATE, pagePublic: "yes" });
      const ofPage = statements(synthesized).filter((line) => line.startsWith("Page"));

      const execution = "PageTaskDefExecutionRole: Allow";
      const tasks = 'sts:AssumeRole | {"Service":"ecs-tasks.amazonaws.com"}';
      const repository = "cdk-hnb659fds-container-assets-AWS::AccountId-AWS::Region";
      const secret = `${execution} | secretsmanager:GetSecretValue secretsmanager:DescribeSecret`;
      expect(sorted(ofPage)).toEqual([
        `${execution} | ecr:BatchCheckLayerAvailability ecr:GetDownloadUrlForLayer ecr:BatchGetImage | arn:AWS::Partition:ecr:AWS::Region:AWS::AccountId:repository/${repository}`,
        `${execution} | ecr:GetAuthorizationToken | *`,
        `${execution} | logs:CreateLogStream logs:PutLogEvents | PageTaskDefwebLogGroup.Arn`,
        `${secret} | DatabaseSecretAttachment`,
        `${secret} | ${ARN}`,
        `${execution} | ${tasks}`,
        `PageTaskDefTaskRole: Allow | ${tasks}`,
      ]);
      expect(Object.values(all("AWS::ElasticLoadBalancingV2::LoadBalancer", synthesized))).toMatchObject([
        { Scheme: "internet-facing" },
      ]);
    });
  });

  it.each([
    [{ code: "/nowhere" }, 'code=…: there is no folder "/nowhere"'],
    [{ code: AWS }, `code=…: there is no fleet-lambda.mjs in "${AWS}": npm run build`],
    [{ topicPrefix: "a/+/b" }, "topicPrefix=…: must be 1 to 4 levels without wildcards"],
    [{ commandPrefix: "a'b" }, "commandPrefix=…: must be 1 to 4 levels without wildcards"],
    [{ heartbeatHours: "0" }, 'heartbeatHours=…: must be 1 to 9999, is "0"'],
    [{ connections: "many" }, 'connections=…: must be 20 to 5000, is "many"'],
    [{ maxCapacity: "0.5" }, 'maxCapacity=…: must be 1 to 256, is "0.5"'],
    [{ databaseSecret: "postgres://u:p@db" }, "databaseSecret=…: must be the ARN of a secret"],
    [{ ...OWN, vpcId: "vpc-0a1b2c3d" }, "vpcId=…: vpcId, subnetIds and securityGroupId go together"],
    [
      { vpcId: "vpc-0a1b2c3d", subnetIds: "subnet-0a1b2c3d", securityGroupId: "sg-0a1b2c3d" },
      "vpcId=…: it is for a database of yours: databaseSecret is missing",
    ],
    [{ pageTokens: ARN }, "pageCertificate=…: pageTokens and pageCertificate go together"],
    [{ pagePublic: "yes" }, "pagePublic=…: pageTokens and pageCertificate are missing"],
    [{ ...OWN, pageTokens: ARN, pageCertificate: CERTIFICATE }, "pageTokens=…: the container is for the stack's own"],
  ])("refuses %j", (options, why) => {
    const refused = () => synthesize(options as Readonly<Record<string, string>>);

    expect(refused).toThrow(`Cannot use -c ${why}`);
    expect(refused).not.toThrow("postgres://");
  });
});

describe.skipIf(lacks("PostgreSQL"))("the page's container", () => {
  it("shows the fleet of the database in its environment, to those who have a token", async () => {
    const folder = mkdtempSync(join(tmpdir(), "packdrift-page-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, "packdrift"), `#!/bin/sh\nexec node "${TOP}/dist/packdrift.mjs" "$@"\n`, {
      mode: 0o755,
    });
    const { searchParams } = new URL((await (await sharedPostgres()).database()).replace("@/", "@localhost/"));
    const token = "a token of twenty characters".replaceAll(" ", "-");
    const page = spawn("sh", [join(AWS, "page/start.sh")], {
      env: {
        PATH: `${folder}:${process.env.PATH}`,
        TMPDIR: folder,
        PORT: "0",
        TOKENS: `view ada ${token}`,
        HEARTBEAT_HOURS: "24",
        PGHOST: searchParams.get("host") ?? "",
        PGPORT: searchParams.get("port") ?? "",
        PGOPTIONS: searchParams.get("options") ?? "",
        PGDATABASE: "postgres",
        PGUSER: "packdrift",
        PGPASSWORD: "p@ss?w/rd",
        PGSSLMODE: "disable",
      },
    });
    onTestFinished(() => void page.kill());
    const url = await new Promise<string>((resolve, reject) => {
      let printed = "";
      const read = (text: Buffer) => {
        printed += text;
        const [, found] = /"url":"([^"]+)"/.exec(printed) ?? [];
        if (found !== undefined) resolve(found.replace("0.0.0.0", "127.0.0.1"));
      };
      page.stdout.on("data", read);
      page.stderr.on("data", read);
      page.once("close", () => reject(new Error(printed)));
    });
    const ask = (headers: Readonly<Record<string, string>>) => fetch(new URL("/api/summary", url), { headers });

    expect((await ask({})).status).toBe(401);
    expect((await ask({ authorization: `Bearer ${token}` })).status).toBe(200);
    expect((await fetch(new URL("/healthz", url))).status).toBe(200);
    expect(statSync(join(folder, "tokens")).mode & 0o777).toBe(0o600);
  });
});
