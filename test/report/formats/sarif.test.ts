import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { RULE_IDS } from "../../../src/drift/finding.js";
import { renderReports } from "../../../src/report/formats.js";
import type { Report } from "../../../src/report/report.js";
import { someFinding, someReport } from "../builders.js";
import { hosts, nastyReport, notCheckedReport, reportsOf, someHeartbeat, variedReport } from "./reports.js";

// The official schema is draft-04; of what it uses only the name of its own address differs from draft-07.
const path = createRequire(import.meta.url).resolve("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json");
const { id: _id, $schema: _schema, ...schema } = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
const validate = new Ajv({
  strict: false,
  // One of its patterns is none with the u flag.
  unicodeRegExp: false,
  allErrors: true,
  validateFormats: true,
  formats: { uri: isUri, "uri-reference": isUriReference, "date-time": isInstant },
}).compile(schema);

interface Log {
  readonly runs: readonly {
    readonly tool: {
      readonly driver: { readonly version: string; readonly rules: readonly { readonly id: string }[] };
    };
    readonly results: readonly { readonly locations: unknown; readonly [key: string]: unknown }[];
  }[];
}

function read(reports: readonly Report[]): Log {
  const log: unknown = JSON.parse(renderReports(reports, "sarif", { colour: true, width: 100 }));
  validate(log);
  expect(validate.errors ?? []).toEqual([]);
  return log as Log;
}

describe("SARIF", () => {
  it("refuses documents that are not SARIF, so that it can be trusted", () => {
    expect(validate({ version: "2.1.0", runs: [{ tool: {} }] })).toBe(false);
    expect(
      validate({
        version: "2.1.0",
        runs: [{ tool: { driver: { name: "x" } }, results: [{ message: { text: "x" }, level: "BLOCKING" }] }],
      }),
    ).toBe(false);
  });

  it("makes a result of each finding that differs or could not be determined", () => {
    const { results, tool } = read([variedReport(), someHeartbeat()]).runs[0] ?? expect.fail();
    expect(tool.driver.rules.map(({ id }) => id)).toEqual([...RULE_IDS]);
    expect(tool.driver.version).toBe("0.1.0");
    expect(
      results.map(({ ruleId, kind, level, suppressions }) => [ruleId, kind, level, suppressions !== undefined]),
    ).toEqual([
      ["job.consistent", "informational", "none", false],
      ["compiler.cuda-ver", "open", "none", false],
      ["compiler.trt-ver", "fail", "error", false],
      ["compiler.trt-ver", "fail", "warning", false],
      ["compiler.driver", "fail", "error", true],
      ["component.version", "informational", "none", false],
      ["device.memory", "open", "none", false],
    ]);
  });

  it("says what, where and how to recognise it", () => {
    const report = someReport({ job: { ...someReport().job, source: "file jobs/a b#1.json" } });
    expect(read([report]).runs[0]?.results).toEqual([
      {
        ruleId: "compiler.trt-ver",
        ruleIndex: RULE_IDS.indexOf("compiler.trt-ver"),
        kind: "fail",
        level: "error",
        message: {
          text: "bolts/inspect-7 on line-4-camera-2: The package needs TensorRT 7, this device has 8.2.1. JetPack 4.5.1 (L4T 32.5.1) brings TensorRT 7.1.3.",
        },
        locations: [
          {
            physicalLocation: { artifactLocation: { uri: "jobs/a%20b%231.json" }, region: { startLine: 1 } },
            logicalLocations: [
              { name: "trt-ver", fullyQualifiedName: someFinding().path, kind: "member" },
              { name: "line-4-camera-2", fullyQualifiedName: "line-4-camera-2", kind: "resource" },
            ],
          },
        ],
        partialFingerprints: {
          "packdrift/1": "00c0ffee00c0ffee",
          "packdriftSubject/1": '["line-4-camera-2","bolts","inspect-7"]',
        },
        properties: {
          outcome: "DRIFT",
          severity: "BLOCKING",
          expected: "7.1.3",
          actual: "8.2.1",
          evidence: someFinding().evidence,
          remedy: someFinding().remedy,
        },
      },
    ]);
  });

  it.each([
    ["file /etc/jobs/a.json", "file:///etc/jobs/a.json"],
    ["file c:jobs/a.json", "./c:jobs/a.json"],
    ["api https://lookoutvision.eu-west-1.amazonaws.com", undefined],
    [null, undefined],
  ])("locates a job from %s at %s", (source, uri) => {
    const report = someReport({ job: { ...someReport().job, source } });
    const found = read([report]).runs[0]?.results.map(({ locations }) => locations);
    const physical =
      uri === undefined ? {} : { physicalLocation: { artifactLocation: { uri }, region: { startLine: 1 } } };
    expect(found).toEqual([[{ ...physical, logicalLocations: expect.any(Array) }]]);
  });

  it("is valid for every sample job on every sample machine, and for texts that hold anything", () => {
    read([...hosts().flatMap((host) => reportsOf(host)), nastyReport(), notCheckedReport()]);
    read([]);
  });
});

function isUri(text: string): boolean {
  return URL.canParse(text);
}

function isUriReference(text: string): boolean {
  return /^[\w\-.~:/?#[\]@!$&'()*+,;=%]*$/.test(text) && URL.canParse(text, "file:///");
}

function isInstant(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/.test(text);
}
