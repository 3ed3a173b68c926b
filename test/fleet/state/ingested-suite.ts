import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { detectFacts } from "../../../src/device/detect.js";
import { linuxHost } from "../../../src/device/linux-host.js";
import { summarize } from "../../../src/device/summary.js";
import type { ReceivedMessage } from "../../../src/fleet/arrival.js";
import { fleetQuestions } from "../../../src/fleet/state/fleet-questions.js";
import type { JobThingFilter } from "../../../src/fleet/state/judged-views.js";
import type { CatalogJob } from "../../../src/fleet/state/questions.js";
import { DRIFTS, RUNNABLES } from "../../../src/fleet/state/verdict-rank.js";
import type { Page } from "../../../src/fleet/state/views.js";
import type { FleetStore } from "../../../src/fleet/store/open-sqlite.js";
import { parseJob } from "../../../src/job/parse-job.js";
import {
  complete,
  drifted,
  heartbeat,
  messageOf,
  minute,
  sealOf,
  someDevice,
  textMessage,
} from "../store/fleet-messages.js";

const TOP = join(import.meta.dirname, "../../..");
const ALL = { limit: 100 };

/** An engine under test: each store that it opens is empty. */
export interface StoreEngine {
  open(): Promise<FleetStore>;
  stop(): Promise<void>;
}

const answers = new Map(
  ["arm64-nvidia-sm72", "xavier-plain", "x86-t4", "arm64-cpu"].map((name) => [
    name,
    JSON.parse(readFileSync(join(TOP, `src/lab/jobs/${name}.json`), "utf8")) as unknown,
  ]),
);
const jobs = [...answers.values()].map((answer): CatalogJob => {
  const description = parseJob(answer);
  return { project: description.project ?? "", job: description.name ?? "", description };
});
const GEAR = { project: "gear-teeth", name: "gear-teeth-sm72" };
const factsOf = (host: string) => summarize(detectFacts(linuxHost(join(TOP, "test/hosts", host)), []));

/** What is asked of a store that has taken in messages. */
export function ingestedSuite(name: string, start: () => Promise<StoreEngine>): void {
  describe(`questions about what ${name} took in`, () => {
    let engine: StoreEngine;
    const opened: FleetStore[] = [];
    beforeAll(async () => {
      engine = await start();
    });
    afterEach(async () => {
      for (const store of opened.splice(0)) await store.close();
    });
    afterAll(() => engine.stop());

    async function asked(...batches: readonly (readonly ReceivedMessage[])[]) {
      const store = await engine.open();
      opened.push(store);
      for (const batch of batches) await store.ingest(batch);
      const now = () => Date.parse(minute(60));
      return fleetQuestions(store, { jobs: () => jobs, now, heartbeatHours: 24, unpack: store.unpack });
    }

    /** A thing that reports a job as running, and the facts of a recorded machine. */
    function box(thing: string, host: string, job = GEAR): readonly ReceivedMessage[] {
      const { job: described } = complete();
      return [
        messageOf(complete({ thing, job: { ...described, ...job } })),
        textMessage(`dt/packdrift/v1/${thing}/facts`, { thing, facts: factsOf(host) }, minute(5)),
      ];
    }

    it("says where the chain of a device's reports is broken, also when they arrived out of order", async () => {
      const first = complete();
      const second = heartbeat({ sequence: 2, previous: "nonsense" });
      const third = complete({ sequence: 3, previous: sealOf(heartbeat({ sequence: 2, previous: sealOf(first) })) });
      const others = [complete({ thing: "other" }), complete({ thing: "other", sequence: 2, previous: "nonsense" })];
      const questions = await asked(
        [messageOf(first), messageOf(third, minute(5))],
        [messageOf(second, minute(9))],
        [messageOf(complete({ thing: "whole" }))],
      );
      const faultsOf = async (thing: string, at?: string) => (await questions.device(thing, at))?.chainFaults;

      expect(await faultsOf("box-1")).toEqual([
        { epoch: "e1", sequence: 2, receivedAt: minute(9) },
        { epoch: "e1", sequence: 3, receivedAt: minute(5) },
      ]);
      expect(await faultsOf("box-1", minute(6))).toEqual([]);
      expect(await faultsOf("whole")).toEqual([]);
      const reordered = await asked(others.reverse().map((report) => messageOf(report)));
      expect((await reordered.device("other"))?.chainFaults).toMatchObject([{ sequence: 2 }]);
    });

    it("names the change of the devices that caused the finding, and when", async () => {
      const after = { ...someDevice, l4t: "35.3.1", jetpack: "5.1.1" };
      const things = ["a", "b", "c"];
      const questions = await asked(
        things.map((thing) => messageOf(complete({ thing }))),
        things.map((thing, at) =>
          messageOf(drifted({ thing, sequence: 2, device: after, checkedAt: minute(10 + at) })),
        ),
        [messageOf(drifted({ thing: "d" }))],
      );

      const { items } = await questions.causes({}, ALL);
      expect(items).toMatchObject([
        {
          rule: "compiler.trt-ver",
          things: 4,
          change: {
            delta: { l4t: ["32.4.3", "35.3.1"], jetpack: ["4.4", "5.1.1"] },
            things: 3,
            from: minute(10),
            to: minute(12),
          },
          remedy: ["Install JetPack 4.4"],
        },
      ]);
      expect((await questions.summary()).wontRun).toEqual({ things: 4, causes: 1, covered: 4 });
      expect((await questions.summary(minute(9))).wontRun).toMatchObject({ things: 1 });
      expect(await questions.device("a", minute(9))).toMatchObject({ device: someDevice, runnable: "RUNNABLE" });
      expect(await questions.device("a")).toMatchObject({ device: after, states: [{ runnable: "WILL_NOT_RUN" }] });
      const history = (await questions.history("a", ALL)).items.map(({ kind }) => kind);
      expect(history.sort()).toEqual(["change", "opened", "report", "report"]);
    });

    it("stays with the newer epoch when a report of an older one arrives later", async () => {
      const old = drifted({ epoch: "e1", sequence: 2, checkedAt: minute(2) });
      const questions = await asked(
        [messageOf(complete({ epoch: "e1", checkedAt: minute(1) }))],
        [messageOf(complete({ epoch: "e2", checkedAt: minute(20) }))],
        [messageOf(old, minute(30))],
      );

      expect(await questions.device("box-1")).toMatchObject({ runnable: "RUNNABLE", worst: null });
      expect((await questions.causes({}, ALL)).items).toEqual([]);
      expect((await questions.history("box-1", ALL)).items[0]).toMatchObject({
        at: minute(30),
        epoch: "e1",
        sequence: 2,
      });
      expect(JSON.parse((await questions.report("box-1", "e1", 2))?.text ?? "")).toEqual(old);
    });

    it("keeps the state that a heartbeat confirms, with the time of its check", async () => {
      const questions = await asked(
        [messageOf(complete())],
        [messageOf(heartbeat({ sequence: 2, checkedAt: minute(30) }))],
      );

      expect((await questions.device("box-1"))?.states).toMatchObject([
        { since: minute(1), checkedAt: minute(30), report: { epoch: "e1", sequence: 1 } },
      ]);
      expect((await questions.delivery()).heartbeats).toBe(1);
    });

    it("answers about the past as it answered then, whatever the verdicts of a device's jobs", async () => {
      const store = await engine.open();
      opened.push(store);
      let now = minute(20);
      const questions = fleetQuestions(store, {
        jobs: () => [],
        now: () => Date.parse(now),
        heartbeatHours: 24,
        unpack: store.unpack,
      });
      const verdicts = RUNNABLES.flatMap((runnable) => DRIFTS.map((drift) => ({ runnable, drift })));
      const { job } = complete();
      const things = verdicts.flatMap((one, i) => verdicts.map((other, k) => ({ thing: `box-${i}-${k}`, one, other })));
      const none = { job: { ...job, project: null, name: null }, component: { ...complete().component, name: null } };
      await store.ingest([
        messageOf(complete({ thing: "idle", ...none })),
        ...things.flatMap(({ thing, one, other }) => [
          messageOf(complete({ thing, ...one })),
          messageOf(complete({ thing, sequence: 2, ...other, job: { ...job, name: "job-2" } })),
        ]),
      ]);
      const answers = async (at?: string) => {
        const filters = [
          ...RUNNABLES.map((runnable) => ({ runnable })),
          ...DRIFTS.map((drift) => ({ drift })),
          ...verdicts,
          ...verdicts.map((verdict) => ({ ...verdict, job: "bolts/job-2" })),
        ].map((filter) => ({ ...filter, ...(at !== undefined && { at }) }));
        const { items } = await questions.devices(at === undefined ? {} : { at }, { limit: 1_000 });
        const { drift, runnable, things, wontRun } = await questions.summary(at);
        return {
          devices: items.map(({ thing, drift, runnable, jobs }) => ({ thing, drift, runnable, jobs })),
          summary: { drift, runnable, things, wontRun },
          counts: await Promise.all(filters.map((filter) => questions.count(filter))),
        };
      };
      const then = await answers();

      await store.ingest(
        ["idle", ...things.map(({ thing }) => thing)].map((thing) =>
          messageOf(complete({ thing, sequence: 3, checkedAt: minute(30) })),
        ),
      );
      now = minute(60);
      expect(await answers(minute(20))).toEqual(then);
    });

    it("knows since when a device was as bad at a time in the past, whichever job it was for", async () => {
      const told = (sequence: number, name: string, isBad: boolean) =>
        messageOf((isBad ? drifted : complete)({ sequence: sequence, job: { ...complete().job, name } }));
      const questions = await asked([
        ...[told(1, "a", false), told(2, "b", false), told(3, "a", true), told(4, "b", true)],
        ...[told(5, "a", false), told(6, "b", false), told(7, "a", true)],
      ]);
      const since = async (at: number) => {
        const { items } = await questions.devices({ at: minute(at) }, ALL);
        return items.map((item) => item.since);
      };

      expect(await since(1)).toEqual([minute(1)]);
      expect(await since(2)).toEqual([minute(1)]);
      for (const at of [3, 4, 5]) expect(await since(at)).toEqual([minute(3)]);
      expect(await since(6)).toEqual([minute(6)]);
      expect(await since(7)).toEqual([minute(7)]);
      expect((await questions.device("box-1", minute(5)))?.since).toBe(minute(3));
    });

    it("knows nothing of a device before its first complete report", async () => {
      const questions = await asked(
        [messageOf(heartbeat({ checkedAt: minute(1) }))],
        [messageOf(complete({ sequence: 2, checkedAt: minute(10) }))],
      );
      const nothing = { product: null, jetpack: null, arch: null };

      expect((await questions.devices({ at: minute(5) }, ALL)).items).toMatchObject([nothing]);
      expect(await questions.device("box-1", minute(5))).toMatchObject({ ...nothing, device: null, agent: null });
      expect(await questions.count({ at: minute(5), q: "xavier" })).toBe(0);
      expect(await questions.count({ at: minute(5), q: "box" })).toBe(1);
      expect(await questions.count({ at: minute(11), q: "xavier" })).toBe(1);
      expect(await questions.device("box-1", minute(11))).toMatchObject({ product: "AGX Xavier", device: someDevice });
    });

    it("includes a device in answers about a time that only later reports describe", async () => {
      const questions = await asked([messageOf(drifted({ checkedAt: minute(10) }), minute(50))]);
      const at = minute(20);

      expect(await questions.summary(at)).toMatchObject({
        things: 1,
        runnable: { WILL_NOT_RUN: 1 },
        states: { fresh: 0, never: 1 },
        wontRun: { things: 1, causes: 1, covered: 1 },
      });
      expect((await questions.devices({ at, runnable: "WILL_NOT_RUN" }, ALL)).items).toMatchObject([
        { thing: "box-1", heardAt: null, state: "never", since: minute(10) },
      ]);
      expect(await questions.count({ at, state: "never" })).toBe(1);
      expect((await questions.causes({ at, q: "box" }, ALL)).items).toMatchObject([{ things: 1 }]);
      expect(await questions.device("box-1", at)).toMatchObject({ runnable: "WILL_NOT_RUN", heardAt: null });
      expect(await questions.count({ at: minute(9) })).toBe(0);
      expect(await questions.device("box-1", minute(9))).toBeNull();
    });

    it("says which devices would stop, would start, or cannot get a JetPack, once for each class of machines", async () => {
      const questions = await asked(
        ["a", "a1", "b"].flatMap((thing) => box(thing, "agx-xavier-jp461")),
        box("c", "agx-xavier-jp511"),
        box("d", "aws-g4dn-t4-cuda102", { project: "surface-scratch", name: "surface-scratch-t4" }),
        box("e", "agx-xavier-jp461", { project: "unknown", name: "job" }),
        [messageOf(complete({ thing: "f" }))],
      );

      const to5 = await questions.whatIf({ jetpack: "5.1.1" }, {});
      expect(to5).toMatchObject({
        things: 7,
        stops: { things: 3, first: ["a", "a1", "b"] },
        starts: { things: 0 },
        same: 1,
        impossible: 1,
        withoutDescription: 1,
        withoutFacts: 1,
        unknown: 0,
      });
      expect(to5.causes.map(({ rule, things }) => [rule, things])).toEqual([["compiler.cuda-ver", 3]]);
      const stops = ["a", "a1", "b"].map((thing) => ({
        thing,
        project: GEAR.project,
        job: GEAR.name,
        outcome: "STOPS",
      }));
      const first = await questions.whatIfPairs({ jetpack: "5.1.1" }, {}, { limit: 2 });
      expect(first.items).toEqual(stops.slice(0, 2));
      const rest = { limit: 2, after: first.next ?? "" };
      expect(await questions.whatIfPairs({ jetpack: "5.1.1" }, {}, rest)).toEqual({
        items: stops.slice(2),
        next: null,
      });
      expect((await questions.whatIfPairs({ jetpack: "5.1.1" }, { q: "b" }, ALL)).items).toEqual(stops.slice(2));
      expect((await questions.whatIfPairs({ jetpack: "4.6.1" }, {}, ALL)).items).toEqual([
        { thing: "c", project: GEAR.project, job: GEAR.name, outcome: "STARTS" },
      ]);
      await expect(questions.whatIfPairs({ jetpack: "9" }, {}, ALL)).rejects.toThrow("no table has JetPack");
      expect(await questions.whatIf({ jetpack: "4.6.1" }, {})).toMatchObject({
        stops: { things: 0 },
        starts: { things: 1, first: ["c"] },
        same: 3,
      });
      expect(await questions.whatIf({ jetpack: "5.1.1" }, { q: "b" })).toMatchObject({
        things: 1,
        stops: { things: 1 },
      });
      expect(await questions.whatIf({ tensorrt: "7.1.3" }, {})).toMatchObject({ stops: { things: 3 } });
      expect(await questions.whatIf({ driver: "418.39" }, {})).toMatchObject({
        stops: { things: 1, first: ["d"] },
        impossible: 4,
      });
    });

    it("says which devices can run a described job, and which others could after a change", async () => {
      const questions = await asked(
        box("a", "agx-xavier-jp461"),
        box("b", "agx-xavier-jp511"),
        box("c", "x86-epyc-server"),
        [messageOf(complete({ thing: "d" }))],
      );

      const view = await questions.job(GEAR.project, GEAR.name);
      expect(view?.reported).toMatchObject({ RUNNABLE: 3 });
      expect(view?.judged).toMatchObject({
        can: { things: 1, first: ["a"] },
        cannot: { things: 2, first: ["b", "c"] },
        unknown: { things: 0 },
        after: [{ change: "JetPack 4.6.1 (L4T 32.7.1)", things: 1, first: ["b"] }],
        withoutFacts: 1,
      });
      expect(await questions.judge(answers.get("arm64-nvidia-sm72"))).toEqual(view);
      expect(await questions.job("bolts", "job-1")).toMatchObject({ reported: { RUNNABLE: 1 }, judged: null });
      await expect(questions.judge({ nothing: 1 })).rejects.toThrow("job");
      expect((await questions.jobs(ALL)).items).toHaveLength(5);
    });

    it("lists every device with what is judged of a job on it, page by page", async () => {
      const questions = await asked(
        ...["a", "e"].map((thing) => box(thing, "agx-xavier-jp461")),
        box("b", "agx-xavier-jp511"),
        box("c", "x86-epyc-server"),
        [messageOf(complete({ thing: "d" }))],
      );
      const list = (wanted: JobThingFilter, page: Page = ALL) =>
        questions.jobThings(GEAR.project, GEAR.name, wanted, page);
      const change = "JetPack 4.6.1 (L4T 32.7.1)";
      const [a, b, c, d, e] = [
        { thing: "a", outcome: "CAN", change: null },
        { thing: "b", outcome: "CANNOT", change },
        { thing: "c", outcome: "CANNOT", change: null },
        { thing: "d", outcome: "NO_FACTS", change: null },
        { thing: "e", outcome: "CAN", change: null },
      ];

      expect(await list({})).toEqual({ items: [a, b, c, d, e], next: null });
      expect((await list({ outcome: "CAN" }))?.items).toEqual([a, e]);
      expect((await list({ outcome: "CANNOT" }))?.items).toEqual([b, c]);
      expect((await list({ outcome: "UNKNOWN" }))?.items).toEqual([]);
      expect((await list({ outcome: "NO_FACTS" }))?.items).toEqual([d]);
      expect((await list({ outcome: "CANNOT", change }))?.items).toEqual([b]);
      const first = await list({}, { limit: 3 });
      expect(first?.items).toEqual([a, b, c]);
      expect(await list({}, { limit: 3, after: first?.next ?? "" })).toEqual({ items: [d, e], next: null });
      await expect(list({}, { limit: 3, after: "a" })).rejects.toThrow("Cannot continue the list");
      expect(await questions.jobThings("bolts", "job-1", {}, ALL)).toBeNull();
    });

    it("says which described jobs a device can run, and which others after a change, page by page", async () => {
      const questions = await asked(box("b", "agx-xavier-jp511"), [messageOf(complete({ thing: "d" }))]);
      const first = await questions.jobsOn("b", { limit: 2 });
      const rest = await questions.jobsOn("b", { limit: 99, after: first?.next ?? "" });

      const all = [...(first?.items ?? []), ...(rest?.items ?? [])];
      expect(first?.items).toHaveLength(2);
      expect(all.map(({ project, job }) => `${project}/${job}`)).toEqual(
        jobs.map(({ project, job }) => `${project}/${job}`).sort(),
      );
      expect(all.find(({ job }) => job === GEAR.name)).toEqual({
        ...{ project: GEAR.project, job: GEAR.name, runnable: "WILL_NOT_RUN", rule: "compiler.cuda-ver" },
        ...{ expected: "10.2", actual: expect.stringContaining("11.4"), because: expect.any(String) },
        change: "JetPack 4.6.1 (L4T 32.7.1)",
      });
      expect(all.filter(({ runnable, change }) => runnable !== "WILL_NOT_RUN" && change !== null)).toEqual([]);
      expect(await questions.jobsOn("d", ALL)).toBeNull();
      expect(await questions.jobsOn("nobody", ALL)).toBeNull();
    });

    it("says where today's rules judge stored facts differently than devices reported", async () => {
      const questions = await asked(box("a", "agx-xavier-jp461"), box("b", "agx-xavier-jp511"));

      expect(await questions.rejudge({})).toEqual({
        same: 1,
        differs: [
          {
            ...{ project: GEAR.project, job: GEAR.name, things: 1, first: ["b"] },
            ...{ reported: "RUNNABLE", judged: "WILL_NOT_RUN", rule: "compiler.cuda-ver" },
          },
        ],
        withoutDescription: 0,
        withoutFacts: 0,
      });
    });

    it("refuses a change without a version that can be judged", async () => {
      const questions = await asked();

      await expect(questions.whatIf({}, {})).rejects.toThrow("name a jetpack, driver, cuda or tensorrt");
      await expect(questions.whatIf({ jetpack: "9.9" }, {})).rejects.toThrow('no table has JetPack "9.9"');
      await expect(questions.whatIf({ cuda: "newest" }, {})).rejects.toThrow("cuda must be a version");
    });
  });
}
