import { parseJob } from "../../job/parse-job.js";
import type { Reader } from "../store/database.js";
import { AnswerCache } from "./answer-cache.js";
import { type CauseGroup, describeCauses, groupCauses, oneCause } from "./cause-groups.js";
import { checkChange } from "./changed-facts.js";
import { deliveryOf, listGaps } from "./delivery.js";
import { historyOf, storedReport } from "./device-history.js";
import { countThings, listDevices, listThings } from "./device-list.js";
import { viewDevice } from "./device-view.js";
import { countFleet } from "./fleet-summary.js";
import { trendOf } from "./fleet-trend.js";
import { type Moment, momentOf } from "./freshness.js";
import { judgeJob } from "./judge-job.js";
import { named } from "./judged-groups.js";
import { MachineClasses } from "./machine-classes.js";
import type { FleetQuestions, QuestionParts } from "./questions.js";
import { groupJobs, pageOfJobs, reportedOf } from "./reported-jobs.js";
import { answersTo, listRequests, oneRequest } from "./request-reads.js";
import { classesOf, firstOfClass, firstOfPairs, pairsOf } from "./stored-pairs.js";
import type { Cause, DeviceFilter, JobItem, Paged, Summary } from "./views.js";
import { judgeAgain, judgeChange } from "./what-if.js";

const MOST_POINTS = 200;
/** What is asked again and again is asked in few variants. */
const REMEMBERED = 50;
/** The most frequent ones; each costs about a millisecond. */
const MOST_CLASSES = 2_000;

/** Answers from the tables that `reader` reads. Aggregates may be a second old. */
export function fleetQuestions(reader: Reader, parts: QuestionParts): FleetQuestions {
  const { now, heartbeatHours, unpack } = parts;
  const classes = new MachineClasses(reader, unpack);
  const summaries = new AnswerCache<Summary>(now, REMEMBERED);
  const counts = new AnswerCache<number>(now, REMEMBERED);
  const groups = new AnswerCache<readonly CauseGroup[]>(now, REMEMBERED);
  const pages = new AnswerCache<Paged<Cause>>(now, REMEMBERED);
  const jobs = new AnswerCache<readonly JobItem[]>(now, REMEMBERED);
  const moment = (at?: string) => momentOf(at, now(), heartbeatHours);

  const causeGroups = (filter: DeviceFilter, then: Moment) =>
    groups.get(keyFor(filter), () => groupCauses(reader, filter, then));

  async function summary(at?: string): Promise<Summary> {
    const then = moment(at);
    return summaries.get(keyFor(at), async () => {
      const causes = causeGroups(at === undefined ? {} : { at }, then);
      const [fleet, delivery] = await Promise.all([countFleet(reader, then, causes), deliveryOf(reader)]);
      return { ...fleet, delivery };
    });
  }

  async function machinesOf(digests: readonly (string | null)[]) {
    return classes.read(distinct(digests).slice(0, MOST_CLASSES));
  }

  async function judge(description: ReturnType<typeof parseJob>) {
    const stored = await classesOf(reader, {}, moment());
    const machines = await machinesOf(stored.map(({ digest }) => digest));
    const { can, cannot, unknown, after, withoutFacts } = judgeJob(description, stored, machines, moment().at);
    const withNames = (group: typeof can) => named(group, firstOfClass(reader));
    return {
      can: await withNames(can),
      cannot: await withNames(cannot),
      unknown: await withNames(unknown),
      after: await Promise.all(after.map(async (group) => ({ change: group.change, ...(await withNames(group)) }))),
      withoutFacts,
    };
  }

  /** The pairs of a filter's things, the classes of their machines, and what cannot be judged. */
  async function judgeable(filter: DeviceFilter) {
    const then = moment();
    const here = { ...filter };
    delete (here as { at?: string }).at;
    const [pairs, stored] = await Promise.all([pairsOf(reader, here, then), classesOf(reader, here, then)]);
    const machines = await machinesOf(stored.map(({ digest }) => digest));
    const known = new Set(machines.map(({ digest }) => digest));
    const sum = (ones: typeof stored) => ones.reduce((total, { things }) => total + things, 0);
    const withoutFacts = sum(stored.filter(({ digest }) => !known.has(digest ?? "")));
    const firstOf = firstOfPairs(reader, here, then);
    return { pairs, machines, things: sum(stored), withoutFacts, firstOf, at: then.at };
  }

  return {
    summary,
    delivery: () => deliveryOf(reader),
    trend: async (from, to, points) => trendOf(reader, spaced(moment(from), moment(to), points, moment)),
    devices: async (filter, page) => listDevices(reader, filter, page, moment(filter.at)),
    things: async (filter, page) => listThings(reader, filter, page, moment(filter.at)),
    async count(filter) {
      const then = moment(filter.at);
      return counts.get(keyFor(filter), () => countThings(reader, filter, then));
    },
    device: async (thing, at) => viewDevice(reader, unpack, thing, moment(at)),
    history: (thing, page) => historyOf(reader, thing, page),
    report: (thing, epoch, sequence) => storedReport(reader, unpack, thing, epoch, sequence),
    async causes(filter, page) {
      const then = moment(filter.at);
      return pages.get(keyFor([filter, page]), async () => {
        const all = await causeGroups(filter, then);
        return describeCauses(reader, all, filter, page, then);
      });
    },
    cause: async (cause, at) => oneCause(reader, cause, moment(at)),
    async jobs(page, at) {
      const then = moment(at);
      const all = await jobs.get(keyFor(at), () => groupJobs(reader, parts.jobs(), then));
      return pageOfJobs(all, page);
    },
    async job(project, job, at) {
      const reported = await reportedOf(reader, project, job, moment(at));
      const described = parts.jobs().find((one) => one.project === project && one.job === job);
      const isReported = Object.values(reported).some((things) => things > 0);
      if (!isReported && described === undefined) return null;
      const isJudged = described !== undefined && at === undefined;
      return { project, job, reported, judged: isJudged ? await judge(described.description) : null };
    },
    async judge(description) {
      const parsed = parseJob(description);
      const [project, job] = [parsed.project ?? "", parsed.name ?? ""];
      const [reported, judged] = await Promise.all([reportedOf(reader, project, job, moment()), judge(parsed)]);
      return { project, job, reported, judged };
    },
    async whatIf(change, filter) {
      checkChange(change);
      const { pairs, machines, things, withoutFacts, firstOf, at } = await judgeable(filter);
      const judged = judgeChange(change, pairs, machines, parts.jobs(), at);
      const [stops, starts] = await Promise.all([named(judged.stops, firstOf), named(judged.starts, firstOf)]);
      return { ...judged, things, stops, starts, withoutFacts };
    },
    async rejudge(filter) {
      const { pairs, machines, withoutFacts, firstOf, at } = await judgeable(filter);
      const judged = judgeAgain(pairs, machines, parts.jobs(), at);
      const differs = judged.differs.map(async ({ groups, ...kind }) => ({
        ...kind,
        ...(await named({ things: kind.things, groups }, firstOf)),
      }));
      return { ...judged, differs: await Promise.all(differs), withoutFacts };
    },
    gaps: (page) => listGaps(reader, page),
    requests: (page) => listRequests(reader, page),
    request: (id) => oneRequest(reader, id),
    answers: (id, page) => answersTo(reader, id, page),
  };
}

function keyFor(what: unknown): string {
  return JSON.stringify(what) ?? "";
}

function distinct(digests: readonly (string | null)[]): readonly string[] {
  return [...new Set(digests)].filter((digest) => digest !== null);
}

/** Evenly spaced moments, the last one at the end. */
function spaced(from: Moment, to: Moment, points: number, moment: (at: string) => Moment): readonly Moment[] {
  const number = Math.max(1, Math.min(MOST_POINTS, Math.floor(points) || 1));
  const [start, end] = [Date.parse(from.at), Date.parse(to.at)];
  const step = number === 1 ? 0 : (end - start) / (number - 1);
  return Array.from({ length: number }, (_, at) => moment(new Date(end - (number - 1 - at) * step).toISOString()));
}
