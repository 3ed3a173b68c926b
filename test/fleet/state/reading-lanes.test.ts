import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { fleetQuestions } from "../../../src/fleet/state/fleet-questions.js";
import type { CatalogJob, FleetQuestions, QuestionParts } from "../../../src/fleet/state/questions.js";
import type { Reader } from "../../../src/fleet/store/database.js";
import { type FleetStore, openSqlite } from "../../../src/fleet/store/open-sqlite.js";
import { parseJob } from "../../../src/job/parse-job.js";
import { minute } from "./some-rows.js";

const JOBS = join(import.meta.dirname, "../../../src/lab/jobs");
const described = (file: string): CatalogJob => ({
  ...{ project: "p", job: "j" },
  description: parseJob(JSON.parse(readFileSync(join(JOBS, file), "utf8"))),
});

const PAGE = { limit: 50 };

describe("fleetQuestions", () => {
  let store: FleetStore;
  afterEach(() => store.close());

  /** The questions on a store without rows, and the statements that each reader was asked. */
  async function watched(jobs: QuestionParts["jobs"] = () => []) {
    store = await openSqlite(":memory:");
    const asked = { quick: [] as string[], scans: [] as string[] };
    const watch = (reader: Reader, to: string[]): Reader => ({
      all(sql, parameters) {
        to.push(sql);
        return reader.all(sql, parameters);
      },
    });
    const questions = fleetQuestions(watch(store, asked.quick), {
      jobs,
      now: () => Date.parse(minute(60)),
      heartbeatHours: 1,
      unpack: () => "",
      scans: watch(store.scans, asked.scans),
    });
    return { questions, asked };
  }

  const readByKey: readonly (readonly [string, (questions: FleetQuestions) => Promise<unknown>])[] = [
    ["a device", (questions) => questions.device("box-1")],
    ["a device's history", (questions) => questions.history("box-1", PAGE)],
    ["all devices", (questions) => questions.devices({}, PAGE)],
    ["devices of a verdict", (questions) => questions.devices({ runnable: "WILL_NOT_RUN", drift: "DRIFTED" }, PAGE)],
    ["devices with a cause", (questions) => questions.devices({ cause: "c" }, PAGE)],
    ["devices with a cause and a job", (questions) => questions.devices({ cause: "c", job: "p/j" }, PAGE)],
    ["devices by a part of the name", (questions) => questions.things({ q: "box" }, PAGE)],
    ["the jobs that a device could run", (questions) => questions.jobsOn("box-1", PAGE)],
    ["requests", (questions) => questions.requests(PAGE)],
    ["gaps", (questions) => questions.gaps(PAGE)],
  ];

  it.each(readByKey)("reads %s without waiting for queries of whole tables", async (_, ask) => {
    const { questions, asked } = await watched();
    await ask(questions);

    expect([asked.quick.length > 0, asked.scans]).toEqual([true, []]);
  });

  const readWhole: readonly (readonly [string, (questions: FleetQuestions) => Promise<unknown>])[] = [
    ["the summary", (questions) => questions.summary()],
    ["causes", (questions) => questions.causes({}, PAGE)],
    ["one cause", (questions) => questions.cause("c")],
    ["a trend", (questions) => questions.trend(minute(0), minute(50), 5)],
    ["counts", (questions) => questions.count({ q: "box" })],
    ["devices of the past", (questions) => questions.things({ at: minute(10) }, PAGE)],
    ["jobs", (questions) => questions.jobs(PAGE)],
    ["what if", (questions) => questions.whatIf({ jetpack: "5.1.2" }, {})],
  ];

  it.each(readWhole)("runs %s apart from queries by key", async (_, ask) => {
    const { questions, asked } = await watched();
    await ask(questions);

    expect([asked.scans.length > 0, asked.quick]).toEqual([true, []]);
  });

  it("judges a job once for all questions within a second, and again when its description changes", async () => {
    let jobs = [described("x86-t4.json")];
    const { questions, asked } = await watched(() => jobs);
    const views = await Promise.all([questions.job("p", "j"), questions.job("p", "j")]);
    const first = asked.scans.length;
    views.push(await questions.job("p", "j"));

    expect([asked.scans.length, new Set(views).size]).toEqual([first, 1]);
    jobs = [described("arm64-cpu.json")];
    await questions.job("p", "j");
    expect(asked.scans.length).toBe(2 * first);
    await questions.job("p", "other");
    expect(asked.scans.length).toBe(2 * first + 1);
  });

  it.each([
    { rule: "compiler.trt-ver", q: "99" },
    { cause: "c", job: "p/j", runnable: "WILL_NOT_RUN", q: "99" },
    { job: "p/j", q: "99" },
    { q: "99" },
  ] as const)("searches a part of a name only in the narrow index: %j", async (filter) => {
    const { questions, asked } = await watched();
    await questions.count(filter);

    const [sql = ""] = asked.scans;
    const values = Array.from(sql.matchAll(/\$(\d+)/g), () => "");
    const plan = await store.all(`EXPLAIN QUERY PLAN ${sql}`, values);
    const steps = plan.map(({ detail }) => String(detail)).filter((detail) => / t /.test(`${detail} `));
    expect(steps.length).toBeGreaterThan(0);
    for (const step of steps) expect(step).toContain("USING COVERING INDEX thing_by_name");
  });
});
