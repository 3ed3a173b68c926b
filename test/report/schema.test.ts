import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { deployedFrom } from "../../src/drift/deployed.js";
import { encodeReport } from "../../src/report/encode.js";
import { heartbeat } from "../../src/report/make-report.js";
import type { Report } from "../../src/report/report.js";
import { memoryStore, readOnly, someOutbox } from "../outbox/builders.js";
import { someReport, unnumbered } from "./builders.js";
import {
  hosts,
  nastyReport,
  notCheckedReport,
  nothingToCheckReport,
  reportsOf,
  someHeartbeat,
  variedReport,
} from "./formats/reports.js";

const schema = JSON.parse(readFileSync(new URL("../../src/report/report.schema.json", import.meta.url), "utf8"));
const validate = new Ajv2020({
  strict: true,
  strictRequired: false,
  strictTypes: false,
  allErrors: true,
  allowUnionTypes: true,
}).compile(schema);

/** The report as its reader gets it. */
function errorsOf(report: unknown): unknown {
  validate(JSON.parse(JSON.stringify(report)));
  return validate.errors ?? [];
}

const DEPLOYED = [
  { kind: "version", version: "1.0.0", state: "RUNNING" },
  { kind: "version", version: "1.0.0", state: null },
  { kind: "present" },
  { kind: "absent" },
  { kind: "unknown", why: "nobody answers" },
] as const;

describe("report.schema.json", () => {
  it("describes the reports about every sample job on every sample machine, deployed or not", () => {
    let described = 0;
    for (const [at, host] of hosts().entries()) {
      const result = DEPLOYED[at % DEPLOYED.length] ?? DEPLOYED[0];
      const reports = [
        ...reportsOf(host),
        ...reportsOf(host, undefined, (name) => deployedFrom(name, [{ from: "--deployed", result }])),
      ];
      for (const report of reports)
        expect([report.id, host.name, errorsOf(report)]).toEqual([report.id, host.name, []]);
      described += reports.length;
    }
    expect(described).toBe(hosts().length * 16);
  });

  it.each([
    ["heartbeats", someHeartbeat()],
    ["reports about what could not be checked", notCheckedReport()],
    ["reports of devices that have no job", nothingToCheckReport()],
    ["their heartbeats", { ...nothingToCheckReport(), ...heartbeat(unnumbered(nothingToCheckReport())) }],
    ["waived, damped and unknown findings", variedReport()],
    ["texts that hold anything", nastyReportOfUsualLength()],
    ["gaps", someReport({ gaps: [{ fromSequence: 1, toSequence: 4, count: 4 }] })],
  ] as const)("describes %s", (_, report: Report) => {
    expect(errorsOf(report)).toEqual([]);
  });

  it("describes what the outbox adds: places, clocks, seals, signatures, gaps of this epoch and others", () => {
    const store = memoryStore();
    const signed = { sign: () => "A".repeat(86), maxBytes: () => 40_000 };
    const before = someOutbox(store, signed);
    const made: Report[] = [1, 2, 3].map(() => before.add(unnumbered(someReport())));
    before.discard(made[1]?.id ?? "");
    // A folder that fails for a while makes another epoch, with gaps of both.
    store.failing = () => readOnly();
    made.push(before.add(unnumbered(someReport())), before.add(heartbeat(unnumbered(someReport()))));
    before.discard(made[3]?.id ?? "");
    store.failing = null;
    made.push(before.add(heartbeat(unnumbered(someReport()))));
    before.acknowledge(made.at(-1)?.sequence ?? 0);
    made.push(before.add(heartbeat(unnumbered(someReport()))));
    const short = encodeReport(nastyReportOfUsualLength(), 1_100);
    const all = [...made, ...short.map((text) => JSON.parse(text) as Report)];

    for (const key of ["clock", "previous", "signature", "ack", "gaps", "cut"]) {
      expect([key, all.some((report) => key in report)]).toEqual([key, true]);
    }
    expect(all.flatMap(({ gaps = [] }) => gaps).some(({ epoch }) => epoch !== undefined)).toBe(true);
    expect(new Set(made.map((report) => (report as { ack?: string }).ack))).toEqual(
      new Set([undefined, "none", "cloud"]),
    );
    for (const report of all) expect([report.id, errorsOf(report)]).toEqual([report.id, []]);
  });

  it("describes every part of a split report", () => {
    const host = hosts().find(({ name }) => name === "agx-orin-64gb-jp512") ?? expect.fail();
    const parts = reportsOf(host).flatMap((report) => encodeReport(report, 3_000));
    expect(parts.length).toBeGreaterThan(16);
    for (const part of parts) expect(errorsOf(JSON.parse(part))).toEqual([]);
  });

  it.each([
    ["an unknown verdict", { drift: "MAYBE" }],
    ["a match among the findings", { findings: [{ ...variedReport().findings[0], outcome: "MATCH" }] }],
    ["a rule that does not exist", { findings: [{ ...variedReport().findings[0], rule: "job.mood" }] }],
    ["a time that is no instant", { checkedAt: "yesterday" }],
    ["a sequence from 0", { sequence: 0 }],
    ["a clock without a boot", { clock: { ms: 1 } }],
    ["a seal of another length", { previous: "abc" }],
    ["a signature that is none", { signature: "-" }],
    ["a gap that ends before zero", { gaps: [{ fromSequence: 0, toSequence: 0, count: 0 }] }],
    ["an acknowledgement by nobody known", { kind: "HEARTBEAT", ack: "perhaps" }],
    ["a missing thing", { thing: undefined }],
    ["a heartbeat with findings", { ...someHeartbeat(), findings: variedReport().findings }],
  ])("refuses %s", (_, over) => {
    expect(errorsOf({ ...someReport(), ...over })).not.toEqual([]);
  });
});

function nastyReportOfUsualLength(): Report {
  return { ...nastyReport(), thing: "line-4-camera-2" };
}
