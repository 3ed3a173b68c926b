import type { Reader } from "../store/database.js";
import { checkChange } from "./changed-facts.js";
import { factsDigestOf, judgeMachine } from "./device-jobs.js";
import type { PointInTime } from "./freshness.js";
import { type JobAnswers, jobAnswers } from "./job-answers.js";
import { named } from "./judged-groups.js";
import type { WhatIfChange } from "./judged-views.js";
import { MachineClasses } from "./machine-classes.js";
import type { FleetQuestions, QuestionParts } from "./questions.js";
import { classesOf, firstOfPairs, listPairs, pairsOf, type StoredClass } from "./stored-pairs.js";
import type { DeviceFilter } from "./views.js";
import { judgeChange, rejudgePairs } from "./what-if.js";
import { type Outcomes, outcomesOf, pairsOfChange } from "./what-if-pairs.js";

/** How many classes are judged, the most frequent ones; each takes about a millisecond. */
const MOST_CLASSES = 2_000;
/** How many lists people may read or export at the same time. */
const MOST_LISTS = 4;

/** Answers by the current rules on the stored facts. */
type JudgedAnswers = Pick<FleetQuestions, "whatIf" | "whatIfPairs" | "rejudge" | "jobsOn"> & JobAnswers;

/** `scans` is for reads over all things of a filter, `reader` for reads by key. */
export function judgedAnswers(
  reader: Reader,
  scans: Reader,
  parts: Pick<QuestionParts, "unpack" | "jobs" | "now">,
  now: () => PointInTime,
): JudgedAnswers {
  const { unpack, jobs } = parts;
  const classes = new MachineClasses(reader, unpack);

  async function machinesOf(stored: readonly StoredClass[]) {
    const digests = stored.flatMap(({ digest }) => (digest === null ? [] : [digest]));
    return classes.read(digests.slice(0, MOST_CLASSES));
  }

  /** The pairs of a filter's things, the classes of their machines, and what cannot be judged. */
  async function judgeable({ at: _, ...filter }: DeviceFilter) {
    const moment = now();
    const [pairs, stored] = await Promise.all([pairsOf(scans, filter, moment), classesOf(scans, filter, moment)]);
    const machines = await machinesOf(stored);
    const known = new Set(machines.map(({ digest }) => digest));
    const sum = (ones: readonly StoredClass[]) => ones.reduce((total, { things }) => total + things, 0);
    const withoutFacts = sum(stored.filter(({ digest }) => !known.has(digest ?? "")));
    const firstOf = firstOfPairs(scans, filter, moment);
    return { pairs, machines, things: sum(stored), withoutFacts, firstOf, at: moment.at };
  }

  async function judgeKinds(change: WhatIfChange, filter: DeviceFilter): Promise<Outcomes> {
    const { pairs, machines, at } = await judgeable(filter);
    return outcomesOf(judgeChange(change, pairs, machines, jobs(), at));
  }
  /** For the most recently opened lists: further pages use the same answer, which was expensive. */
  const judged = new Map<string, Promise<Outcomes>>();

  return {
    ...jobAnswers(scans, machinesOf, parts, now),
    async jobsOn(thing, page) {
      const digest = await factsDigestOf(reader, thing);
      const [machine] = digest === null ? [] : await classes.read([digest]);
      return machine === undefined ? null : judgeMachine(machine, jobs(), page, now().at);
    },
    async whatIf(change, filter) {
      checkChange(change);
      const { pairs, machines, things, withoutFacts, firstOf, at } = await judgeable(filter);
      const judged = judgeChange(change, pairs, machines, jobs(), at);
      const [stops, starts] = await Promise.all([named(judged.stops, firstOf), named(judged.starts, firstOf)]);
      return { ...judged, things, stops, starts, withoutFacts };
    },
    async whatIfPairs(change, { at: _, ...filter }, page) {
      checkChange(change);
      const moment = now();
      const key = JSON.stringify([change, filter]);
      const known = page.after === undefined ? undefined : judged.get(key);
      const outcomes = known ?? judgeKinds(change, filter);
      judged.delete(key);
      judged.set(key, outcomes);
      for (const oldest of [...judged.keys()].slice(0, -MOST_LISTS)) judged.delete(oldest);
      return pairsOfChange(await outcomes, page, (after, most) => listPairs(scans, filter, moment, after, most));
    },
    async rejudge(filter) {
      const { pairs, machines, withoutFacts, firstOf, at } = await judgeable(filter);
      const judged = rejudgePairs(pairs, machines, jobs(), at);
      const differs = judged.differs.map(async ({ groups, ...kind }) => ({
        ...kind,
        ...(await named({ things: kind.things, groups }, firstOf)),
      }));
      return { ...judged, differs: await Promise.all(differs), withoutFacts };
    },
  };
}
