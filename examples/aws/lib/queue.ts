import { Duration } from "aws-cdk-lib";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";

/** How long one call of the function may take. */
export const CALL_SECONDS = 60;
/** As Lambda advises: messages of a call that Lambda could not start are delivered again in time. */
const VISIBILITY_SECONDS = 6 * CALL_SECONDS;
/**
 * Ten hours of a database out of reach before the first message is laid aside. Messages that cannot be read do not come here: the
 * function refuses and counts them.
 */
const MOST_RECEIVES = 100;

/** The queue, and the one for messages that could not be stored. */
export function messageQueue(scope: Construct): { readonly queue: Queue; readonly deadLetters: Queue } {
  const shared = { retentionPeriod: Duration.days(14), encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true };
  const deadLetters = new Queue(scope, "DeadLetters", shared);
  const queue = new Queue(scope, "Messages", {
    ...shared,
    visibilityTimeout: Duration.seconds(VISIBILITY_SECONDS),
    deadLetterQueue: { queue: deadLetters, maxReceiveCount: MOST_RECEIVES },
  });
  return { queue, deadLetters };
}
