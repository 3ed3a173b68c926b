import type { DeviceFacts } from "../device/facts.js";
import type { LoaderAnswer } from "../device/loader-answers.js";
import type { JobOrigin, PackagingJob } from "../job/job.js";
import type { PackagedModel } from "../model/model.js";
import { compare, notChecked } from "./compare.js";
import { withConflicts } from "./conflict.js";
import { type DampingMemory, type DampingRules, type DampingState, damp } from "./damping.js";
import type { Deployed } from "./deployed.js";
import type { Finding, Verdict } from "./finding.js";
import { remedies } from "./remedies.js";
import { verdictOf } from "./verdict.js";
import { type Waiver, waive } from "./waivers.js";

/** The result of looking up one job. */
export interface JobLookup {
  readonly ref: { readonly project: string | null; readonly job: string | null };
  /** Null when no description could be obtained, not even a stored copy; `unavailable` says why. */
  readonly job: PackagingJob | null;
  /**
   * What the packaged model's own files say; null if none were looked for or found. Without a job, only these are
   * compared.
   */
  readonly model: PackagedModel | null;
  readonly origin: JobOrigin | null;
  readonly unavailable: { readonly reason: string; readonly message: string } | null;
  readonly deployed: Deployed | null;
  /** Why none of several jobs was chosen, if the job was looked up by its component. */
  readonly choice?: Finding;
}

/** The input for the verdicts about one machine. */
export interface JudgeInput {
  readonly lookups: readonly JobLookup[];
  readonly facts: DeviceFacts;
  /** What this machine's loader finds for the libraries that the models' files load; undefined if it was not asked. */
  readonly loadable?: readonly LoaderAnswer[];
  /** ISO 8601, UTC. */
  readonly now: string;
  /** Null: no limit. */
  readonly maxCopyAgeDays: number | null;
  readonly waivers: readonly Waiver[];
}

/** The verdict about each model of one machine, in order: rules, conflicts between them, fixes, waivers. Pure. */
export function judge(input: JudgeInput): readonly Verdict[] {
  return judgeAgain(input, {}, {}).verdicts;
}

/**
 * Like `judge`, with damping applied between fixes and waivers; also returns what damping has to remember for the next
 * check. Pure.
 */
export function judgeAgain(
  input: JudgeInput,
  rules: DampingRules,
  memory: DampingMemory,
): { readonly verdicts: readonly Verdict[]; readonly memory: DampingMemory } {
  const { facts, now, waivers, loadable = [] } = input;
  const age = input.maxCopyAgeDays === null ? {} : { maxCopyAgeDays: input.maxCopyAgeDays };
  const judged = input.lookups.filter(isComparable).map(({ job, model, origin, deployed }) => {
    const question = { job, model, origin, deployed, facts, now, loadable, ...age };
    return { question, job, model, verdict: compare(question) };
  });
  const withRemedies = withConflicts(judged, facts).map((verdict, at) => {
    const others = judged.filter((_, other) => other !== at);
    const question = judged[at]?.question;
    return question === undefined ? verdict : remedies(question, others, verdict).verdict;
  });
  const remembered: Record<string, DampingState> = {};
  let next = 0;
  const verdicts = input.lookups.map((lookup) => {
    const { model, ref, unavailable, deployed } = lookup;
    const key = `${ref.project}/${ref.job ?? deployed?.name ?? model?.component ?? null}`;
    const before = Object.hasOwn(memory, key) ? memory[key] : undefined;
    const verdict = isComparable(lookup) ? withRemedies[next++] : undefined;
    if (verdict === undefined) {
      // A check that did not take place counts neither way.
      if (before !== undefined) remembered[key] = before;
      return withChoice(notChecked(unavailable?.message ?? "The job's description could not be obtained"), lookup);
    }
    if (Object.keys(rules).length === 0) return waive(verdict, waivers, now);
    const { findings, state } = damp(before ?? {}, verdict.findings, rules);
    if (Object.keys(state).length > 0) remembered[key] = state;
    return waive(verdictOf(findings), waivers, now);
  });
  return { verdicts, memory: remembered };
}

function isComparable({ job, model }: JobLookup): boolean {
  return job !== null || model !== null;
}

/** Replaces a component rule that had nothing to compare by what is known about the candidates. */
function withChoice(verdict: Verdict, { choice }: JobLookup): Verdict {
  if (choice === undefined) return verdict;
  return { ...verdict, findings: verdict.findings.map((finding) => (finding.rule === choice.rule ? choice : finding)) };
}
