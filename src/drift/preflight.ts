import type { DeviceFacts } from "../device/facts.js";
import type { PackagingJob } from "../job/job.js";
import { answerRules } from "./compare.js";
import { type Finding, RULE_IDS, type RuleId, type Verdict } from "./finding.js";
import { type Interned, interner, memoized } from "./memoize.js";
import { type FindingRemedies, remedies } from "./remedies.js";
import { verdictOf } from "./verdict.js";

/** One job on one machine. Machines with equal findings and fixes share the same objects. */
export interface Pair<J, M> {
  readonly job: J;
  readonly machine: M;
  readonly verdict: Verdict;
  readonly remedies: readonly FindingRemedies[];
}

/**
 * Every job on every machine, as `compare` and `remedies` would answer for each pair with nothing deployed: the jobs in
 * order, each on all machines in order. Each job is judged alone: the machines are candidates, so jobs do not conflict.
 * A rule is asked once for all pairs that are equal in what it reads, which makes fleets quick.
 */
export function* preflight<J extends { readonly job: PackagingJob }, M extends { readonly facts: DeviceFacts }>(
  jobs: readonly J[],
  machines: readonly M[],
  now: string,
): Generator<Pair<J, M>> {
  const facts = machines.map((machine) => machine.facts).map(interner<DeviceFacts>());
  const numberJob = interner<PackagingJob>();
  const answer = answering(now);
  for (const job of jobs) {
    const numbered = numberJob(job.job);
    const answers = new Map<Interned<DeviceFacts>, Answer>();
    for (const [at, machine] of machines.entries()) {
      const its = facts[at] as Interned<DeviceFacts>;
      const answered = answers.get(its) ?? answer(numbered, its);
      answers.set(its, answered);
      yield { job, machine, ...answered };
    }
  }
}

/**
 * Groups of rules that are asked together because they read much the same facts: all rules, in the order of RULE_IDS.
 * Rules about what differs between the machines of any fleet (driver, memory, access) are alone in their groups.
 */
const GROUPS = groupsFrom(
  "job.status",
  "target.os",
  "compiler.cuda-ver",
  "compiler.driver",
  "compiler.mcpu",
  "compiler.options",
  "device.memory",
  "device.access",
  "device.cuda-driver",
  "model.libraries",
);

interface Answered {
  readonly number: number;
  readonly findings: readonly Finding[];
  readonly differs: boolean;
}

type Answer = Pick<Pair<unknown, unknown>, "verdict" | "remedies">;
type Ask<T> = (job: Interned<PackagingJob>, facts: Interned<DeviceFacts>) => T;

function answering(now: string): Ask<Answer> {
  const inputOf = (job: PackagingJob, facts: DeviceFacts) => ({
    job,
    model: null,
    facts,
    origin: null,
    deployed: null,
    now,
  });
  let number = 0;
  const groups = GROUPS.map((rules) =>
    memoized((job: PackagingJob, facts: DeviceFacts): Answered => {
      const findings = answerRules(inputOf(job, facts), rules);
      return { number: number++, findings, differs: findings.some(({ outcome }) => outcome === "DRIFT") };
    }),
  );
  /** Keyed by the differences, since the fixes for one depend on the others and on the facts. */
  const cures = new Map<string, Ask<ReturnType<typeof remedies>>>();

  return (job, facts) => {
    const answers = groups.map((group) => group(job, facts));
    const findings = answers.flatMap((one) => one.findings);
    const differing = answers.filter((one) => one.differs);
    const verdict = verdictOf(findings);
    if (differing.length === 0) return { verdict, remedies: [] };
    const key = differing.map((one) => one.number).join();
    const open = differing.flatMap((one) => one.findings);
    const cure = cures.get(key) ?? memoized((asked, found) => remedies(inputOf(asked, found), [], verdictOf(open)));
    cures.set(key, cure);
    const cured = cure(job, facts);
    if (cured.remedies.length === 0) return { verdict, remedies: [] };
    for (const [at, finding] of open.entries()) {
      const index = findings.indexOf(finding);
      findings[index] = cured.verdict.findings[at] ?? finding;
    }
    return { verdict, remedies: cured.remedies };
  };
}

function groupsFrom(...firsts: readonly RuleId[]): readonly (readonly RuleId[])[] {
  const starts = firsts.map((rule) => RULE_IDS.indexOf(rule));
  return starts.map((start, at) => RULE_IDS.slice(start, starts[at + 1]));
}
