import { Duration } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, type IMetric, Stats, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { Function as LambdaFn } from "aws-cdk-lib/aws-lambda";
import { FilterPattern, type LogGroup, MetricFilter } from "aws-cdk-lib/aws-logs";
import { Topic } from "aws-cdk-lib/aws-sns";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";

interface Watched {
  readonly queue: Queue;
  readonly deadLetters: Queue;
  readonly fn: LambdaFn;
  readonly logs: LogGroup;
  readonly topicArn: string | null;
}

/** Devices send again after 15 minutes what was not acknowledged. */
const OLD_SECONDS = 600;

/** Alarms for what would be noticed late: nothing is lost, since devices keep what is not acknowledged. */
export function addAlarms(scope: Construct, { queue, deadLetters, fn, logs, topicArn }: Watched): void {
  const minute = Duration.minutes(1);
  const refused = refusedMetric(scope, logs);
  const alarms: readonly [string, string, IMetric, number, number][] = [
    [
      "QueueIsOld",
      `A message waits for ${OLD_SECONDS} s or more: the function fails, or is too slow`,
      queue.metricApproximateAgeOfOldestMessage({ period: minute, statistic: Stats.MAXIMUM }),
      OLD_SECONDS,
      3,
    ],
    [
      "DeadLettersWait",
      'Messages could not be stored: docs/fleet-aws.md, "When an alarm is raised"',
      deadLetters.metricApproximateNumberOfMessagesVisible({ period: minute, statistic: Stats.MAXIMUM }),
      1,
      1,
    ],
    ["MessagesRefused", "Messages were refused: the page's delivery view says why", refused, 1, 1],
    [
      "ReceiverFails",
      "Calls of the function fail: the database is out of reach or refuses, or a setting is wrong",
      fn.metricErrors({ period: minute, statistic: Stats.SUM }),
      1,
      5,
    ],
  ];
  const topic = topicArn === null ? null : Topic.fromTopicArn(scope, "AlarmTopic", topicArn);
  for (const [name, alarmDescription, metric, threshold, evaluationPeriods] of alarms) {
    const alarm = new Alarm(scope, name, {
      alarmDescription,
      metric,
      threshold,
      evaluationPeriods,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    if (topic !== null) {
      alarm.addAlarmAction(new SnsAction(topic));
      alarm.addOkAction(new SnsAction(topic));
    }
  }
}

/** How many messages were refused, by what the function logs of each batch. */
function refusedMetric(scope: Construct, logs: LogGroup): IMetric {
  const filter = new MetricFilter(scope, "Refused", {
    logGroup: logs,
    metricNamespace: "packdrift",
    metricName: "MessagesRefused",
    filterPattern: FilterPattern.all(
      FilterPattern.stringValue("$.event", "=", "queue.stored"),
      FilterPattern.numberValue("$.refused", ">", 0),
    ),
    metricValue: "$.refused",
  });
  return filter.metric({ period: Duration.minutes(5), statistic: Stats.SUM });
}
