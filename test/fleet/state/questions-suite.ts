import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { jobFilter } from "../../../src/fleet/state/device-filter.js";
import { fleetQuestions } from "../../../src/fleet/state/fleet-questions.js";
import type { CatalogJob, FleetQuestions } from "../../../src/fleet/state/questions.js";
import type { Database, Row } from "../../../src/fleet/store/database.js";
import { insertion } from "../store/insertion.js";
import { DEVICE, minute, someEpoch, someFindingRow, someReportRow, someState, someThing } from "./some-rows.js";

const ALL = { limit: 100 };

/** An engine under test: each store that it opens is empty. */
export interface Engine {
  open(): Promise<Database>;
  stop(): Promise<void>;
}

/** What every engine's tables answer. */
export function questionsSuite(name: string, start: () => Promise<Engine>): void {
  describe(`fleetQuestions on ${name}`, () => {
    let engine: Engine;
    const opened: Database[] = [];
    beforeAll(async () => {
      engine = await start();
    });
    afterEach(async () => {
      for (const store of opened.splice(0)) await store.close();
    });
    afterAll(() => engine.stop());

    /** Tables filled by a test, and the questions at minute 60 unless it says otherwise. */
    async function asked(
      rows: Readonly<Record<string, readonly Row[]>>,
      now = minute(60),
      jobs: readonly CatalogJob[] = [],
    ): Promise<FleetQuestions> {
      const store = await engine.open();
      opened.push(store);
      await store.write(Object.entries(rows).flatMap(([table, ones]) => ones.map((row) => insertion(table, row))));
      return fleetQuestions(store, {
        jobs: () => jobs,
        now: () => Date.parse(now),
        heartbeatHours: 1,
        unpack: ({ body }) => new TextDecoder().decode(body),
      });
    }

    it("answers every question about no things at all", async () => {
      const questions = await asked({});
      const nothing = { items: [], next: null };

      expect(await questions.summary()).toEqual({
        at: minute(60),
        things: 0,
        drift: { IN_SYNC: 0, DRIFTED: 0, UNKNOWN: 0, NOT_CHECKED: 0 },
        runnable: { RUNNABLE: 0, RUNNABLE_UNTESTED: 0, WILL_NOT_RUN: 0, CANNOT_TELL: 0 },
        states: { fresh: 0, late: 0, silent: 0, never: 0 },
        wontRun: { things: 0, causes: 0, covered: 0 },
        delivery: {
          reports: 0,
          heartbeats: 0,
          duplicates: 0,
          conflicts: 0,
          named: 0,
          givenUp: 0,
          missing: 0,
          refused: [],
        },
      });
      expect(await questions.summary(minute(5))).toMatchObject({ at: minute(5), things: 0 });
      expect(await questions.devices({}, ALL)).toEqual(nothing);
      expect(await questions.devices({ at: minute(1) }, ALL)).toEqual(nothing);
      expect(await questions.count({ q: "x", state: "silent", drift: "DRIFTED" })).toBe(0);
      expect(await questions.device("a")).toBeNull();
      expect(await questions.history("a", ALL)).toEqual(nothing);
      expect(await questions.report("a", "e1", 1)).toBeNull();
      expect(await questions.causes({}, ALL)).toEqual(nothing);
      expect(await questions.cause("c")).toBeNull();
      expect(await questions.jobs(ALL)).toEqual(nothing);
      expect(await questions.job("bolts", "inspect-7")).toBeNull();
      expect(await questions.trend(minute(0), minute(10), 3)).toEqual(
        [0, 5, 10].map((at) => ({ at: minute(at), things: 0, wontRun: 0, drifted: 0 })),
      );
      expect(await questions.whatIf({ jetpack: "5.1.1" }, {})).toMatchObject({ things: 0, same: 0, withoutFacts: 0 });
      expect(await questions.rejudge({})).toEqual({ same: 0, differs: [], withoutDescription: 0, withoutFacts: 0 });
      expect(await questions.gaps(ALL)).toEqual(nothing);
      expect(await questions.requests(ALL)).toEqual(nothing);
      expect(await questions.request("r")).toBeNull();
      expect(await questions.answers("r", ALL)).toEqual(nothing);
    });

    const BAD = { drift: "DRIFTED", runnable: "WILL_NOT_RUN", since: minute(10) };

    it("shows a device with the finding that weighs most, and its freshness by when it was heard", async () => {
      const questions = await asked({
        thing: [someThing("box", BAD)],
        finding: [
          someFindingRow("box", { fingerprint: "f2", rule: "device.memory", severity: "WARNING", cause: "c-memory" }),
          someFindingRow("box"),
          someFindingRow("box", { fingerprint: "f3", rule: "target.arch", until: minute(20), cause: "c-arch" }),
        ],
      });

      expect(await questions.devices({}, ALL)).toEqual({
        items: [
          {
            thing: "box",
            state: "fresh",
            online: null,
            heardAt: minute(60),
            drift: "DRIFTED",
            runnable: "WILL_NOT_RUN",
            since: minute(10),
            jobs: 1,
            product: "AGX Xavier",
            jetpack: "4.6.1",
            arch: "ARM64",
            worst: {
              rule: "compiler.trt-ver",
              expected: "7.1.3",
              actual: "8.2.1",
              severity: "BLOCKING",
              cause: "c-trt",
            },
          },
        ],
        next: null,
      });
    });

    it("calls things fresh, late, silent and never heard, and counts them", async () => {
      const things = [
        someThing("a", { last_heard: minute(500) }),
        someThing("b", { last_heard: minute(411) }),
        someThing("c", { last_heard: minute(410) }),
        someThing("d", { last_heard: minute(320) }),
        someThing("e", { expected: 1, first_heard: null, last_heard: null, drift: null, runnable: null, since: null }),
      ];
      const questions = await asked({ thing: things }, minute(500));
      const names = async (state: "fresh" | "late" | "silent" | "never") =>
        (await questions.things({ state }, ALL)).items;

      expect(await names("fresh")).toEqual(["a", "b"]);
      expect(await names("late")).toEqual(["c"]);
      expect(await names("silent")).toEqual(["d"]);
      expect(await names("never")).toEqual(["e"]);
      expect((await questions.summary()).states).toEqual({ fresh: 2, late: 1, silent: 1, never: 1 });
      expect((await questions.devices({}, ALL)).items.map(({ state }) => state)).toEqual([
        ...["fresh", "fresh", "late", "silent", "never"],
      ]);
    });

    it("returns each thing once, page by page, for every filter", async () => {
      const names = Array.from({ length: 23 }, (_, at) => `box-${String(at).padStart(2, "0")}`);
      const questions = await asked({
        thing: names.map((name, at) => someThing(name, at % 2 === 0 ? BAD : {})),
        state: names.map((name, at) => someState(name, at % 2 === 0 ? BAD : {})),
        finding: names.filter((_, at) => at % 2 === 0).map((name) => someFindingRow(name)),
      });
      const even = names.filter((_, at) => at % 2 === 0);
      const filters = [
        { runnable: "WILL_NOT_RUN" },
        { drift: "DRIFTED" },
        { drift: "DRIFTED", runnable: "WILL_NOT_RUN", state: "fresh" },
        { rule: "compiler.trt-ver" },
        { cause: "c-trt" },
        { cause: "c-trt", rule: "compiler.trt-ver", job: "bolts/inspect-7", runnable: "WILL_NOT_RUN", q: "BOX" },
        { job: "bolts/inspect-7", drift: "DRIFTED" },
        { job: "bolts/inspect-7", q: "agx", runnable: "WILL_NOT_RUN" },
      ] as const;
      for (const filter of [...filters, ...filters.map((one) => ({ ...one, at: minute(60) }))]) {
        const found: string[] = [];
        for (let after: string | undefined; ; ) {
          const page = await questions.things(filter, { limit: 4, ...(after === undefined ? {} : { after }) });
          found.push(...page.items);
          if (page.next === null) break;
          after = page.next;
        }
        expect(found, JSON.stringify(filter)).toEqual(even);
        expect(await questions.count(filter), JSON.stringify(filter)).toBe(even.length);
      }
      expect((await questions.things({ job: "bolts/inspect-7" }, ALL)).items).toEqual(names);
      expect((await questions.things({ job: "bolts/inspect-8" }, ALL)).items).toEqual([]);
      expect((await questions.things({ rule: "target.os" }, ALL)).items).toEqual([]);
    });

    it("limits every answer to the one thing that is named, now and at a time in the past", async () => {
      const things = ["a", "b", "bb"];
      const questions = await asked({
        thing: things.map((thing) => someThing(thing, BAD)),
        state: things.map((thing) => someState(thing, BAD)),
        finding: things.map((thing) => someFindingRow(thing)),
      });
      const others = [
        {},
        { q: "b" },
        { runnable: "WILL_NOT_RUN" },
        { state: "fresh" },
        { job: "bolts/inspect-7" },
        { job: "bolts/inspect-7", runnable: "WILL_NOT_RUN" },
        { rule: "compiler.trt-ver" },
        { cause: "c-trt", drift: "DRIFTED" },
      ] as const;
      for (const filter of [...others, ...others.map((one) => ({ ...one, at: minute(60) }))]) {
        const one = { ...filter, thing: "b" };
        expect((await questions.things(one, ALL)).items, JSON.stringify(one)).toEqual(["b"]);
        expect((await questions.devices(one, ALL)).items.map(({ thing }) => thing)).toEqual(["b"]);
        expect(await questions.count(one)).toBe(1);
        expect((await questions.causes(one, ALL)).items, JSON.stringify(one)).toMatchObject([
          { cause: "c-trt", things: 1, first: ["b"] },
        ]);
        expect((await questions.things({ ...filter, thing: "B" }, ALL)).items).toEqual([]);
        expect((await questions.causes({ ...filter, thing: "c" }, ALL)).items).toEqual([]);
      }
      expect(await questions.whatIf({ jetpack: "5.1.1" }, { thing: "b" })).toMatchObject({
        things: 1,
        withoutFacts: 1,
      });
      expect(await questions.rejudge({ thing: "b" })).toMatchObject({ withoutFacts: 1 });
    });

    it.each(["%", "_", "!", "'", '"', "\\", "';--", "<b>", "$1", "ü"])("searches for %j literally", async (q) => {
      const questions = await asked({
        thing: [someThing(`a${q}b`), someThing("ab"), someThing("c", { product: `x${q}` })],
      });

      expect((await questions.things({ q }, ALL)).items).toEqual([`a${q}b`, "c"].sort());
      expect((await questions.things({ q, at: minute(60) }, ALL)).items).toEqual([`a${q}b`, "c"].sort());
    });

    it("finds the devices of a job whatever its names are, by the text that its links have", async () => {
      const names = ["a", "a/b", "a%2Fb", "component a/b", "a b/", "/", "%", "component a", "component%20a", ""];
      const pairs = names.flatMap((project) => ["b/c", "c", "component a/b"].map((job) => ({ project, job })));
      const things = pairs.map((_, at) => `box-${at}`);
      const questions = await asked({
        thing: things.map((thing) => someThing(thing, BAD)),
        state: pairs.map((pair, at) => someState(`box-${at}`, { ...pair, ...BAD })),
        finding: pairs.map((pair, at) => someFindingRow(`box-${at}`, pair)),
      });

      expect(new Set(pairs.map(jobFilter)).size).toBe(pairs.length);
      for (const [at, pair] of pairs.entries()) {
        const job = jobFilter(pair);
        const mine = [`box-${at}`];
        expect((await questions.things({ job }, ALL)).items, job).toEqual(mine);
        expect((await questions.things({ job, at: minute(59) }, ALL)).items).toEqual(mine);
        expect((await questions.things({ job, rule: "compiler.trt-ver" }, ALL)).items).toEqual(mine);
        expect((await questions.causes({ job }, ALL)).items).toMatchObject([{ first: mine }]);
      }
      expect(jobFilter({ project: "bolts", job: "inspect-7" })).toBe("bolts/inspect-7");
      expect((await questions.things({ job: "a/b/c" }, ALL)).items).toEqual(["box-0"]);
    });

    it("searches the product that a device had at a time in the past", async () => {
      const change = (at: number, from: string | null, to: string | null) => ({
        ...{ thing: "box", at: minute(at), id: `c${at}`, trigger_kind: "START", epoch: "e1", sequence: at },
        delta: JSON.stringify({ cuda: ['"product":', null], product: [from, to] }),
      });
      const questions = await asked({
        thing: [someThing("box", { product: "Orin" })],
        state: [someState("box")],
        change: [change(20, "Nano", null), change(30, null, "Orin")],
      });
      const found = async (q: string, at: number) => (await questions.count({ q, at: minute(at) })) === 1;

      expect([await found("nano", 19), await found("orin", 19), await found("box", 19)]).toEqual([true, false, true]);
      expect([await found("nano", 25), await found("orin", 25), await found("box", 25)]).toEqual([false, false, true]);
      expect([await found("nano", 30), await found("orin", 30)]).toEqual([false, true]);
    });

    it("searches without regard to the case of ASCII letters alone", async () => {
      const questions = await asked({
        thing: [someThing("Box-ü", { product: "Nano" }), someThing("c", { product: "aGX" })],
      });
      const found = async (q: string) => (await questions.things({ q }, ALL)).items;

      expect([await found("bOX-ü"), await found("box-Ü"), await found("AgX")]).toEqual([["Box-ü"], [], ["c"]]);
    });

    it("finds nothing for NUL, or for texts longer than any stored one", async () => {
      const questions = await asked({ thing: [someThing("a")] });
      const hostile = ["\0", "a\0", "x".repeat(100_000), "\ud800"];

      for (const text of hostile) {
        for (const filter of [{ q: text }, { cause: text }, { job: text }, { rule: text as never }]) {
          expect(await questions.things(filter, ALL)).toEqual({ items: [], next: null });
          expect(await questions.causes(filter, ALL)).toEqual({ items: [], next: null });
        }
        expect(await questions.device(text)).toBeNull();
        expect(await questions.history(text, ALL)).toEqual({ items: [], next: null });
        expect(await questions.cause(text)).toBeNull();
        expect(await questions.job(text, text)).toBeNull();
        expect(await questions.request(text)).toBeNull();
      }
    });

    it.each(["{", "[]", '["a"]', "[1,2,3,4]", "null", '["\\u0000","b"]'])(
      "refuses the key %j that no page gave",
      async (after) => {
        const questions = await asked({});

        await expect(questions.requests({ after, limit: 5 })).rejects.toThrow('Cannot continue the list: "after"');
        await expect(questions.summary("yesterday")).rejects.toThrow('Cannot show the fleet at "yesterday"');
      },
    );

    it("shows one device with a hundred jobs, the worst first, and counts it once", async () => {
      const jobs = Array.from({ length: 100 }, (_, at) => `job-${String(at).padStart(3, "0")}`);
      const questions = await asked({
        thing: [someThing("box", { ...BAD, jobs: 100 })],
        state: jobs.map((job, at) => someState("box", { job, ...(at === 57 ? BAD : {}) })),
        finding: [
          someFindingRow("box", { job: "job-057" }),
          someFindingRow("box", { job: "job-058", fingerprint: "f2" }),
        ],
      });

      const view = await questions.device("box");
      expect(view?.states).toHaveLength(100);
      expect(view?.states[0]).toMatchObject({
        job: "job-057",
        runnable: "WILL_NOT_RUN",
        findings: [{ cause: "c-trt" }],
      });
      expect(view?.states[1]).toMatchObject({ job: "job-000", findings: [] });
      expect((await questions.summary()).wontRun).toEqual({ things: 1, causes: 1, covered: 1 });
      expect((await questions.causes({}, ALL)).items).toMatchObject([{ cause: "c-trt", things: 1, first: ["box"] }]);
      expect((await questions.jobs({ limit: 3 })).items.map(({ job, things }) => [job, things])).toEqual([
        ["job-000", 1],
        ["job-001", 1],
        ["job-002", 1],
      ]);
    });

    it("names no cause that follows from another finding of its device, unless it is asked for", async () => {
      const code = { rule: "compiler.gpu-code", cause: "c-code", fingerprint: "f2", follows: "target.accelerator" };
      const questions = await asked({
        thing: [someThing("box", { runnable: "WILL_NOT_RUN" })],
        finding: [someFindingRow("box", { rule: "target.accelerator", cause: "c-none" }), someFindingRow("box", code)],
      });
      const causesOf = async (filter: object) => (await questions.causes(filter, ALL)).items.map(({ cause }) => cause);

      expect(await causesOf({})).toEqual(["c-none"]);
      expect(await causesOf({ rule: "compiler.gpu-code" })).toEqual(["c-code"]);
      expect((await questions.cause("c-code"))?.things).toBe(1);
    });

    it("reads what every fix of one cause breaks, and in a list only the fixes of the first devices", async () => {
      const things = Array.from({ length: 120 }, (_, at) => `box-${String(at).padStart(3, "0")}`);
      const remedy = JSON.stringify(["JetPack 4.4 (L4T 32.4.3); it breaks job nuts, which wants TensorRT 8.2.1"]);
      const questions = await asked({
        thing: things.map((thing) => someThing(thing)),
        finding: things.map((thing, at) =>
          someFindingRow(thing, { since: minute(at), ...(at === 110 ? { remedy } : {}) }),
        ),
      });

      expect((await questions.causes({}, ALL)).items).toMatchObject([{ things: 120, breaks: [] }]);
      expect((await questions.cause("c-trt"))?.breaks).toEqual(["job nuts, which wants TensorRT 8.2.1"]);
    });

    it("groups findings by cause with the change behind most of them, its time, the fix and what that breaks", async () => {
      const things = ["a", "b", "c", "d"];
      const delta = { l4t: ["32.7.1", "35.3.1"] };
      const questions = await asked({
        thing: [...things, "z9"].map((thing) => someThing(thing, BAD)),
        change: things.slice(0, 3).map((thing, at) => ({
          ...{ thing, at: minute(10 + at), id: "ch1", trigger_kind: "START", epoch: "e1", sequence: 2 },
          delta: JSON.stringify(delta),
        })),
        finding: [
          ...things.map((thing, at) =>
            someFindingRow(thing, {
              since: minute(10 + at),
              change_id: at < 3 ? "ch1" : null,
              remedy: JSON.stringify([
                `JetPack 4.5.1 brings TensorRT 7.1.3${at === 1 ? "; it breaks job nuts, which wants TensorRT 8.2.1" : ""}`,
              ]),
            }),
          ),
          someFindingRow("z9", { rule: "device.memory", severity: "WARNING", cause: "c-memory" }),
          someFindingRow("z9", { fingerprint: "f9", outcome: "NOT_APPLICABLE", severity: "INFO", cause: "c-none" }),
        ],
      });

      const causes = await questions.causes({}, ALL);
      expect(causes.items.map(({ cause }) => cause)).toEqual(["c-trt", "c-memory"]);
      expect(causes.items[0]).toEqual({
        cause: "c-trt",
        rule: "compiler.trt-ver",
        expected: "7.1.3",
        actual: "8.2.1",
        outcome: "DRIFT",
        severity: "BLOCKING",
        because: "The model needs TensorRT 7.1.3, and this machine has 8.2.1",
        things: 4,
        since: minute(10),
        last: minute(13),
        first: things,
        change: { delta, things: 3, from: minute(10), to: minute(12) },
        remedy: ["JetPack 4.5.1 brings TensorRT 7.1.3"],
        breaks: ["job nuts, which wants TensorRT 8.2.1"],
      });
      expect(await questions.cause("c-trt")).toEqual(causes.items[0]);
      expect((await questions.causes({ q: "Z9" }, ALL)).items.map(({ cause }) => cause)).toEqual(["c-memory"]);
      expect((await questions.causes({ rule: "device.memory" }, ALL)).items).toHaveLength(1);
      const first = await questions.causes({}, { limit: 1 });
      expect((await questions.causes({}, { limit: 1, after: first.next ?? "" })).items).toMatchObject([
        { cause: "c-memory" },
      ]);
    });

    it("shows the fleet as it was at any time", async () => {
      const questions = await asked({
        thing: [
          someThing("box", {
            ...BAD,
            since: minute(30),
            device: JSON.stringify({ ...DEVICE, l4t: "35.3.1", jetpack: "5.1.1" }),
          }),
          someThing("later", { first_heard: minute(40) }),
        ],
        state: [someState("box", { ...BAD, since: minute(30) }), someState("later", { since: minute(40) })],
        past_state: [
          {
            thing: "box",
            project: "bolts",
            job: "inspect-7",
            since: minute(0),
            until: minute(30),
            drift: "IN_SYNC",
            runnable: "RUNNABLE",
          },
        ],
        finding: [
          someFindingRow("box", { since: minute(30) }),
          someFindingRow("box", { fingerprint: "f0", since: minute(5), until: minute(8) }),
        ],
        change: [
          {
            thing: "box",
            at: minute(30),
            id: "c1",
            trigger_kind: "START",
            epoch: "e1",
            sequence: 3,
            delta: JSON.stringify({ l4t: ["32.7.1", "35.3.1"], jetpack: ["4.6.1", "5.1.1"] }),
          },
        ],
        report: [1, 3, 30].map((sequence) => someReportRow("box", sequence)),
      });

      expect(await questions.summary(minute(20))).toMatchObject({
        things: 1,
        runnable: { RUNNABLE: 1, WILL_NOT_RUN: 0 },
        states: { fresh: 1 },
      });
      expect((await questions.summary(minute(20))).wontRun).toEqual({ things: 0, causes: 0, covered: 0 });
      expect((await questions.summary(minute(30))).wontRun).toEqual({ things: 1, causes: 1, covered: 1 });
      expect((await questions.devices({ at: minute(20) }, ALL)).items).toMatchObject([
        { thing: "box", runnable: "RUNNABLE", heardAt: minute(3), jetpack: "4.6.1", since: minute(0), worst: null },
      ]);
      expect((await questions.things({ at: minute(20), runnable: "WILL_NOT_RUN" }, ALL)).items).toEqual([]);
      expect(
        (await questions.things({ at: minute(29), runnable: "RUNNABLE", job: "bolts/inspect-7" }, ALL)).items,
      ).toEqual(["box"]);
      expect((await questions.things({ at: minute(30), cause: "c-trt" }, ALL)).items).toEqual(["box"]);
      expect((await questions.things({ at: minute(6), cause: "c-trt" }, ALL)).items).toEqual(["box"]);
      expect((await questions.things({ at: minute(8), cause: "c-trt" }, ALL)).items).toEqual([]);
      expect(await questions.device("box", minute(6))).toMatchObject({
        device: DEVICE,
        states: [{ runnable: "RUNNABLE", findings: [{ since: minute(5), until: minute(8) }] }],
      });
      expect(await questions.device("later", minute(20))).toBeNull();
      expect(await questions.trend(minute(0), minute(60), 3)).toEqual([
        { at: minute(0), things: 1, wontRun: 0, drifted: 0 },
        { at: minute(30), things: 1, wontRun: 1, drifted: 1 },
        { at: minute(60), things: 2, wontRun: 1, drifted: 1 },
      ]);
      expect(await questions.job("bolts", "inspect-7", minute(20))).toMatchObject({
        reported: { RUNNABLE: 1, WILL_NOT_RUN: 0 },
        judged: null,
      });
    });

    it("counts a trend by the worst of a thing's jobs at each time", async () => {
      const was = (thing: string, job: string, from: number, to: number, over: Row = {}) => ({
        ...{ drift: "IN_SYNC", runnable: "RUNNABLE", ...over },
        ...{ thing, project: "bolts", job, since: minute(from), until: minute(to) },
      });
      const questions = await asked(
        {
          thing: [someThing("a", BAD), someThing("b"), someThing("c", BAD), someThing("d")],
          state: [
            someState("a", { job: "one", since: minute(30) }),
            someState("a", { job: "two", ...BAD, since: minute(40) }),
            someState("b", { since: minute(0) }),
            someState("c", { ...BAD, since: minute(0) }),
            someState("d", { since: minute(50) }),
          ],
          past_state: [was("a", "one", 0, 30, BAD), was("a", "two", 10, 40), was("d", "inspect-7", 20, 50, BAD)],
        },
        minute(100),
      );

      expect(await questions.trend(minute(5), minute(55), 6)).toEqual(
        [
          [5, 3, 2],
          [15, 3, 2],
          [25, 4, 3],
          [35, 4, 2],
          [45, 4, 3],
          [55, 4, 2],
        ].map(([at = 0, things, bad]) => ({ at: minute(at), things, wontRun: bad, drifted: bad })),
      );
    });

    it("lists what happened on a device, newest first, in pages of any size even when times are equal", async () => {
      const questions = await asked({
        thing: [someThing("box")],
        report: [
          someReportRow("box", 1),
          someReportRow("box", 2, { received_at: minute(10) }),
          someReportRow("box", 3, { received_at: minute(10), kind: "HEARTBEAT" }),
          someReportRow("box", 4, { received_at: minute(10), epoch: "e0" }),
          someReportRow("other", 1),
        ],
        change: [
          {
            thing: "box",
            at: minute(10),
            id: "c1",
            trigger_kind: "START",
            epoch: "e1",
            sequence: 2,
            delta: '{"cuda":["10.2",null]}',
          },
        ],
        finding: [
          someFindingRow("box"),
          someFindingRow("box", { fingerprint: "f2", since: minute(5), until: minute(10) }),
          someFindingRow("box", { fingerprint: "f3", since: minute(10), until: minute(10) }),
          // UTF-16 and UTF-8 order these two differently.
          ...["\u{1f600}", "\uff01"].map((job) => someFindingRow("box", { job, since: minute(4) })),
        ],
      });
      const whole = (await questions.history("box", ALL)).items;

      expect(whole.map((item) => [item.kind, item.at])).toEqual([
        ...[
          ["closed", minute(10)],
          ["closed", minute(10)],
          ["opened", minute(10)],
          ["opened", minute(10)],
        ],
        ...[
          ["report", minute(10)],
          ["report", minute(10)],
          ["report", minute(10)],
          ["change", minute(10)],
        ],
        ...[
          ["opened", minute(5)],
          ["opened", minute(4)],
          ["opened", minute(4)],
          ["report", minute(1)],
        ],
      ]);
      for (const limit of [1, 2, 3, 7]) {
        const found: unknown[] = [];
        for (let after: string | undefined; ; ) {
          const page = await questions.history("box", { limit, ...(after === undefined ? {} : { after }) });
          found.push(...page.items);
          if (page.next === null) break;
          after = page.next;
        }
        expect(found).toEqual(whole);
      }
      expect((await questions.history("box", ALL, minute(9))).items).toEqual(whole.slice(8));
      const first = await questions.history("box", { limit: 1 }, minute(9));
      expect((await questions.history("box", { limit: 9, after: first.next ?? "" }, minute(9))).items).toEqual(
        whole.slice(9),
      );
      await expect(questions.history("box", ALL, "yesterday")).rejects.toThrow("is not a time");
      expect(whole[7]).toEqual({ kind: "change", at: minute(10), delta: { cuda: ["10.2", null] }, trigger: "START" });
      expect(await questions.report("box", "e1", 2)).toEqual({
        receivedAt: minute(10),
        text: '{"thing":"box","sequence":2}',
      });
    });

    it("names what is missing in an epoch, without what the device named, in pages", async () => {
      const questions = await asked({
        thing: [someThing("box")],
        epoch: [
          someEpoch("box", { contiguous: 5, stored: "[[8,9],[12,12],[20,21]]", named: "[[10,11,2]]", missing: 9 }),
          someEpoch("box", { epoch: "e0", born: 0 }),
          someEpoch("a", { heard: minute(61), stored: "[[7,7]]", missing: 1 }),
        ],
        lost: [
          { thing: "box", epoch: "e0", from_sequence: 2, to_sequence: 3, count: 2, at: minute(1), given_up_by: "ann" },
        ],
        total: [
          { name: "reports", shard: 0, value: 5 },
          { name: "reports", shard: 1, value: 6 },
          { name: "given_up", shard: 0, value: 2 },
        ],
        refused: [
          {
            reason: "not-json",
            count: 3,
            last_at: minute(2),
            topic: "dt/x",
            why: "it is not valid JSON",
            sample: new Uint8Array([123, 0, 255]),
          },
        ],
      });
      const gap = (thing: string, from: number, to: number, heardAt = minute(60)) => ({
        thing,
        epoch: "e1",
        from,
        to,
        heardAt,
      });
      const gaps = [gap("box", 6, 7), gap("box", 13, 19), gap("a", 6, 6, minute(61))];

      expect((await questions.gaps(ALL)).items).toEqual(gaps);
      const first = await questions.gaps({ limit: 1 });
      const second = await questions.gaps({ limit: 1, after: first.next ?? "" });
      const third = await questions.gaps({ limit: 1, after: second.next ?? "" });
      expect([...first.items, ...second.items, ...third.items]).toEqual(gaps);
      expect(third.next).toBeNull();
      expect((await questions.device("box"))?.epochs).toEqual([
        {
          epoch: "e1",
          first: 1,
          contiguous: 5,
          acked: 5,
          heardAt: minute(60),
          missing: [
            { from: 6, to: 7 },
            { from: 13, to: 19 },
          ],
          lost: [],
        },
        {
          epoch: "e0",
          first: 1,
          contiguous: 5,
          acked: 5,
          heardAt: minute(60),
          missing: [],
          lost: [{ from: 2, to: 3, count: 2, givenUpBy: "ann" }],
        },
      ]);
      expect(await questions.delivery()).toEqual({
        ...{ reports: 11, heartbeats: 0, duplicates: 0, conflicts: 0, named: 0, givenUp: 2, missing: 10 },
        refused: [
          {
            reason: "not-json",
            count: 3,
            lastAt: minute(2),
            topic: "dt/x",
            why: "it is not valid JSON",
            sample: "{\\x00\\xff",
          },
        ],
      });
    });

    it("lists every gap, in pages of any size, however the gaps lie in epochs", async () => {
      const numbers = Array.from({ length: 11 }, (_, at) => at);
      const questions = await asked({
        epoch: numbers.map((at) =>
          // Heard in pairs at the same time; every third has two gaps, every fifth none, which an older version may have counted.
          someEpoch(`box-${at % 4}`, {
            ...{ epoch: `e${at}`, heard: minute(at >> 1), missing: 2 },
            ...{ stored: at % 5 === 4 ? "[]" : at % 3 === 0 ? "[[7,7],[9,9]]" : "[[8,8]]" },
          }),
        ),
      });
      const whole = (await questions.gaps(ALL)).items;

      expect(whole).toHaveLength(12);
      for (const limit of [1, 2, 3, 5, 11, 12]) {
        const pages: (typeof whole)[] = [];
        for (let after: string | null = ""; after !== null; ) {
          const page: Awaited<ReturnType<typeof questions.gaps>> = await questions.gaps(
            after === "" ? { limit } : { limit, after },
          );
          pages.push(page.items);
          after = page.next;
        }
        expect(pages.flat()).toEqual(whole);
        expect(pages).toHaveLength(Math.ceil(whole.length / limit));
      }
    });

    it("lists the last refused messages of each reason, newest first, page by page", async () => {
      const refused = (reason: string, number: number, thing: string | null) => ({
        ...{ reason, number, thing, at: minute(number), topic: `dt/${thing}`, why: "w" },
        sample: new Uint8Array([0x7b, number]),
      });
      const messages = [refused("not-json", 9, "a"), refused("not-json", 10, "b"), refused("topic", 2, null)];
      const questions = await asked({ refused_message: messages, thing: [someThing("a")] });
      const first = await questions.refused({ limit: 2 });

      expect(first.items).toEqual([
        { ...{ reason: "not-json", at: minute(10), thing: "b", known: false, topic: "dt/b", why: "w" }, sample: "{\n" },
        { ...{ reason: "not-json", at: minute(9), thing: "a", known: true, topic: "dt/a", why: "w" }, sample: "{\t" },
      ]);
      expect(await questions.refused({ limit: 2, after: first.next ?? "" })).toEqual({
        items: [
          {
            ...{ reason: "topic", at: minute(2), thing: null, known: false, topic: "dt/null", why: "w" },
            sample: "{\\x02",
          },
        ],
        next: null,
      });
    });

    it("counts the outcomes of a request", async () => {
      const request = (id: string, asked_at: string) => ({
        id,
        command: "check",
        filter: '{"cause":"c"}',
        asked_by: "ann",
        asked_at,
        things: 4,
        ends_at: minute(99),
      });
      const answer = (thing: string, status: string) => ({
        id: "r1",
        thing,
        status,
        sent_at: minute(1),
        answered_at: null,
        answer: null,
      });
      const questions = await asked({
        request: [request("r1", minute(1)), request("r2", minute(1)), request("r3", minute(3))],
        request_thing: [answer("a", "DONE"), answer("b", "REFUSED"), answer("c", "SILENT"), answer("d", "WAITING")],
      });

      const { items, next } = await questions.requests({ limit: 2 });
      expect(items.map(({ id }) => id)).toEqual(["r3", "r2"]);
      expect((await questions.requests({ limit: 2, after: next ?? "" })).items).toEqual([
        {
          ...{ id: "r1", command: "check", filter: { cause: "c" }, askedBy: "ann", askedAt: minute(1) },
          ...{ asked: 4, answered: 1, failed: 1, silent: 1, waiting: 1 },
        },
      ]);
      expect((await questions.answers("r1", { limit: 2, after: "b" })).items.map(({ thing }) => thing)).toEqual([
        "c",
        "d",
      ]);
    });

    it("finds a thing's last answer to the request doctor, now and at a time in the past", async () => {
      const request = (id: string, asked_at: string, command = "doctor") => ({
        ...{ id, command, filter: "{}", asked_by: "ann", asked_at, things: 2, ends_at: minute(99) },
      });
      const answer = (id: string, thing: string, at: string | null, why: string | null) => ({
        ...{ id, thing, status: at === null ? "WAITING" : "FAILED", sent_at: minute(1), answered_at: at },
        answer: why === null ? null : JSON.stringify({ why }),
      });
      const questions = await asked({
        request: [
          ...[request("r1", minute(1)), request("r2", minute(5)), request("r3", minute(9))],
          ...[request("r4", minute(9), "check")],
        ],
        request_thing: [
          ...[answer("r1", "a", minute(2), "first"), answer("r2", "a", minute(6), "second")],
          ...[
            answer("r3", "a", null, null),
            answer("r4", "a", minute(9), "no doctor"),
            answer("r3", "b", minute(9), "b"),
          ],
        ],
      });

      expect(await questions.doctor("a")).toMatchObject({
        ...{ request: "r2", askedBy: "ann", askedAt: minute(5), answeredAt: minute(6) },
        ...{ status: "FAILED", why: "second" },
      });
      expect(await questions.doctor("a", minute(5))).toMatchObject({ request: "r1", why: "first" });
      expect(await questions.doctor("a", minute(1))).toBeNull();
      expect(await questions.doctor("c")).toBeNull();
    });
  });
}
