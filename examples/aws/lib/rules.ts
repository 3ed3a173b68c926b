import { Stack } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { CfnTopicRule } from "aws-cdk-lib/aws-iot";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import type { Options } from "./options.ts";

type Prefixes = Pick<Options, "topicPrefix" | "commandPrefix">;

/** The topics on which devices publish what a fleet receives, each by the name of its rule. */
export function topicFilters({ topicPrefix, commandPrefix }: Prefixes): ReadonlyMap<string, string> {
  return new Map([
    ["packdrift_report", `${topicPrefix}/+/report`],
    ["packdrift_heartbeat", `${topicPrefix}/+/heartbeat`],
    ["packdrift_facts", `${topicPrefix}/+/facts`],
    ["packdrift_status", `${topicPrefix}/+/status`],
    ["packdrift_response", `${commandPrefix}/+/+/res`],
  ]);
}

/**
 * What a rule makes of a message. Base64 keeps its bytes, which a device may have signed; with functions alone a rule also takes
 * what is no JSON. The function reads `topic`; `thing`, the first level that the filter leaves open, is for people who search.
 */
export function sqlOf(filter: string): string {
  const level = filter.split("/").indexOf("+") + 1;
  return `SELECT encode(*, 'base64') AS body, topic() AS topic, topic(${level}) AS thing, timestamp() AS at FROM '${filter}'`;
}

/** One rule for each topic, all into the queue. What a rule cannot put there comes as an error, with the message in it. */
export function addRules(scope: Construct, options: Prefixes, queue: Queue): void {
  const { account } = Stack.of(scope);
  const role = new Role(scope, "RulesRole", {
    assumedBy: new ServicePrincipal("iot.amazonaws.com", {
      conditions: { StringEquals: { "aws:SourceAccount": account } },
    }),
  });
  role.addToPolicy(new PolicyStatement({ actions: ["sqs:SendMessage"], resources: [queue.queueArn] }));
  const sqs = { queueUrl: queue.queueUrl, roleArn: role.roleArn, useBase64: false };
  for (const [ruleName, filter] of topicFilters(options)) {
    const rule = new CfnTopicRule(scope, `Rule_${ruleName}`, {
      ruleName,
      topicRulePayload: {
        sql: sqlOf(filter),
        awsIotSqlVersion: "2016-03-23",
        actions: [{ sqs }],
        errorAction: { sqs },
        ruleDisabled: false,
      },
    });
    // IoT Core tries the role when it makes the rule.
    rule.node.addDependency(role);
  }
}
