import { describe, expect, it } from "vitest";
import { parseAcknowledgements as parse } from "../../src/outbox/acknowledgement.js";

describe("parseAcknowledgements", () => {
  it("reads a sequence, of the present epoch or of a named one", () => {
    expect([parse('{"sequence":7}'), parse('{"epoch":"e2","sequence":0,"rule":"x"}')]).toEqual([
      [{ sequence: 7, epoch: null }],
      [{ sequence: 0, epoch: "e2" }],
    ]);
  });

  it("reads what is acknowledged in earlier epochs", () => {
    expect(
      parse('{"epoch":"e3","sequence":4,"before":[{"epoch":"e2","sequence":9},{"epoch":"e1","sequence":0}]}'),
    ).toEqual([
      { sequence: 4, epoch: "e3" },
      { sequence: 9, epoch: "e2" },
      { sequence: 0, epoch: "e1" },
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
    '{"sequence":1,"before":{}}',
    '{"sequence":1,"before":[7]}',
    '{"sequence":1,"before":[{"epoch":"e1"}]}',
    `{"sequence":1,"x":"${"x".repeat(3_000)}"}`,
  ])("refuses %s", (text) => {
    expect(() => parse(text)).toThrow("Cannot read an acknowledgement");
  });
});
