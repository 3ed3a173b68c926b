import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ReceivedMessage } from "../../../src/fleet/arrival.js";
import { fleetQuestions } from "../../../src/fleet/state/fleet-questions.js";
import type { FleetQuestions } from "../../../src/fleet/state/questions.js";
import type { DeviceFilter } from "../../../src/fleet/state/views.js";
import type { FleetStore } from "../../../src/fleet/store/open-sqlite.js";
import type { Report } from "../../../src/report/report.js";
import { seeded } from "../../chaos/seeded.js";
import { complete, heartbeat, messageOf, minute, someDevice, someFinding } from "../store/fleet-messages.js";
import type { StoreEngine } from "./ingested-suite.js";

const THINGS = ["a", "b", "c"];
/** It never reports late. */
const PROMPT = "a";
const JOBS = ["job-1", "job-2", "job-3"];
const VERDICTS = [
  { drift: "IN_SYNC", runnable: "RUNNABLE" },
  { drift: "UNKNOWN", runnable: "CANNOT_TELL" },
  { drift: "DRIFTED", runnable: "RUNNABLE_UNTESTED" },
  { drift: "DRIFTED", runnable: "WILL_NOT_RUN" },
] as const;
const DEVICES = [someDevice, { ...someDevice, product: "Orin", jetpack: "5.1.1" }, { ...someDevice, arch: null }];
const FILTERS: readonly DeviceFilter[] = [
  ...VERDICTS,
  ...(["fresh", "late", "silent", "never"] as const).map((state) => ({ state })),
  ...JOBS.flatMap((job) => [{ job: `bolts/${job}` }, { job: `bolts/${job}`, runnable: "WILL_NOT_RUN" as const }]),
  { rule: "compiler.trt-ver" },
  { q: "xavier" },
  { q: "orin", drift: "DRIFTED" },
];
const ALL = { limit: 1_000 };

/**
 * Plays random fleets, asks them after each step, and in the end asks the same of each of these times. A report that
 * comes late tells more of the past than was known then, so times since its check are not asked again.
 *
 * Left out on purpose, since only the present is stored: whether a device is online, its agent and facts, how far its
 * epochs have come, delivery, the report and check behind a state, and of a finding the words of `because`, its fix,
 * and which finding it follows from. No two jobs of a device change at the same instant: the present says that its
 * worst verdict began there if it was another one between the two reports, and the past does not. Nor does the present
 * put that back for what it learns of the past, so it is compared on a device alone that never reports late.
 */
export function pastSuite(name: string, start: () => Promise<StoreEngine>): void {
  describe(`the past of random fleets on ${name}`, () => {
    let engine: StoreEngine;
    const opened: FleetStore[] = [];
    beforeAll(async () => {
      engine = await start();
    });
    afterEach(async () => {
      for (const store of opened.splice(0)) await store.close();
    });
    afterAll(() => engine.stop());

    it.each([1, 2, 3, 4])("is what it was when it was the present, seed %i", async (seed) => {
      const store = await engine.open();
      opened.push(store);
      let now = 0;
      const questions = fleetQuestions(store, {
        jobs: () => [],
        now: () => Date.parse(minute(now)),
        heartbeatHours: 24,
        unpack: store.unpack,
      });
      const fleet = new RandomFleet(seeded(seed));
      const known = new Map<number, unknown>();
      for (let step = 0; step < 40; step++) {
        const { messages, tellsSince, ends } = fleet.step(now + fleet.pause());
        now = ends;
        if (messages.length > 0) await store.ingest(messages);
        for (const moment of known.keys()) if (moment >= tellsSince) known.delete(moment);
        known.set(now, await answersOf(questions));
      }
      now += 1;
      expect(known.size).toBeGreaterThan(5);
      for (const [moment, answers] of known) {
        expect(await answersOf(questions, minute(moment)), `seed ${seed}, minute ${moment}`).toEqual(answers);
      }
    });
  });
}

/** Devices that change, report in order or late, begin new epochs, and lose jobs. */
class RandomFleet {
  private readonly sequences = new Map<string, number>();
  private readonly epochs = new Map<string, number>();
  private readonly jobs = new Map(THINGS.map((thing) => [thing, JOBS.slice(0, 2)]));
  private readonly devices = new Map(THINGS.map((thing) => [thing, DEVICES[0] ?? someDevice]));
  private readonly waiting: { readonly report: Report; readonly checked: number }[] = [];

  constructor(private readonly random: () => number) {}

  /** Minutes until the next step. */
  pause(): number {
    return this.pick([1, 30, 300, 700, 1_500]);
  }

  /** What arrives, from when on it tells of the past, and when all of it has arrived. */
  step(now: number): {
    readonly messages: readonly ReceivedMessage[];
    readonly tellsSince: number;
    readonly ends: number;
  } {
    const thing = this.pick(THINGS);
    if (this.chance(0.1)) this.devices.set(thing, this.pick(DEVICES));
    if (this.chance(0.15)) this.jobs.set(thing, this.chance(0.2) ? [] : JOBS.filter(() => this.chance(0.6)));
    if (this.chance(0.05)) {
      this.epochs.set(thing, (this.epochs.get(thing) ?? 1) + 1);
      this.sequences.set(thing, 0);
    }
    const jobs = this.jobs.get(thing) ?? [];
    const names = jobs.length === 0 ? [null] : jobs;
    const reports = names.map((job, at) => ({ report: this.report(thing, job, now + at), checked: now + at }));
    const isLate = thing !== PROMPT && this.chance(0.15);
    const before = this.chance(0.2) ? this.waiting.splice(0) : [];
    if (isLate) this.waiting.push(...reports);
    const arriving = [...(isLate ? [] : reports), ...before];
    return {
      messages: arriving.map(({ report }, at) => messageOf(report, minute(now + at))),
      tellsSince: Math.min(now, ...before.map(({ checked }) => checked)),
      ends: now + Math.max(arriving.length, names.length),
    };
  }

  private report(thing: string, job: string | null, now: number): Report {
    const sequence = (this.sequences.get(thing) ?? 0) + 1;
    this.sequences.set(thing, sequence);
    const epoch = `e${this.epochs.get(thing) ?? 1}`;
    const base = { ...{ thing, epoch, sequence, checkedAt: minute(now) }, ...this.pick(VERDICTS) };
    if (job !== null && this.chance(0.25)) return heartbeat({ ...base, job: { ...heartbeat().job, name: job } });
    const { component } = complete();
    const none = { job: { ...complete().job, project: null, name: null }, component: { ...component, name: null } };
    return complete({
      ...base,
      device: this.devices.get(thing) ?? someDevice,
      ...(job === null ? none : { job: { ...complete().job, name: job } }),
      findings: ["compiler.trt-ver", "compiler.cuda-ver"].flatMap((rule) => {
        const severity = this.pick(["BLOCKING", "WARNING", "INFO"] as const);
        return this.chance(0.5) ? [someFinding({ rule: rule as "compiler.trt-ver", severity })] : [];
      }),
    });
  }

  private pick<T>(of: readonly [T, ...T[]] | readonly T[]): T {
    return of[Math.floor(this.random() * of.length)] as T;
  }

  private chance(of: number): boolean {
    return this.random() < of;
  }
}

/** Everything that is the same when it is asked of the past. */
async function answersOf(questions: FleetQuestions, at?: string) {
  const then = at === undefined ? {} : { at };
  const { items } = await questions.devices(then, ALL);
  const { delivery: _, at: __, ...summary } = await questions.summary(at);
  const causes = await questions.causes(then, ALL);
  return {
    summary,
    devices: items.map(({ online: _, since, ...item }) => ({ ...item, since: item.thing === PROMPT ? since : null })),
    causes: causes.items,
    jobs: (await questions.jobs(ALL, at)).items,
    filters: await Promise.all(
      FILTERS.map(async (filter) => [filter, (await questions.things({ ...filter, ...then }, ALL)).items]),
    ),
    states: await Promise.all(
      THINGS.map(async (thing) => {
        const view = await questions.device(thing, at);
        return view?.states.map(({ project, job, drift, runnable, since, findings }) => ({
          ...{ project, job, drift, runnable, since },
          findings: findings.map(({ until: _, ...finding }) => finding),
        }));
      }),
    ),
  };
}
