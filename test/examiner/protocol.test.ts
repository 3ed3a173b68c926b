import { describe, expect, it } from "vitest";
import { InvalidInputError } from "../../src/base/errors.js";
import { parseSettings } from "../../src/config/parse-settings.js";
import { summarize } from "../../src/device/summary.js";
import { type Examination, type ExaminerMessage, encodeMessage, parseMessage } from "../../src/examiner/protocol.js";
import { someFacts } from "../drift/builders.js";
import { someReport, unnumbered } from "../report/builders.js";
import { someRequest } from "./builders.js";

const examination: Examination = {
  kind: "done",
  settings: parseSettings({}),
  nextChecks: ["2026-11-24T00:00:00.000Z"],
  modelFiles: ["/greengrass/v2/packages/artifacts-unarchived/Caps/1.0.0"],
  reports: [{ report: unnumbered(someReport()), content: "the same" }],
  shadow: null,
  log: [{ level: "warn", event: "job.unclear", fields: { project: "bottle-caps" } }],
};

const messages: readonly ExaminerMessage[] = [
  { type: "request", request: { wanted: "check", check: someRequest() } },
  { type: "request", request: { wanted: "facts" } },
  { type: "request", request: { wanted: "validation", configuration: { jobs: [] } } },
  { type: "request", request: { wanted: "start", configuration: "jobs: []" } },
  { type: "ask", number: 1, ask: { what: "component-details", component: "Caps" } },
  { type: "ask", number: 2, ask: { what: "is-configured", component: "Caps" } },
  { type: "ask", number: 3, ask: { what: "token-exchange-port" } },
  { type: "answer", number: 3, answer: { what: "token-exchange-port", port: 43_210 } },
  { type: "answer", number: 3, answer: { what: "token-exchange-port", port: null } },
  {
    type: "answer",
    number: 1,
    answer: { what: "component-details", details: { kind: "found", version: "1.0.0", state: "RUNNING" } },
  },
  { type: "answer", number: 1, answer: { what: "component-details", details: { kind: "absent" } } },
  { type: "answer", number: 1, answer: { what: "component-details", details: { kind: "unsupported", why: "lite" } } },
  { type: "answer", number: 2, answer: { what: "is-configured", configured: false } },
  { type: "result", result: { wanted: "check", examination } },
  { type: "result", result: { wanted: "check", examination: { kind: "refused", message: "bad" } } },
  { type: "result", result: { wanted: "facts", facts: summarize(someFacts()) } },
  { type: "result", result: { wanted: "validation", problem: null } },
  { type: "result", result: { wanted: "validation", problem: "bad" } },
  { type: "result", result: { wanted: "start", problem: "bad" } },
];

const replaced = (message: ExaminerMessage, path: readonly string[], value: unknown): string => {
  const copy = JSON.parse(JSON.stringify(message));
  const last = path[path.length - 1] ?? "";
  const holder = path.slice(0, -1).reduce((object, key) => object[key], copy);
  holder[last] = value;
  return JSON.stringify(copy);
};

/** Every place in a value, as a path of keys. */
const paths = (value: unknown): readonly (readonly string[])[] =>
  typeof value !== "object" || value === null
    ? []
    : Object.entries(value).flatMap(([key, inner]) => [[key], ...paths(inner).map((rest) => [key, ...rest])]);

describe("parseMessage", () => {
  it.each(messages.map((message) => [message]))("reads back what encodeMessage wrote: %j", (message) => {
    const line = encodeMessage(message);

    expect(line.indexOf("\n")).toBe(line.length - 1);
    expect(parseMessage(line)).toEqual(JSON.parse(line));
  });

  it.each(["", "Hello?", "{}", "[]", "null", "1", '"ask"', '{"type":"ask"}', '{"type":"toString"}'])(
    "refuses %j, which is not a message",
    (line) => {
      expect(() => parseMessage(line)).toThrow(InvalidInputError);
      expect(() => parseMessage(line)).toThrow("is not a message of the protocol");
    },
  );

  it("shows no more than the beginning of a long line", () => {
    expect(() => parseMessage("x".repeat(100_000))).toThrow(/^"x{80}…" is not/);
  });

  it.each(
    messages.flatMap((message) =>
      ["type", "request", "ask", "answer", "result", "number"]
        .filter((key) => key in message)
        .map((key) => [key, message] as const),
    ),
  )("refuses a message whose %s is a list: %j", (key, message) => {
    expect(() => parseMessage(replaced(message, [key], []))).toThrow(InvalidInputError);
  });

  it("refuses an examination whose parts have another form", () => {
    const message: ExaminerMessage = { type: "result", result: { wanted: "check", examination } };
    const broken = [
      ["kind"],
      ["settings"],
      ["nextChecks"],
      ["nextChecks", "0"],
      ["modelFiles"],
      ["modelFiles", "0"],
      ["reports"],
      ["reports", "0"],
      ["reports", "0", "content"],
      ["reports", "0", "report"],
      ["reports", "0", "report", "kind"],
      ["reports", "0", "report", "findings"],
      ["shadow"],
      ["log"],
      ["log", "0", "level"],
      ["log", "0", "event"],
      ["log", "0", "fields"],
    ].map((path) => replaced(message, ["result", "examination", ...path], 7));

    for (const line of broken) expect(() => parseMessage(line), line).toThrow(InvalidInputError);
  });

  it("throws nothing but InvalidInputError whatever a message contains", () => {
    for (const message of messages) {
      for (const path of paths(message)) {
        for (const value of [null, 7, "text", [], {}]) {
          try {
            parseMessage(replaced(message, path, value));
          } catch (error) {
            expect(error).toBeInstanceOf(InvalidInputError);
          }
        }
      }
    }
  });
});
