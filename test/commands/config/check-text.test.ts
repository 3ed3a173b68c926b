import { describe, expect, it } from "vitest";
import { checkText } from "../../../src/commands/config/check-text.js";

const NOW = Date.parse("2026-11-29T12:00:00Z");
const check = (text: string) => checkText(text, "config.yaml", null, NOW);
const placesOf = (text: string) => check(text).problems.map(({ path, line, column }) => [path, line, column] as const);

describe("checkText", () => {
  it.each([
    ["settings", "", (at: number) => `k${at}: 1\n`],
    ["members", "jobs:\n  project: p\n", (at: number) => `  k${at}: 1\n`],
  ])("names the first hundred of many unknown %s, and how many more there are", (_, head, line) => {
    const text = head + Array.from({ length: 20_000 }, (_one, at) => line(at)).join("");
    const before = process.cpuUsage();

    const { problems } = check(text);

    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(4_000);
    expect(problems).toHaveLength(101);
    expect(problems.at(-1)?.message).toMatch(/^And 19,?90\d more$/);
    expect(problems[99]).toMatchObject({ line: expect.any(Number) });
  });

  it("names every problem at once, each with its line and column", () => {
    const text = `jobs:
  line.1: { project: gear-teeth, job: gear/teeth }
  line.2: { project: gear-teeth, jbo: x }
jiterSeconds: 5
source:
  type: api
  endpont: x
damping:
  - rule: target.os
  - raiseAfter: 0
`;
    expect(placesOf(text)).toEqual([
      ["jiterSeconds", 4, 1],
      ["jobs.line.1.job", 2, 34],
      ["jobs.line.2.jbo", 3, 34],
      ["source.endpont", 7, 3],
      ["damping[1].rule", 10, 5],
      ["damping[1].raiseAfter", 10, 5],
    ]);
  });

  it("locates problems in JSON, and where a single item is a list of one", () => {
    expect(placesOf('{\n  "heartbeatHours": 0,\n  "damping": { "rule": "x", "raiseAfter": 0 }\n}')).toEqual([
      ["heartbeatHours", 2, 3],
      ["damping[0].raiseAfter", 3, 29],
    ]);
  });

  it("locates problems of a deployment's merge, whose JSON text has one place", () => {
    const merge = '{\\"heartbeatHours\\": 0}';
    const text = `{ "components": { "io.packdrift.Monitor": { "configurationUpdate": {\n "merge": "${merge}" } } } }`;

    expect(check(text)).toMatchObject({
      form: "DEPLOYMENT",
      problems: [{ path: "heartbeatHours", line: 2, column: 2 }],
    });
  });

  it("says where a text is no YAML", () => {
    expect(check("jobs: [\n  { project: a\n")).toMatchObject({ good: false, form: null, problems: [{ line: 3 }] });
  });

  it("ends what it says of a text that is no YAML without a colon", () => {
    expect(check('{"a": 1,,}').problems[0]?.message).toMatch(/ at line 1, column 9$/);
  });

  it("reads numbers and flags as nucleus lite's texts", () => {
    expect(check('jitterSeconds: "60"\nshadow: "true"\n')).toMatchObject({
      good: true,
      settings: { jitterSeconds: 60, shadow: true },
    });
  });

  it("refuses a schedule that never runs as a problem of that key", () => {
    expect(placesOf('schedule: "61 * * * *"')).toEqual([["schedule", 1, 1]]);
  });

  it("reports what a good configuration means, with the time of a thing's next check", () => {
    const text = "jobs: [{ component: com.example.Caps }]\nsource: { type: model }\n";
    const { meaning, nextChecks } = checkText(text, "c", "line-4", NOW);

    const texts = Object.fromEntries(meaning.map(({ about, text: said }) => [about, said]));
    expect(texts).toMatchObject({
      checks: "the files of com.example.Caps, without a job",
      descriptions: "None: only the models' own files are read",
      reports: expect.stringContaining("Through the Greengrass nucleus to dt/packdrift/v1/line-4/report"),
    });
    expect(texts.when).toContain(`next for line-4 at ${nextChecks[0]}`);
  });

  it("looks at the lists of a broken configuration too: nucleus lite would refuse them first", () => {
    const jobs = JSON.stringify(Array.from({ length: 30 }, (_, at) => ({ project: "bottle-caps", job: `job-${at}` })));

    expect(check(`jobs: ${jobs}\nlogLevel: loud\n`)).toMatchObject({
      problems: [{ path: "logLevel", line: 2 }],
      warnings: [{ path: "jobs", line: 1 }],
    });
  });
});
