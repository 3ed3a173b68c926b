import { describe, expect, it } from "vitest";
import { InvalidInputError } from "../../../src/base/errors.js";
import { readQueueEvent } from "../../../src/fleet/lambda/queue-event.js";
import { complete, messageOf } from "../store/fleet-messages.js";
import { errorRecord, eventOf, ruleRecord, SENT_AT, sqsRecord } from "./queue-records.js";

const NOW = Date.parse("2026-11-30T00:00:00Z");
const bytes = (text: string) => new TextEncoder().encode(text);
const QUEUE = "sqs/packdrift-messages";

describe("readQueueEvent", () => {
  it("returns the device's message as the rule enclosed it: topic, bytes, and arrival time", () => {
    const message = messageOf(complete());

    expect(readQueueEvent(eventOf(ruleRecord("m1", message)), NOW)).toEqual([{ id: "m1", message }]);
  });

  it("keeps bytes that are not text", () => {
    const payload = new Uint8Array([0, 255, 128, 10, 0xc3]);
    const [record] = readQueueEvent(eventOf(ruleRecord("m1", { ...messageOf(complete()), payload })), NOW);

    expect(record?.message.payload).toEqual(payload);
  });

  it("returns the message of an error action, with the time at which the queue received it", () => {
    const message = messageOf(complete());

    expect(readQueueEvent(eventOf(errorRecord("m1", message)), NOW)).toEqual([
      { id: "m1", message: { ...message, receivedAt: SENT_AT } },
    ]);
  });

  it.each([
    ["no JSON", "{"],
    ["a text", '"dt/packdrift/v1/box-1/report"'],
    ["another object", '{"hello":1}'],
    ["a body without a topic", '{"body":"e30="}'],
    ["a body that is not a text", '{"topic":"dt/packdrift/v1/box-1/report","body":{}}'],
    ["a key that would reach a prototype", '{"__proto__":{},"topic":"a","body":"e30="}'],
    ["nothing", ""],
  ])("turns %s into a message under the queue's name, which the intake refuses", (_, body) => {
    expect(readQueueEvent(eventOf(sqsRecord("m1", body)), NOW)).toEqual([
      { id: "m1", message: { topic: QUEUE, payload: bytes(body), receivedAt: SENT_AT } },
    ]);
  });

  it("returns the record's own text when the enclosed message is not base64", () => {
    const body = '{"topic":"dt/packdrift/v1/box-1/report","body":"no base64!"}';

    expect(readQueueEvent(eventOf(sqsRecord("m1", body)), NOW)[0]?.message).toEqual({
      topic: "dt/packdrift/v1/box-1/report",
      payload: bytes(body),
      receivedAt: SENT_AT,
    });
  });

  it.each([1e300, -5, 0, null, "1795999000123"])("uses the queue's time when the rule's is %j", (at) => {
    const body = JSON.stringify({ topic: "a", body: "", at });

    expect(readQueueEvent(eventOf(sqsRecord("m1", body)), NOW)[0]?.message.receivedAt).toBe(SENT_AT);
  });

  it("uses our own time when the queue states none", () => {
    const record = { ...sqsRecord("m1", "{"), attributes: undefined };

    expect(readQueueEvent(eventOf(record), NOW)[0]?.message.receivedAt).toBe("2026-11-30T00:00:00.000Z");
  });

  it.each([
    null,
    "text",
    {},
    { Records: {} },
    { Records: [null] },
    { Records: [{ ...sqsRecord("m1", ""), eventSource: "aws:sns" }] },
    { Records: [{ ...sqsRecord("m1", ""), messageId: 1 }] },
  ])("throws for the event %j", (event) => {
    expect(() => readQueueEvent(event, NOW)).toThrow(InvalidInputError);
  });
});
