import type { DeviceFacts } from "../device/facts.js";
import type { PackagingJob } from "../job/job.js";
import { answerRules } from "./compare.js";
import { type Finding, RULE_IDS, type RuleId, type Verdict } from "./finding.js";
import { type FindingRemedies, remedies } from "./remedies.js";
import { keyLists, type Numbered, numbering, remembered } from "./remembered.js";
import { verdictOf } from "./verdict.js";

/** One job on one machine. Equal findings and ways out of several machines are the same objects. */
export interface Pair<J, M> {
  readonly job: J;
  readonly machine: M;
  readonly verdict: Verdict;
  readonly remedies: readonly FindingRemedies[];
}

/**
 * Every job on every machine, as `compare` and `remedies` would answer for each pair with nothing deployed: the jobs in their
 * order, each on all machines in theirs. Each job stands for itself: the machines are candidates, so jobs do not conflict. A
 * rule is asked once for all machines that are the same in what it looks at, so that fleets are quick.
 */
export function* preflight<J extends { readonly job: PackagingJob }, M extends { readonly facts: DeviceFacts }>(
  jobs: readonly J[],
  machines: readonly M[],
  now: string,
): Generator<Pair<J, M>> {
  const numbered = machines.map(({ facts }) => facts).map(numbering());
  const listOf = keyLists();
  for (const job of jobs) {
    const answer = answers(job.job, now, listOf);
    for (const [at, machine] of machines.entries()) {
      const { verdict, remedies } = answer(numbered[at] as Numbered);
      yield { job, machine, verdict, remedies };
    }
  }
}

/** Rules that are asked together because they look at much the same facts; all rules, in the order of RULE_IDS. */
const GROUPS = groupsFrom(
  "job.status",
  "target.os",
  "compiler.cuda-ver",
  "compiler.mcpu",
  "device.memory",
  "device.access",
);

interface Answered {
  readonly number: number;
  readonly findings: readonly Finding[];
  readonly differs: boolean;
}

type Answer = Pick<Pair<unknown, unknown>, "verdict" | "remedies">;

function answers(job: PackagingJob, now: string, listOf: ReturnType<typeof keyLists>): (machine: Numbered) => Answer {
  const input = { job, origin: null, deployed: null, now };
  let number = 0;
  const groups = GROUPS.map((rules) =>
    remembered((facts): Answered => {
      const findings = answerRules({ ...input, facts }, rules);
      return { number: number++, findings, differs: findings.some(({ outcome }) => outcome === "DRIFT") };
    }, listOf),
  );
  /** By what differs: the ways out of one difference depend on the others and on the facts. */
  const cures = new Map<string, (machine: Numbered) => ReturnType<typeof remedies>>();

  return (machine) => {
    const findings: Finding[] = [];
    const differing: Answered[] = [];
    for (const group of groups) {
      const answered = group(machine);
      for (const finding of answered.findings) findings.push(finding);
      if (answered.differs) differing.push(answered);
    }
    const verdict = verdictOf(findings);
    if (differing.length === 0) return { verdict, remedies: [] };
    const key = differing.map((one) => one.number).join();
    const open = differing.flatMap((one) => one.findings);
    const cure = cures.get(key) ?? remembered((facts) => remedies({ ...input, facts }, [], verdictOf(open)), listOf);
    cures.set(key, cure);
    const cured = cure(machine);
    if (cured.remedies.length === 0) return { verdict, remedies: [] };
    for (const [at, finding] of open.entries()) {
      const place = findings.indexOf(finding);
      findings[place] = cured.verdict.findings[at] ?? finding;
    }
    return { verdict, remedies: cured.remedies };
  };
}

function groupsFrom(...firsts: readonly RuleId[]): readonly (readonly RuleId[])[] {
  const starts = firsts.map((rule) => RULE_IDS.indexOf(rule));
  return starts.map((start, at) => RULE_IDS.slice(start, starts[at + 1]));
}
