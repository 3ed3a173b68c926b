import { describe, expect, it } from "vitest";
import { bytesOf, encodeReport } from "../../src/report/encode.js";
import { heartbeat } from "../../src/report/make-report.js";
import type { CompleteReport } from "../../src/report/report.js";
import { someFinding, someReport } from "./builders.js";

const many = (count: number) =>
  Array.from({ length: count }, (_, at) => someFinding({ fingerprint: at.toString(16).padStart(16, "0") }));
const decode = (message: string): CompleteReport => JSON.parse(message);

describe("encodeReport", () => {
  it("sends a small report as it is", () => {
    expect(encodeReport(someReport(), 7_000).map(decode)).toEqual([someReport()]);
  });

  it("splits a large report into parts that carry the same head and every finding once, in order", () => {
    const report = someReport({ findings: many(60) });

    const parts = encodeReport(report, 7_000);

    expect(parts.length).toBeGreaterThan(1);
    expect(parts.flatMap((part) => decode(part).findings)).toEqual(report.findings);
    for (const [at, part] of parts.entries()) {
      expect(bytesOf(part)).toBeLessThanOrEqual(7_000);
      expect(decode(part)).toEqual({
        ...report,
        findings: decode(part).findings,
        part: { index: at + 1, of: parts.length },
      });
    }
  });

  it.each([4_000, 5_000, 7_000, 100_000])("keeps every message within %i bytes, whatever the texts", (most) => {
    const long = 'Ω😀\u0000"\\'.repeat(4_000);
    const hostile = someFinding({
      because: long,
      expected: long,
      actual: long,
      path: long,
      remedy: [long],
      evidence: [{ from: long, value: long }],
    });
    const job = {
      ...someReport().job,
      compilerOptions: long,
      source: long,
      unavailable: { reason: "GONE", message: long },
    };
    const agent = { ...someReport().agent, problems: [long, long, long, long, long, long] };

    for (const part of encodeReport(someReport({ job, agent, findings: [hostile, ...many(30), hostile] }), most)) {
      expect(Buffer.byteLength(part)).toBeLessThanOrEqual(most);
      expect(decode(part).schema).toBe("packdrift.report/1");
    }
  });

  it("keeps a heartbeat under 1 KB with the longest names that AWS allows", () => {
    const job = { ...someReport().job, project: "p".repeat(255), name: "j".repeat(64) };
    const component = {
      name: "c".repeat(128),
      expectedVersion: "999999.999999.999999",
      deployedVersion: "999999.999999.999999",
      state: "FINISHED",
    };
    const beat = {
      ...heartbeat(someReport({ thing: "t".repeat(128), job, component })),
      id: `${"e".repeat(16)}.9999999999`,
      epoch: "e".repeat(16),
      sequence: 9999999999,
      clock: { boot: "b".repeat(8), ms: 9_999_999_999 },
      previous: "d".repeat(64),
      signature: "s".repeat(88),
      ack: "cloud",
    } as const;

    const [message = ""] = encodeReport(beat, 7_000);

    expect(bytesOf(message)).toBeLessThan(1_024);
    expect(JSON.parse(message).job).toEqual({
      project: `${"p".repeat(31)}…`,
      name: `${"j".repeat(31)}…`,
      digest: "abababababababab",
    });
  });
});

describe("bytesOf", () => {
  it.each(["", "abc", "äöü€", "😀", "\ud800", "a\u0000b"])("counts the UTF-8 bytes of %j", (text) => {
    expect(bytesOf(text)).toBe(Buffer.byteLength(text));
  });
});
