import { ArnFormat, Duration, IgnoreMode, RemovalPolicy, Stack } from "aws-cdk-lib";
import { Rule, RuleTargetInput, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import { Effect, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  Architecture,
  Code,
  EventSourceMapping,
  Function as LambdaFn,
  LayerVersion,
  Runtime,
} from "aws-cdk-lib/aws-lambda";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import type { Store } from "./database.ts";
import type { Options } from "./options.ts";
import { CALL_SECONDS } from "./queue.ts";

interface Parts {
  readonly options: Options;
  readonly queue: Queue;
  readonly store: Store;
  readonly concurrency: number;
}

/** Connections for the page, for people who query the database, and for the call once a minute, which has two. */
const OTHER_CONNECTIONS = 16;
/** One, and a second while it replaces the first. */
const CONNECTIONS_OF_A_CALL = 2;
/** More would wait for each other: one call stores thousands of reports a second. */
const MOST_CALLS = 32;

/** How many calls of the function may run at once, so that the database has a connection for each; 2 is the least Lambda knows. */
export function concurrencyOf({ connections }: Pick<Options, "connections">): number {
  const room = Math.floor((connections - OTHER_CONNECTIONS) / CONNECTIONS_OF_A_CALL);
  return Math.max(2, Math.min(MOST_CALLS, room));
}

/** The function that stores what the queue has and acknowledges it to devices, with a role that may do just that. */
export function receiver(scope: Construct, parts: Parts): { readonly fn: LambdaFn; readonly logs: LogGroup } {
  const { options, queue, store, concurrency } = parts;
  const logs = new LogGroup(scope, "ReceiverLog", {
    retention: RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = receiverRole(scope, parts, logs);
  const fn = new LambdaFn(scope, "Receiver", {
    description: "Stores what devices report, and acknowledges it",
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    handler: "fleet-lambda.handler",
    code: Code.fromAsset(options.code, { exclude: ["*", "!fleet-lambda.mjs"], ignoreMode: IgnoreMode.GIT }),
    memorySize: 1_024,
    timeout: Duration.seconds(CALL_SECONDS),
    role,
    logGroup: logs,
    environment: environmentOf(options, store),
    layers: options.keys === null ? [] : [new LayerVersion(scope, "Keys", { code: Code.fromAsset(options.keys) })],
    ...store.placement,
  });
  // A minute later there is another one.
  fn.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.minutes(1) });
  const mapping = new EventSourceMapping(scope, "FromQueue", {
    target: fn,
    eventSourceArn: queue.queueArn,
    batchSize: 500,
    maxBatchingWindow: Duration.seconds(2),
    maxConcurrency: concurrency,
    reportBatchItemFailures: true,
  });
  mapping.node.addDependency(role);
  new Rule(scope, "Upkeep", {
    description: "Settles epochs, and sends what an earlier call could not",
    schedule: Schedule.rate(Duration.minutes(1)),
    targets: [new LambdaFunction(fn, { event: RuleTargetInput.fromObject({ upkeep: true }), retryAttempts: 0 })],
  });
  return { fn, logs };
}

function environmentOf(options: Options, store: Store): Record<string, string> {
  return {
    PACKDRIFT_DATABASE_SECRET: store.secretArn,
    PACKDRIFT_TOPIC_PREFIX: options.topicPrefix,
    PACKDRIFT_COMMAND_PREFIX: options.commandPrefix,
    PACKDRIFT_HEARTBEAT_HOURS: String(options.heartbeatHours),
    // Where Lambda lays a layer's files.
    ...(options.keys === null ? {} : { PACKDRIFT_KEYS: "/opt" }),
    // Amazon RDS signs its certificates itself; the runtime brings them, but does not trust them unasked.
    NODE_EXTRA_CA_CERTS: "/var/runtime/ca-cert.pem",
  };
}

function receiverRole(scope: Construct, { options, queue, store }: Parts, logs: LogGroup): Role {
  const stack = Stack.of(scope);
  const role = new Role(scope, "ReceiverRole", { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
  const allow = (actions: string[], ...resources: string[]) =>
    role.addToPolicy(new PolicyStatement({ actions, resources }));
  allow(["logs:CreateLogStream", "logs:PutLogEvents"], logs.logGroupArn);
  allow(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], queue.queueArn);
  allow(["secretsmanager:GetSecretValue"], store.secretArn);
  allow(
    ["iot:Publish"],
    ...["ack", "check", "facts", "flush", "doctor"].map((command) =>
      stack.formatArn({ service: "iot", resource: "topic", resourceName: `${options.commandPrefix}/*/${command}/req` }),
    ),
  );
  if (store.placement.vpc !== undefined) addNetworkRights(role);
  return role;
}

/** Lambda makes these calls with the function's role before it runs. They know no resources, and are denied to the function itself. */
function addNetworkRights(role: Role): void {
  const actions = [
    ...["ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"],
    ...["ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"],
  ];
  const functions = Stack.of(role).formatArn({
    service: "lambda",
    resource: "function",
    resourceName: "*",
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  role.addToPolicy(new PolicyStatement({ actions, resources: ["*"] }));
  role.addToPolicy(
    new PolicyStatement({
      effect: Effect.DENY,
      actions,
      resources: ["*"],
      conditions: { ArnLike: { "lambda:SourceFunctionArn": functions } },
    }),
  );
}
