import { groupBy } from "../../base/group-by.js";
import type { DeviceFacts } from "../../device/facts.js";
import type { Finding, Verdict } from "../../drift/finding.js";
import { preflight } from "../../drift/preflight.js";
import { withoutConsequences } from "../../report/consequences.js";
import { changedFacts } from "./changed-facts.js";
import { type Gathered, gathered } from "./judged-groups.js";
import type { Rejudged, WhatIf, WhatIfChange } from "./judged-views.js";
import type { MachineClass } from "./machine-classes.js";
import { keyOf } from "./page-keys.js";
import type { CatalogJob } from "./questions.js";
import type { StoredPairs } from "./stored-pairs.js";

/** A judged change, before its groups have names. */
export type JudgedChange = Omit<WhatIf, "things" | "withoutFacts" | "stops" | "starts"> & {
  readonly stops: Gathered<StoredPairs>;
  readonly starts: Gathered<StoredPairs>;
};

type RejudgedPairs = Omit<Rejudged, "withoutFacts" | "differs"> & {
  readonly differs: readonly (Omit<Rejudged["differs"][number], "first"> & Gathered<StoredPairs>)[];
};

/** The verdict on a job on a class of machines. */
type JudgedPairs = (digest: string, project: string, job: string) => Verdict | null;

/**
 * What would change for the pairs of thing and job if their devices went to other versions, judged once for each class.
 */
export function judgeChange(
  change: WhatIfChange,
  pairs: readonly StoredPairs[],
  machines: readonly MachineClass[],
  jobs: readonly CatalogJob[],
  now: string,
): JudgedChange {
  const then = machines.flatMap(({ digest, facts }) => {
    const changed = changedFacts(facts, change);
    return changed === null ? [] : [{ digest, facts: changed }];
  });
  const wanted = jobsOf(pairs, jobs);
  const [before, after] = [judgeAll(wanted, machines, now), judgeAll(wanted, then, now)];
  const known = new Set(machines.map(({ digest }) => digest));
  const described = new Set(wanted.map(({ project, job }) => keyOf(project, job)));
  const judged = pairs
    .filter(({ digest }) => known.has(digest ?? ""))
    .map((group) => {
      const { digest, project, job } = group;
      if (!described.has(keyOf(project, job))) return { group, kind: "withoutDescription" as const, verdict: null };
      const verdict = after(digest ?? "", project, job);
      return { group, kind: kindOf(before(digest ?? "", project, job), verdict), verdict };
    });
  const of = (kind: (typeof judged)[number]["kind"]) => judged.filter((one) => one.kind === kind);
  const count = (kind: (typeof judged)[number]["kind"]) => gathered(of(kind).map(({ group }) => group));
  return {
    change,
    stops: count("stops"),
    starts: count("starts"),
    same: count("same").things,
    unknown: count("unknown").things,
    impossible: count("impossible").things,
    withoutDescription: count("withoutDescription").things,
    causes: causesOf(of("stops").flatMap(({ group, verdict }) => (verdict === null ? [] : [{ group, verdict }]))),
  };
}

/** Where the verdicts of the current rules on the stored facts differ from what the devices reported. */
export function rejudgePairs(
  pairs: readonly StoredPairs[],
  machines: readonly MachineClass[],
  jobs: readonly CatalogJob[],
  now: string,
): RejudgedPairs {
  const wanted = jobsOf(pairs, jobs);
  const judge = judgeAll(wanted, machines, now);
  const known = new Set(machines.map(({ digest }) => digest));
  const described = new Set(wanted.map(({ project, job }) => keyOf(project, job)));
  const withFacts = pairs.filter(({ digest }) => known.has(digest ?? ""));
  const judged = withFacts.flatMap((group) => {
    const verdict = judge(group.digest ?? "", group.project, group.job);
    return verdict === null ? [] : [{ group, judged: verdict.runnable, rule: decidingFinding(verdict)?.rule ?? null }];
  });
  const differs = judged.filter((one) => one.judged !== one.group.reported);
  const kinds = groupBy(differs, (one) =>
    keyOf(one.group.project, one.group.job, one.group.reported, one.judged, one.rule ?? ""),
  );
  return {
    same: gathered(judged.filter((one) => one.judged === one.group.reported).map(({ group }) => group)).things,
    differs: [...kinds.values()]
      .flatMap((ones) => {
        const [one] = ones;
        if (one === undefined) return [];
        const { project, job, reported } = one.group;
        return [
          { project, job, reported, judged: one.judged, rule: one.rule, ...gathered(ones.map(({ group }) => group)) },
        ];
      })
      .sort((a, b) => b.things - a.things),
    withoutDescription: gathered(withFacts.filter(({ project, job }) => !described.has(keyOf(project, job)))).things,
  };
}

/** The descriptions of the jobs in the pairs. */
function jobsOf(pairs: readonly StoredPairs[], jobs: readonly CatalogJob[]): readonly CatalogJob[] {
  const asked = new Set(pairs.map(({ project, job }) => keyOf(project, job)));
  return jobs.filter(({ project, job }) => asked.has(keyOf(project, job)));
}

function judgeAll(
  jobs: readonly CatalogJob[],
  machines: readonly { readonly digest: string; readonly facts: DeviceFacts }[],
  now: string,
): JudgedPairs {
  const named = jobs.map(({ project, job, description }) => ({ key: keyOf(project, job), job: description }));
  const verdicts = new Map<string, Verdict>();
  for (const { job, machine, verdict } of preflight(named, machines, now)) {
    verdicts.set(keyOf(machine.digest, job.key), verdict);
  }
  return (digest, project, job) => verdicts.get(keyOf(digest, keyOf(project, job))) ?? null;
}

function kindOf(before: Verdict | null, after: Verdict | null): "stops" | "starts" | "same" | "unknown" | "impossible" {
  if (after === null || before === null) return "impossible";
  if (before.runnable === "CANNOT_TELL" || after.runnable === "CANNOT_TELL") return "unknown";
  const [ran, runs] = [before.runnable !== "WILL_NOT_RUN", after.runnable !== "WILL_NOT_RUN"];
  if (ran === runs) return "same";
  return ran ? "stops" : "starts";
}

/** Why things would stop, the most frequent reason first, without what follows from another reason. */
function causesOf(stops: readonly { readonly group: StoredPairs; readonly verdict: Verdict }[]): WhatIf["causes"] {
  const reasons = stops.flatMap(({ group, verdict }) =>
    withoutConsequences(verdict.findings)
      .map(({ finding }) => finding)
      .filter(({ outcome, severity }) => outcome === "DRIFT" && severity === "BLOCKING")
      .map(({ rule, expected, actual }) => ({ rule, expected, actual, group })),
  );
  const kinds = groupBy(reasons, ({ rule, expected, actual }) => JSON.stringify([rule, expected, actual]));
  return [...kinds.values()]
    .flatMap((ones) => {
      const [one] = ones;
      if (one === undefined) return [];
      const { rule, expected, actual } = one;
      return [{ rule, expected, actual, things: gathered(ones.map(({ group }) => group)).things }];
    })
    .sort((a, b) => b.things - a.things);
}

/** The finding that decides a verdict; undefined if none speaks against the job. */
export function decidingFinding({ findings }: Verdict): Finding | undefined {
  const reasons = withoutConsequences(findings).map(({ finding }) => finding);
  const blocking = reasons.find(({ outcome, severity }) => outcome === "DRIFT" && severity === "BLOCKING");
  const other = reasons.find(({ outcome }) => outcome === "DRIFT" || outcome === "UNKNOWN");
  return blocking ?? other;
}
