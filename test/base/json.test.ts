import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readRequest } from "../../src/agent/requests/request.js";
import { documentsOf } from "../../src/archive/import/documents.js";
import { isObject, JsonShapeError, jsonObjectIn, parseJson } from "../../src/base/json.js";
import { parseSettings } from "../../src/config/parse-settings.js";
import { readDropIns } from "../../src/device/drop-ins.js";
import { parseFactFile } from "../../src/device/fact-file.js";
import { linuxHost } from "../../src/device/linux-host.js";
import { parseJobText } from "../../src/job/job-text.js";
import { descriptionOf } from "../../src/job/wire-answer.js";
import { parseAcknowledgements } from "../../src/outbox/acknowledgement.js";
import { parseYamlDocument } from "../../src/platform/yaml.js";
import { parseReport } from "../../src/report/parse-report.js";

const nested = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;

describe("isObject", () => {
  it("accepts objects with members, but not lists, null, dates or scalars", () => {
    const taken = [{}, { a: 1 }, Object.create(null), [], null, undefined, new Date(0), "a", 1, true].map(isObject);

    expect(taken).toEqual([true, true, true, false, false, false, false, false, false, false]);
  });
});

describe("parseJson", () => {
  it("returns what JSON.parse returns, down to 32 levels", () => {
    for (const text of ["1", '{"a":[{"b":null}]}', '{"constructor":1}', nested(32)]) {
      expect(parseJson(text)).toEqual(JSON.parse(text));
    }
  });

  it("refuses what is deeper, however deep", () => {
    for (const levels of [34, 1_000, 1_000_000]) {
      expect(() => parseJson(nested(levels))).toThrow(new JsonShapeError("it is deeper than 32 levels"));
    }
  });

  it('refuses a key "__proto__" anywhere', () => {
    for (const text of ['{"__proto__":{}}', '[{"a":{"__proto__":null}}]', '{"\\u005f_proto__":1}']) {
      expect(() => parseJson(text)).toThrow(new JsonShapeError('it has a key "__proto__"'));
    }
  });
});

describe("jsonObjectIn", () => {
  it.each(["", "null", "7", "[]", "{", '{"__proto__":{}}'])("answers null for %s", (text) => {
    expect(jsonObjectIn(text)).toBe(null);
  });

  it("returns the object", () => {
    expect(jsonObjectIn('{"version":7}')).toEqual({ version: 7 });
  });
});

/** A small document with a value that may be anything, for each parser of what comes from outside; how it says no. */
const PARSERS: Readonly<Record<string, (value: string) => unknown>> = {
  "a report": (value) => parseReport(`{"schema":"packdrift.report/1","x":${value}}`),
  "an acknowledgement": (value) => parseAcknowledgements(`{"sequence":1,"x":${value}}`),
  "a job": (value) => descriptionOf(parseJobText(`{"ModelPackagingDescription":{"JobName":"j","x":${value}}}`, "file")),
  settings: (value) => parseSettings(JSON.parse(`{"jobs":[],"mqtt":${value}}`)),
  "a YAML file": (value) => parseYamlDocument(`a: ${value}`),
  "a facts file": (value) => parseFactFile(`{"schema":"packdrift.facts/1","x":${value}}`),
  "a request": (value) => thrown(readRequest("cmd/packdrift/v1/t/check/req", `{"id":"a","x":${value}}`, PLACE)),
  "an API's failure": (value) => thrown(jsonObjectIn(`{"message":"no","x":${value}}`)),
  "documents to import": (value) =>
    documentsOf(`{"JobName":"j","x":${value}}`, "file", () => []).map((d) => descriptionOf(d)),
  "declared facts": (value) => {
    const path = join(folder, "etc/packdrift/facts.d");
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, "a.json"), `{"key":"cuda","value":"10.2","source":"me","x":${value}}`);
    const { problems } = readDropIns(linuxHost(folder));
    return problems.length > 0 ? thrown(null) : problems;
  },
};
const PLACE = { prefix: "cmd/packdrift/v1", thing: "t", random: () => 0 };
const folder = mkdtempSync(join(tmpdir(), "packdrift-json-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Parsers that answer instead of throwing. */
function thrown(answer: unknown): unknown {
  if (answer === null || (answer as { kind?: string }).kind === "refused") throw new Error("refused");
  return answer;
}

describe.each(Object.entries(PARSERS))("the parser of %s", (_, parse) => {
  it.each([
    ["a depth of 100,000", `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`],
    ["a depth of 40", nested(40)],
    ["a key __proto__", '{"__proto__":{"polluted":true}}'],
  ])("refuses %s, and no object's prototype has changed", (_, value) => {
    expect(() => parse(value)).toThrow();
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

const LENIENT = Object.entries(PARSERS).filter(([name]) =>
  /acknowledgement|job|YAML|request|failure|import/.test(name),
);

it.each(LENIENT)("the parser of %s takes what is harmless", (_, parse) => {
  expect(() => parse("1")).not.toThrow();
});
