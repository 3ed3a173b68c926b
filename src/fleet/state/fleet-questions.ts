import { parseJob } from "../../job/parse-job.js";
import type { Reader } from "../store/database.js";
import { aggregates } from "./aggregates.js";
import { AnswerCache } from "./answer-cache.js";
import { chainFaults } from "./chain-faults.js";
import { deliveryOf, listGaps, listRefused } from "./delivery.js";
import { historyOf, storedReport } from "./device-history.js";
import { listDevices, listThings } from "./device-list.js";
import { viewDevice } from "./device-view.js";
import { doctorView } from "./doctor-answer.js";
import { pointInTimeOf } from "./freshness.js";
import { judgedAnswers } from "./judged-answers.js";
import type { JobView } from "./judged-views.js";
import { keyOf } from "./page-keys.js";
import type { FleetQuestions, QuestionParts } from "./questions.js";
import { reportedOf } from "./reported-jobs.js";
import { answersTo, lastAnswer, listRequests, oneRequest } from "./request-reads.js";
import type { DeviceFilter } from "./views.js";

/** Pages of jobs are refreshed as reports arrive: how many of them may be open at once. */
const MOST_JOBS = 50;

/**
 * Answers questions from the tables that `reader` reads. Aggregates may be a second old, in large fleets up to half a
 * minute.
 */
export function fleetQuestions(reader: Reader, parts: QuestionParts): FleetQuestions {
  const { now, heartbeatHours, unpack, scans = reader } = parts;
  const moment = (at?: string) => pointInTimeOf(at, now(), heartbeatHours);
  const { judge, jobThings, whatIf, whatIfPairs, rejudge, jobsOn } = judgedAnswers(reader, scans, parts, moment);
  const jobViews = new AnswerCache<JobView | null>(now, MOST_JOBS);
  const chainFaultsOf = chainFaults(reader, unpack, now);
  // A page of devices as they are now needs an index at most, 0.1 s with a million devices; one of the past reads whole
  // tables.
  const readerFor = ({ at }: DeviceFilter) => (at === undefined ? reader : scans);

  return {
    ...aggregates(scans, parts, moment),
    delivery: () => deliveryOf(reader),
    devices: async (filter, page) => listDevices(readerFor(filter), filter, page, moment(filter.at)),
    things: async (filter, page) => listThings(readerFor(filter), filter, page, moment(filter.at)),
    device: async (thing, at) => viewDevice(reader, unpack, thing, moment(at), chainFaultsOf),
    history: async (thing, page, at) => historyOf(reader, thing, page, at === undefined ? null : moment(at).at),
    report: (thing, epoch, sequence) => storedReport(reader, unpack, thing, epoch, sequence),
    async job(project, job, at) {
      const then = moment(at);
      const description = parts.jobs().find((one) => one.project === project && one.job === job)?.description;
      // The description is part of the key, so that a changed file counts at once.
      const key = keyOf(project, job, at ?? "", JSON.stringify(description) ?? "");
      return jobViews.get(key, async () => {
        const reported = await reportedOf(scans, project, job, then);
        const isReported = Object.values(reported).some((things) => things > 0);
        if (!isReported && description === undefined) return null;
        // The stored facts are the current ones.
        const isJudged = description !== undefined && at === undefined;
        return { project, job, reported, judged: isJudged ? await judge(description) : null };
      });
    },
    async judge(description) {
      const parsed = parseJob(description);
      const [project, job] = [parsed.project ?? "", parsed.name ?? ""];
      const [reported, judged] = await Promise.all([reportedOf(scans, project, job, moment()), judge(parsed)]);
      return { project, job, reported, judged };
    },
    jobThings,
    whatIf,
    whatIfPairs,
    rejudge,
    jobsOn,
    gaps: (page) => listGaps(reader, page),
    refused: (page) => listRefused(reader, page),
    requests: (page) => listRequests(reader, page),
    request: (id) => oneRequest(reader, id),
    answers: (id, page) => answersTo(reader, id, page),
    async doctor(thing, at) {
      const { isNow, at: until } = moment(at);
      const answer = await lastAnswer(reader, thing, "doctor", isNow ? null : until);
      return answer === null ? null : doctorView(answer);
    },
  };
}
