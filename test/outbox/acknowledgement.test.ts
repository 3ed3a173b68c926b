import { describe, expect, it } from "vitest";
import { parseAcknowledgement } from "../../src/outbox/acknowledgement.js";

const parse = (text: string) => parseAcknowledgement(Buffer.from(text));

describe("parseAcknowledgement", () => {
  it("reads a sequence, of the present epoch or of a named one", () => {
    expect([parse('{"sequence":7}'), parse('{"epoch":"e2","sequence":0,"rule":"x"}')]).toEqual([
      { sequence: 7, epoch: null },
      { sequence: 0, epoch: "e2" },
    ]);
  });

  it.each([
    "",
    "7",
    "null",
    "[]",
    "{}",
    '{"sequence":"7"}',
    '{"sequence":-1}',
    '{"sequence":1.5}',
    '{"sequence":1e99}',
    '{"sequence":1,"epoch":{}}',
    `{"sequence":1,"x":"${"x".repeat(2_000)}"}`,
  ])("refuses %s", (text) => {
    expect(() => parse(text)).toThrow("Cannot read an acknowledgement");
  });
});
