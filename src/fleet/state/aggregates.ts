import type { Reader } from "../store/database.js";
import { type Ages, AnswerCache } from "./answer-cache.js";
import { type CauseGroup, describeCauses, groupCauses, oneCause } from "./cause-groups.js";
import { deliveryOf } from "./delivery.js";
import { countThings } from "./device-list.js";
import { countFleet } from "./fleet-summary.js";
import { trendOf } from "./fleet-trend.js";
import type { PointInTime } from "./freshness.js";
import type { JobItem } from "./judged-views.js";
import type { FleetQuestions, QuestionParts } from "./questions.js";
import { groupJobs, pageOfJobs } from "./reported-jobs.js";
import type { Cause, DeviceFilter, Paged, Summary, TrendPoint } from "./views.js";

/** Frequent questions come in few variants. */
const REMEMBERED = 50;
const MOST_POINTS = 200;
const MINUTE_MS = 60_000;
const MOST_TREND_MS = 15 * MINUTE_MS;

/** The answers that read whole tables: cached for a second, or longer in large fleets; a trend for a minute or more. */
type Aggregates = Pick<FleetQuestions, "summary" | "trend" | "count" | "causes" | "cause" | "jobs">;

export function aggregates(
  reader: Reader,
  { now, jobs: described }: Pick<QuestionParts, "now" | "jobs">,
  moment: (at?: string) => PointInTime,
): Aggregates {
  const summaries = new AnswerCache<Summary>(now, REMEMBERED);
  const counts = new AnswerCache<number>(now, REMEMBERED);
  const groups = new AnswerCache<readonly CauseGroup[]>(now, REMEMBERED);
  const pages = new AnswerCache<Paged<Cause>>(now, REMEMBERED);
  const single = new AnswerCache<Cause | null>(now, REMEMBERED);
  const jobs = new AnswerCache<readonly JobItem[]>(now, REMEMBERED);
  const trends = new AnswerCache<readonly TrendPoint[]>(now, REMEMBERED);

  const causeGroups = (filter: DeviceFilter, then: PointInTime) =>
    groups.get(keyFor(filter), () => groupCauses(reader, filter, then));

  async function summary(at?: string): Promise<Summary> {
    const then = moment(at);
    return summaries.get(keyFor(at), async () => {
      const causes = causeGroups(at === undefined ? {} : { at }, then);
      const [fleet, delivery] = await Promise.all([countFleet(reader, then, causes), deliveryOf(reader)]);
      return { ...fleet, delivery };
    });
  }

  return {
    summary,
    async trend(from, to, points) {
      const moments = spaced(moment(from), moment(to), points, moment);
      const make = () => trendOf(reader, moments);
      const ages = agesOfTrend(moments);
      // A trend that ends now is requested with every page: its past is cached, and only its end is counted each time.
      if (Math.abs(Date.parse(to) - now()) > MINUTE_MS) return trends.get(keyFor([from, to, points]), make, ages);
      const minutes = Math.round((Date.parse(to) - Date.parse(from)) / MINUTE_MS);
      const past = await trends.get(keyFor([minutes, points]), make, ages);
      return [...past.slice(0, -1), endOf(await summary(), moment(to))];
    },
    async count(filter) {
      const then = moment(filter.at);
      return counts.get(keyFor(filter), () => countThings(reader, filter, then));
    },
    async causes(filter, page) {
      const then = moment(filter.at);
      return pages.get(keyFor([filter, page]), async () =>
        describeCauses(reader, await causeGroups(filter, then), filter, page, then),
      );
    },
    async cause(cause, at) {
      const then = moment(at);
      return single.get(keyFor([cause, at]), () => oneCause(reader, cause, then));
    },
    async jobs(page, at) {
      const then = moment(at);
      return pageOfJobs(await jobs.get(keyFor(at), () => groupJobs(reader, described(), then)), page);
    },
  };
}

function keyFor(what: unknown): string {
  return JSON.stringify(what) ?? "";
}

/** Evenly spaced moments, the last one at the end. */
function spaced(
  from: PointInTime,
  to: PointInTime,
  points: number,
  moment: (at: string) => PointInTime,
): readonly PointInTime[] {
  const number = Math.max(1, Math.min(MOST_POINTS, Math.floor(points) || 1));
  const [start, end] = [Date.parse(from.at), Date.parse(to.at)];
  const step = number === 1 ? 0 : (end - start) / (number - 1);
  return Array.from({ length: number }, (_, at) => moment(new Date(end - (number - 1 - at) * step).toISOString()));
}

/** Its points may be off by a part of the time between them. */
function agesOfTrend([first, second]: readonly PointInTime[]): Ages {
  const step = first === undefined || second === undefined ? 0 : Date.parse(second.at) - Date.parse(first.at);
  const freshMs = Math.min(MOST_TREND_MS, Math.max(MINUTE_MS, step / 24));
  return { freshMs, staleMs: 10 * freshMs };
}

function endOf({ runnable, drift }: Summary, { at }: PointInTime): TrendPoint {
  const things = Object.values(runnable).reduce((sum, number) => sum + number, 0);
  return { at, things, wontRun: runnable.WILL_NOT_RUN, drifted: drift.DRIFTED };
}
