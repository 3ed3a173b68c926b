import { groupBy } from "../../base/group-by.js";
import type { Finding } from "../../drift/finding.js";
import { type Pair, preflight } from "../../drift/preflight.js";
import { list } from "../../drift/remedies/remedy.js";
import type { PackagingJob } from "../../job/job.js";
import { type Gathered, gathered } from "./judged-groups.js";
import type { MachineClass } from "./machine-classes.js";
import type { StoredClass } from "./stored-pairs.js";

/** Which classes can run a job. */
export interface JudgedClasses {
  readonly can: Gathered<StoredClass>;
  readonly cannot: Gathered<StoredClass>;
  /** All things, including those that are not judged. */
  readonly unknown: Gathered<StoredClass>;
  /** For those that cannot: the changes after which they would, the most frequent first. */
  readonly after: readonly (Gathered<StoredClass> & { readonly change: string })[];
  readonly withoutFacts: number;
}

/** Which things can run a job by the current rules, judged once for each class of machines. */
export function judgeJob(
  description: PackagingJob,
  stored: readonly StoredClass[],
  machines: readonly MachineClass[],
  now: string,
): JudgedClasses {
  const pairs = new Map<string, Pair<unknown, MachineClass>>();
  for (const pair of preflight([{ job: description }], machines, now)) pairs.set(pair.machine.digest, pair);
  const judged = stored
    .filter(({ digest }) => digest !== null)
    .map((group) => {
      const pair = pairs.get(group.digest ?? "");
      return pair === undefined
        ? { ...group, kind: "unknown" as const, change: null }
        : { ...group, kind: kindOf(pair), change: changeFor(pair) };
    });
  const of = (kind: ReturnType<typeof kindOf>) => judged.filter((group) => group.kind === kind);
  const helped = groupBy(of("cannot"), ({ change }) => change);
  return {
    can: gathered(of("can")),
    cannot: gathered(of("cannot")),
    unknown: gathered(of("unknown")),
    after: [...helped]
      .flatMap(([change, groups]) => (change === null ? [] : [{ change, ...gathered(groups) }]))
      .sort((a, b) => b.things - a.things || (a.change < b.change ? -1 : 1)),
    withoutFacts: gathered(stored.filter(({ digest }) => digest === null)).things,
  };
}

type Judged = Pick<Pair<unknown, unknown>, "verdict" | "remedies">;

function kindOf({ verdict }: Judged): "can" | "cannot" | "unknown" {
  switch (verdict.runnable) {
    case "WILL_NOT_RUN":
      return "cannot";
    case "CANNOT_TELL":
      return "unknown";
    default:
      return "can";
  }
}

/** The blocking findings that have a cause of their own. */
function blockers({ verdict }: Pick<Judged, "verdict">): readonly Finding[] {
  return verdict.findings.filter(({ outcome, severity }) => outcome === "DRIFT" && severity === "BLOCKING");
}

/**
 * The change after which the job would run: one that satisfies every blocking rule, otherwise the smallest one for each
 * of them; null if there is none for one of them.
 */
export function changeFor(pair: Judged): string | null {
  const rules = [...new Set(blockers(pair).map(({ rule }) => rule))];
  if (rules.length === 0) return null;
  const ways = pair.remedies.flatMap((one) => one.ways).filter(({ satisfies }) => satisfies.length > 0);
  const whole = ways.find(({ satisfies }) => rules.every((rule) => satisfies.includes(rule)));
  if (whole !== undefined) return whole.change;
  const each = rules.map((rule) => ways.find(({ satisfies }) => satisfies.includes(rule))?.change ?? null);
  return each.includes(null) ? null : list([...new Set(each)].filter((change) => change !== null));
}
