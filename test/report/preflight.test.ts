import { describe, expect, it } from "vitest";
import type { Runnable } from "../../src/drift/finding.js";
import { preflight } from "../../src/drift/preflight.js";
import { matrixLines } from "../../src/report/preflight/matrix.js";
import { exitCodeOfPairs } from "../../src/report/preflight/pair.js";
import { fullPreflightJson, preflightJson } from "../../src/report/preflight/preflight-json.js";
import { renderPreflight } from "../../src/report/preflight/preflight-text.js";
import { cpuJob, someFacts, someJob } from "../drift/builders.js";

const STYLE = { colour: false, width: 100 };
const NOW = "2026-11-23T18:00:00.000Z";
const names = (word: string, number: number) => Array.from({ length: number }, (_, at) => `${word}-${at + 1}`);

describe("matrixLines", () => {
  it("has one line for hundreds of thousands of machines with the same answer", () => {
    const machines = names("machine", 200_000);
    const answers = [machines.map((): Runnable => "RUNNABLE")];

    const lines = matrixLines({ jobs: ["job"], targets: [null], machines, answers }, STYLE);

    expect(lines.length).toBeLessThan(30);
  });

  it.each([
    [1, 1],
    [3, 4],
    [2, 40],
    [30, 9],
    [120, 200],
  ])("keeps %i jobs on %i machines within the width", (jobs, machines) => {
    const kinds: readonly Runnable[] = ["RUNNABLE", "WILL_NOT_RUN", "CANNOT_TELL", "RUNNABLE_UNTESTED"];
    const answers = names("job", jobs).map((_, job) =>
      names("machine", machines).map((_machine, at) => kinds[(job * at) % 4] ?? "RUNNABLE"),
    );
    const matrix = {
      jobs: names("job", jobs),
      targets: names("target", jobs),
      machines: names("machine", machines),
      answers,
    };
    for (const width of [60, 100]) {
      const lines = matrixLines(matrix, { colour: false, width });
      expect(lines.filter((line) => [...line].length > width)).toEqual([]);
      for (const job of matrix.jobs) expect(lines.join("\n")).toContain(job);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours are what is taken out
      expect(matrixLines(matrix, { colour: true, width }).map((line) => line.replace(/\u001b\[\d+m/g, ""))).toEqual(
        lines,
      );
    }
  });

  it("puts machines that answer alike in one row, and says how many it does not name", () => {
    const machines = names("m", 25);
    const jobs = names("some-long-job-name", 8);
    const answers = jobs.map((_, job) => machines.map((): Runnable => (job === 3 ? "CANNOT_TELL" : "RUNNABLE")));
    const lines = matrixLines({ jobs, targets: names("t", 8), machines, answers }, STYLE);
    expect(lines.slice(0, 2)).toEqual(["1  some-long-job-name-1 for t-1", "2  some-long-job-name-2 for t-2"]);
    expect(lines.slice(-4)).toEqual([
      "                                                1  2  3  4  5  6  7  8",
      "m-1, m-2, m-3, m-4, m-5, m-6, m-7, m-8, m-9,    ✓  ✓  ✓  ?  ✓  ✓  ✓  ✓",
      "m-10, m-11, m-12, m-13, m-14, m-15, m-16,",
      "m-17, m-18, m-19, m-20 and 5 more",
    ]);
  });
});

describe("preflightJson", () => {
  const jobs = [
    { name: "gpu", from: "jobs/gpu.json", job: someJob() },
    { name: 'cpu "2"', from: "jobs/cpu.json", job: cpuJob() },
  ];
  const machines = [
    { name: "x", from: "x.json", facts: someFacts() },
    {
      name: "y",
      from: "y.json",
      facts: someFacts({ accelerator: { state: "absent", from: "/sys" }, gpus: { state: "absent", from: "/sys" } }),
    },
  ];

  it("writes every pair with its verdict, what is not a match, and the fixes", () => {
    const text = [...fullPreflightJson(preflight(jobs, machines, NOW))].join("");
    const expected = [...preflight(jobs, machines, NOW)].map(({ job, machine, verdict, remedies }) => ({
      job: job.name,
      machine: machine.name,
      jobFile: job.from,
      factsFrom: machine.from,
      drift: verdict.drift,
      runnable: verdict.runnable,
      findings: verdict.findings.filter(({ outcome }) => outcome !== "MATCH"),
      remedies,
    }));
    expect(JSON.parse(text)).toEqual({ schema: "packdrift.preflight/1", results: expected });
    expect(expected.map(({ job, machine }) => job + machine)).toEqual(["gpux", "gpuy", 'cpu "2"x', 'cpu "2"y']);
  });

  it("writes the machines of a job that answer alike together, though what they match differs", () => {
    const driver = (value: string) => ({ state: "known", value, from: "/proc/driver", confidence: "FIRM" }) as const;
    const fleet = [...machines, { name: "z", from: "z.json", facts: someFacts({ kernelRelease: driver("6.1") }) }];

    const text = [...preflightJson(preflight(jobs, fleet, NOW))].join("");

    const pairs = [...preflight(jobs, fleet, NOW)];
    const classOf = (at: number, names: readonly string[]) => {
      const { job, verdict, remedies } = pairs[at] as (typeof pairs)[number];
      return {
        job: job.name,
        jobFile: job.from,
        drift: verdict.drift,
        runnable: verdict.runnable,
        machines: names.map((name) => ({ name, factsFrom: `${name}.json` })),
        findings: verdict.findings.filter(({ outcome }) => outcome !== "MATCH"),
        remedies,
      };
    };
    expect(JSON.parse(text)).toEqual({
      schema: "packdrift.preflight/2",
      results: [classOf(0, ["x", "z"]), classOf(1, ["y"]), classOf(3, ["x", "y", "z"])],
    });
  });

  it.each([
    [preflightJson, "packdrift.preflight/2"],
    [fullPreflightJson, "packdrift.preflight/1"],
  ])("is an empty list without pairs", (write, schema) => {
    expect(JSON.parse([...write([])].join(""))).toEqual({ schema, results: [] });
  });

  it("lets no name move the cursor in the text", () => {
    const odd = jobs.map((job) => ({ ...job, name: `${job.name}\u001b[2J\u202e` }));
    expect(renderPreflight(odd, machines, preflight(odd, machines, NOW), STYLE)).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
  });
});

describe("exitCodeOfPairs", () => {
  it.each<[readonly Runnable[], number]>([
    [[], 0],
    [["RUNNABLE", "RUNNABLE_UNTESTED"], 0],
    [["RUNNABLE", "CANNOT_TELL"], 2],
    [["CANNOT_TELL", "WILL_NOT_RUN", "RUNNABLE"], 1],
  ])("of %j is %i", (answers, code) => {
    expect(exitCodeOfPairs(new Set(answers))).toBe(code);
  });
});
