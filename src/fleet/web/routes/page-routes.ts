import { ExpectedError, InvalidInputError, messageOf } from "../../../base/errors.js";
import { withTimeLimit } from "../../../base/time-limit.js";
import { parseReport } from "../../../report/parse-report.js";
import type { CompleteReport } from "../../../report/report.js";
import type { DeviceView } from "../../state/views.js";
import { jobIn, jobName, parseFilter, parseJobThings, parsePage, parseTime } from "../address.js";
import type { PageContent } from "../layout.js";
import { alarmsPage } from "../pages/alarms-page.js";
import { causePage, causesPage } from "../pages/causes-page.js";
import { deliveryPage } from "../pages/delivery-page.js";
import { deviceJobsPage } from "../pages/device-jobs-page.js";
import { devicePage } from "../pages/device-page.js";
import { devicesPage } from "../pages/devices-page.js";
import { reportPage } from "../pages/history-list.js";
import { jobDevicesPage } from "../pages/job-devices-page.js";
import { jobPage, jobsPage } from "../pages/jobs-page.js";
import { overviewPage, TREND_DAYS } from "../pages/overview-page.js";
import { requestPage, requestsPage } from "../pages/requests-page.js";
import { whatIfPage } from "../pages/what-if-page.js";
import type { RouteContext } from "./route-context.js";
import { changeOf } from "./what-if-change.js";

/** The page at a path; null where there is none. */
export async function pageAt(context: RouteContext): Promise<PageContent | null> {
  const { segments } = context;
  const [first = "", second = "", third = ""] = segments;
  switch (`${first}/${segments.length}`) {
    case "/1":
      return overview(context);
    case "devices/1":
      return devices(context);
    case "devices/2":
      return device(context, second);
    case "devices/3":
      if (third === "jobs") return deviceJobs(context, second);
      return third === "report" ? rawReport(context, second) : null;
    case "causes/1":
      return causes(context);
    case "causes/2":
      return cause(context, second);
    case "jobs/1":
      return jobsPage(await context.parts.questions.jobs(parsePage(context.query), context.visit.at), context.visit);
    case "jobs/3":
      return job(context);
    case "jobs/4":
      return segments[3] === "devices" ? jobDevices(context) : null;
    case "what-if/1":
      return whatIf(context);
    case "requests/1":
      return requestsPage(await context.parts.questions.requests(parsePage(context.query, 20)), context.visit);
    case "requests/2":
      return request(context, second);
    case "alarms/1":
      return alarms(context);
    case "delivery/1":
      return delivery(context);
    default:
      return null;
  }
}

const FIRST_CAUSES = 5;
const TREND_POINTS = 57;
const RECENT_REQUESTS = 20;

async function overview({ parts, visit }: RouteContext): Promise<PageContent> {
  const { questions } = parts;
  const { at, nowMs } = visit;
  const filter = at === undefined ? {} : { at };
  const from = new Date(nowMs - TREND_DAYS * 86_400_000).toISOString();
  const [summary, causes, requests] = await Promise.all([
    questions.summary(at),
    questions.causes(filter, { limit: FIRST_CAUSES }),
    questions.requests({ limit: RECENT_REQUESTS }),
  ]);
  // Asked last, so that the other queries do not wait for it.
  const trend = await atOnce(questions.trend(from, new Date(nowMs).toISOString(), TREND_POINTS));
  return overviewPage(
    {
      summary,
      causes: causes.items,
      moreCauses: causes.next !== null,
      trend,
      requests: requests.items,
      receivesFrom: parts.receivesFrom,
      receiver: parts.receiver(),
      topicPrefix: parts.topicPrefix,
    },
    visit,
  );
}

/** How long the first page waits for its history: that of a million devices takes a second or more, once. */
const HISTORY_MS = 300;

class HistoryTimeoutError extends ExpectedError {}

/** The answer, or null if it takes too long; it is cached once it is ready. */
async function atOnce<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await withTimeLimit(answer, HISTORY_MS, () => new HistoryTimeoutError("The history is still being counted"));
  } catch (error) {
    if (error instanceof HistoryTimeoutError) return null;
    throw error;
  }
}

async function devices({ parts, visit, query }: RouteContext): Promise<PageContent> {
  const { questions } = parts;
  const filter = parseFilter(query);
  const [page, count, summary, cause, requests] = await Promise.all([
    questions.devices(filter, parsePage(query)),
    questions.count(filter),
    questions.summary(visit.at),
    filter.cause === undefined ? null : questions.cause(filter.cause, visit.at),
    questions.requests({ limit: RECENT_REQUESTS }),
  ]);
  return devicesPage({ filter, page, count, things: summary.things, cause, requests: requests.items }, visit);
}

async function device({ parts, visit, query }: RouteContext, thing: string): Promise<PageContent | null> {
  const { questions } = parts;
  const view = await questions.device(thing, visit.at);
  if (view === null) return null;
  const [reports, history, requests, doctor] = await Promise.all([
    reportsOf(parts.questions, view),
    questions.history(thing, parsePage(query, 30), visit.at),
    questions.requests({ limit: RECENT_REQUESTS }),
    questions.doctor(thing, visit.at),
  ]);
  return devicePage({ device: view, reports, history, requests: requests.items, doctor }, visit);
}

async function deviceJobs({ parts, visit, query, costly }: RouteContext, thing: string): Promise<PageContent | null> {
  if ((await parts.questions.device(thing)) === null) return null;
  const jobs = await costly(() => parts.questions.jobsOn(thing, parsePage(query)));
  return deviceJobsPage(thing, jobs, visit);
}

const MOST_REPORTS = 20;
const MOST_REPORT_BYTES = 4_194_304;

/** The newest complete report of each of its jobs. */
async function reportsOf(questions: RouteContext["parts"]["questions"], { thing, states }: DeviceView) {
  const reports = new Map<string, { readonly report: CompleteReport; readonly text: string }>();
  for (const state of states.slice(0, MOST_REPORTS)) {
    if (state.report === null) continue;
    const stored = await questions.report(thing, state.report.epoch, state.report.sequence);
    if (stored === null) continue;
    try {
      const report = parseReport(stored.text, MOST_REPORT_BYTES);
      if (report.kind === "COMPLETE") reports.set(jobName(state), { report, text: stored.text });
    } catch (error) {
      // It was stored by another version: its raw text is a link away in the history.
      if (!(error instanceof InvalidInputError)) throw error;
    }
  }
  return reports;
}

async function rawReport({ parts, visit, query }: RouteContext, thing: string): Promise<PageContent | null> {
  const sequence = Number(query.get("sequence"));
  if (!Number.isSafeInteger(sequence)) return null;
  const stored = await parts.questions.report(thing, query.get("epoch") ?? "", sequence);
  if (stored === null) return null;
  let text = stored.text;
  try {
    text = JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    // Shown as it is.
  }
  return reportPage({ thing, sequence, text, receivedAt: stored.receivedAt }, visit);
}

async function causes({ parts, visit, query }: RouteContext): Promise<PageContent> {
  const { questions } = parts;
  const [page, requests] = await Promise.all([
    questions.causes(parseFilter(query), parsePage(query, 20)),
    questions.requests({ limit: RECENT_REQUESTS }),
  ]);
  return causesPage({ page, requests: requests.items }, visit);
}

async function cause({ parts, visit, query }: RouteContext, id: string): Promise<PageContent | null> {
  const { questions } = parts;
  const found = await questions.cause(id, visit.at);
  if (found === null) return null;
  const at = parseTime(query);
  const [page, requests] = await Promise.all([
    questions.devices({ cause: id, ...(at !== undefined && { at }) }, { limit: 50 }),
    questions.requests({ limit: RECENT_REQUESTS }),
  ]);
  return causePage({ cause: found, page, requests: requests.items }, visit);
}

async function job({ segments, parts, visit, costly }: RouteContext): Promise<PageContent | null> {
  const { project, job: name } = jobIn(segments);
  const view = await costly(() => parts.questions.job(project, name, visit.at));
  return view === null ? null : jobPage(view, visit);
}

async function jobDevices({ segments, parts, visit, query, costly }: RouteContext): Promise<PageContent | null> {
  const [{ project, job: name }, wanted] = [jobIn(segments), parseJobThings(query)];
  const things = await costly(() => parts.questions.jobThings(project, name, wanted, parsePage(query)));
  return things === null ? null : jobDevicesPage({ job: { project, job: name }, wanted, things }, visit);
}

async function whatIf({ parts, query, costly }: RouteContext): Promise<PageContent> {
  const filter = parseFilter(query);
  try {
    const change = changeOf(query);
    const isAsked = Object.keys(change).length > 0;
    const result = isAsked ? await costly(() => parts.questions.whatIf(change, filter)) : null;
    const rejudged = isAsked ? null : await costly(() => parts.questions.rejudge(filter));
    return whatIfPage({ change, filter, result, problem: null, rejudged });
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return whatIfPage({ change: {}, filter, result: null, problem: `${messageOf(error)}.`, rejudged: null });
  }
}

async function request({ parts, visit, query }: RouteContext, id: string): Promise<PageContent | null> {
  const found = await parts.questions.request(id);
  if (found === null) return null;
  return requestPage(found, await parts.questions.answers(id, parsePage(query)), visit);
}

async function alarms({ parts, visit }: RouteContext): Promise<PageContent> {
  const [all, silences] = await Promise.all([parts.alarms.alarms(), parts.alarms.silences()]);
  return alarmsPage({ alarms: all, silences }, visit);
}

/** More than are kept for all reasons together. */
const MOST_REFUSED = 1_000;

async function delivery({ parts, visit, query }: RouteContext): Promise<PageContent> {
  const { questions } = parts;
  const [all, gaps, refused] = await Promise.all([
    questions.delivery(),
    questions.gaps(parsePage(query)),
    questions.refused({ limit: MOST_REFUSED }),
  ]);
  return deliveryPage({ delivery: all, gaps, refused: refused.items, receiver: parts.receiver() }, visit);
}
