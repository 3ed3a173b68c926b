import { describe, expect, it } from "vitest";
import { InvalidInputError } from "../../src/base/errors.js";
import { parseReport } from "../../src/report/parse-report.js";
import { someReport } from "./builders.js";

describe("parseReport", () => {
  it("returns a report as it was sent, from text and from bytes", () => {
    const text = JSON.stringify(someReport({ signature: "s".repeat(86), previous: "p".repeat(43) }));

    expect(parseReport(text)).toEqual(JSON.parse(text));
    expect(parseReport(new TextEncoder().encode(text))).toEqual(JSON.parse(text));
  });

  it.each([
    [{ signature: 5 }, "previous and signature must be short strings"],
    [{ signature: null }, "previous and signature must be short strings"],
    [{ previous: {} }, "previous and signature must be short strings"],
    [{ previous: "p".repeat(201) }, "previous and signature must be short strings"],
    [{ id: "e1.2" }, "id must be epoch.sequence"],
    [{ kind: "PARTIAL" }, "kind must be COMPLETE or HEARTBEAT"],
    [{ part: { index: 3, of: 2 } }, "part must be one of at most 1000"],
  ])("refuses %j", (over, why) => {
    const parse = () => parseReport(JSON.stringify({ ...someReport(), ...over }));

    expect(parse).toThrow(InvalidInputError);
    expect(parse).toThrow(`Cannot read a report: ${why}`);
  });
});
