import type { DeviceFacts } from "../device/facts.js";
import type { JobOrigin, PackagingJob } from "../job/job.js";
import { compare, notChecked } from "./compare.js";
import { withConflicts } from "./conflict.js";
import type { Deployed } from "./deployed.js";
import type { Finding, Verdict } from "./finding.js";
import { remedies } from "./remedies.js";
import { type Waiver, waive } from "./waivers.js";

/** What looking for one job gave. */
export interface Look {
  readonly ref: { readonly project: string; readonly job: string | null };
  /** Null when no description could be had, not even a kept copy; `unavailable` says why. */
  readonly job: PackagingJob | null;
  readonly origin: JobOrigin | null;
  readonly unavailable: { readonly reason: string; readonly message: string } | null;
  readonly deployed: Deployed | null;
  /** Why none was chosen of several jobs, where the job was to be found by its component. */
  readonly choice?: Finding;
}

/** The verdict about each job of one machine, in order: rules, conflicts between the jobs, ways out, waivers. Pure. */
export function judge(input: {
  readonly looks: readonly Look[];
  readonly facts: DeviceFacts;
  /** ISO 8601, UTC. */
  readonly now: string;
  /** Null: no limit. */
  readonly maxCopyAgeDays: number | null;
  readonly waivers: readonly Waiver[];
}): readonly Verdict[] {
  const { facts, now, waivers } = input;
  const age = input.maxCopyAgeDays === null ? {} : { maxCopyAgeDays: input.maxCopyAgeDays };
  const found = input.looks.flatMap(({ job, origin, deployed }) => (job === null ? [] : [{ job, origin, deployed }]));
  const judged = found.map((one) => {
    const question = { ...one, facts, now, ...age };
    return { question, job: one.job, verdict: compare(question) };
  });
  const verdicts = withConflicts(judged, facts).map((verdict, at) => {
    const others = found.filter((_, other) => other !== at).map(({ job }) => job);
    const question = judged[at]?.question;
    return waive(question === undefined ? verdict : remedies(question, others, verdict).verdict, waivers, now);
  });
  let next = 0;
  return input.looks.map((look) => {
    const verdict = look.job === null ? undefined : verdicts[next++];
    return (
      verdict ?? withChoice(notChecked(look.unavailable?.message ?? "The job's description could not be had"), look)
    );
  });
}

/** With what is known of the candidates in place of a component rule that had nothing to compare. */
function withChoice(verdict: Verdict, { choice }: Look): Verdict {
  if (choice === undefined) return verdict;
  return { ...verdict, findings: verdict.findings.map((finding) => (finding.rule === choice.rule ? choice : finding)) };
}
