import { CfnOutput, Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { addAlarms } from "./alarms.ts";
import { auroraDatabase, ownDatabase } from "./database.ts";
import type { Options } from "./options.ts";
import { addPage } from "./page.ts";
import { messageQueue } from "./queue.ts";
import { concurrencyOf, receiver } from "./receiver.ts";
import { addRules } from "./rules.ts";

/** What devices publish → rules of IoT Core → a queue → a function → PostgreSQL, and what watches over it. */
export class FleetStack extends Stack {
  constructor(scope: Construct, id: string, options: Options) {
    super(scope, id, { description: "Receives what packdrift's devices report: docs/fleet-aws.md" });
    const { database } = options;
    const { queue, deadLetters } = messageQueue(this);
    addRules(this, options, queue);
    const store = database.kind === "own" ? ownDatabase(this, database) : auroraDatabase(this, database);
    const { fn, logs } = receiver(this, { options, queue, store, concurrency: concurrencyOf(options) });
    addAlarms(this, { queue, deadLetters, fn, logs, topicArn: options.alarmTopic });
    if (options.page !== null) addPage(this, options.page, options, store);
    new CfnOutput(this, "QueueUrl", { value: queue.queueUrl });
    new CfnOutput(this, "DeadLetterQueueUrl", { value: deadLetters.queueUrl });
    new CfnOutput(this, "DatabaseSecret", { value: store.secretArn });
  }
}
