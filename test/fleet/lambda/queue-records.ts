import { createHash } from "node:crypto";
import type { ReceivedMessage } from "../../../src/fleet/arrival.js";

const SENT = "1795999000123";

/** A record of Amazon SQS with this body, as the AWS Lambda Developer Guide shows it ("Using Lambda with Amazon SQS", example event). */
export function sqsRecord(messageId: string, body: string) {
  return {
    messageId,
    receiptHandle: `AQEB${messageId}`,
    body,
    attributes: {
      ApproximateReceiveCount: "1",
      SentTimestamp: SENT,
      SenderId: "AROAEXAMPLE:rules",
      ApproximateFirstReceiveTimestamp: "1795999000200",
    },
    messageAttributes: {},
    md5OfBody: createHash("md5").update(body).digest("hex"),
    eventSource: "aws:sqs",
    eventSourceARN: "arn:aws:sqs:eu-central-1:123456789012:packdrift-messages",
    awsRegion: "eu-central-1",
  };
}

export const SENT_AT = new Date(Number(SENT)).toISOString();

/** The record of a device's message, as the rule of examples/aws selects it. */
export function ruleRecord(messageId: string, { topic, payload, receivedAt }: ReceivedMessage) {
  const [, , , thing] = topic.split("/");
  const body = Buffer.from(payload).toString("base64");
  return sqsRecord(messageId, JSON.stringify({ body, topic, thing, at: Date.parse(receivedAt) }));
}

/** The record of an error action: AWS IoT Core Developer Guide, "Error action message format". */
export function errorRecord(messageId: string, { topic, payload }: ReceivedMessage) {
  return sqsRecord(
    messageId,
    JSON.stringify({
      ruleName: "packdrift_report",
      topic,
      cloudwatchTraceId: "7e146a2c-95b5-6caf-98b9-50e3969734c7",
      clientId: "box-1",
      base64OriginalPayload: Buffer.from(payload).toString("base64"),
      failures: [
        { failedAction: "SqsAction", failedResource: "packdrift-messages", errorMessage: "Failed to send the message" },
      ],
    }),
  );
}

export const eventOf = (...records: readonly object[]) => ({ Records: records });

/** Each message as a record, numbered from 1: `m1`, `m2` … */
export const eventOfMessages = (...messages: readonly ReceivedMessage[]) =>
  eventOf(...messages.map((message, at) => ruleRecord(`m${at + 1}`, message)));
