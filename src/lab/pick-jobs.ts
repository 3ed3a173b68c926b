import type { DeviceFacts } from "../device/facts.js";
import { compare } from "../drift/compare.js";
import type { Finding } from "../drift/finding.js";
import { parseJob } from "../job/parse-job.js";

/**
 * Two of the answers, both of jobs that succeeded: the one that fits this machine best, and one that cannot run here, if
 * possible for the same architecture and with few differences, because that shows most.
 */
export function pickJobs(answers: readonly unknown[], facts: DeviceFacts): readonly unknown[] {
  const now = new Date(0).toISOString();
  const judged = answers
    .map((answer) => ({ answer, job: parseJob(answer) }))
    .filter(({ job }) => job.status === "SUCCEEDED")
    .map(({ answer, job }) => {
      const { runnable, findings } = compare({ job, model: null, origin: null, facts, deployed: null, now });
      const count = (fits: (finding: Finding) => boolean) => findings.filter(fits).length;
      return {
        answer,
        runnable,
        drifts: count(({ outcome }) => outcome === "DRIFT"),
        matches: count(({ outcome }) => outcome === "MATCH"),
        foreign: count(({ rule, outcome }) => rule === "target.arch" && outcome === "DRIFT"),
      };
    });
  const [fitting] = [...judged].sort((a, b) => a.drifts - b.drifts || b.matches - a.matches);
  const [misfit] = judged
    .filter((each) => each !== fitting && each.runnable === "WILL_NOT_RUN")
    .sort((a, b) => a.foreign - b.foreign || a.drifts - b.drifts);
  return [fitting, misfit].flatMap((picked) => (picked === undefined ? [] : [picked.answer]));
}
