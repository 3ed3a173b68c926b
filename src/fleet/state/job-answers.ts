import type { PackagingJob } from "../../job/job.js";
import { sha256Hex } from "../../platform/digest.js";
import type { Reader } from "../store/database.js";
import { AnswerCache } from "./answer-cache.js";
import type { PointInTime } from "./freshness.js";
import { classAnswers, listJobThings } from "./job-things.js";
import { type JudgedClasses, judgeJob } from "./judge-job.js";
import { named } from "./judged-groups.js";
import type { JobView } from "./judged-views.js";
import type { MachineClass } from "./machine-classes.js";
import type { FleetQuestions, QuestionParts } from "./questions.js";
import { classesOf, firstOfClass, type StoredClass } from "./stored-pairs.js";

/** How many jobs' lists may be read at the same time. */
const MOST_JUDGED = 20;

/** Which things can run a job. */
export interface JobAnswers extends Pick<FleetQuestions, "jobThings"> {
  judge(description: PackagingJob): Promise<NonNullable<JobView["judged"]>>;
}

/** `machinesOf` reads the facts of classes. */
export function jobAnswers(
  scans: Reader,
  machinesOf: (stored: readonly StoredClass[]) => Promise<readonly MachineClass[]>,
  { jobs, now }: Pick<QuestionParts, "jobs" | "now">,
  moment: () => PointInTime,
): JobAnswers {
  const judged = new AnswerCache<JudgedClasses>(now, MOST_JUDGED);

  /** Cached, since every page of a list needs it. */
  const judgedClasses = (description: PackagingJob): Promise<JudgedClasses> =>
    judged.get(sha256Hex(JSON.stringify(description)), async () => {
      const then = moment();
      const stored = await classesOf(scans, {}, then);
      return judgeJob(description, stored, await machinesOf(stored), then.at);
    });

  return {
    async judge(description) {
      const { can, cannot, unknown, after, withoutFacts } = await judgedClasses(description);
      const withNames = (group: typeof can) => named(group, firstOfClass(scans));
      const afterChange = after.map(async (group) => ({ change: group.change, ...(await withNames(group)) }));
      return {
        can: await withNames(can),
        cannot: await withNames(cannot),
        unknown: await withNames(unknown),
        after: await Promise.all(afterChange),
        withoutFacts,
      };
    },
    async jobThings(project, job, wanted, page) {
      const described = jobs().find((one) => one.project === project && one.job === job);
      if (described === undefined) return null;
      return listJobThings(scans, classAnswers(await judgedClasses(described.description)), wanted, page);
    },
  };
}
