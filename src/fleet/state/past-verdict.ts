import type { Row } from "../store/database.js";
import { textIn, textOrNull } from "./row-values.js";
import { driftIn, runnableIn, verdictAt, verdictRank, worstRank } from "./verdict-rank.js";
import type { DeviceItem } from "./views.js";

interface Spell {
  readonly rank: number;
  readonly since: string;
  /** Null: it had not ended. */
  readonly until: string | null;
}

/**
 * The worst of a thing's states at a time, and since when it had been the worst, whichever jobs it was of. `states`:
 * those that had begun, with `until` for those that are over.
 */
export function pastVerdict(
  states: readonly Row[],
  at: string,
): Pick<DeviceItem, "drift" | "runnable" | "since" | "jobs"> {
  const isOpen = ({ until = null }: Row) => until === null || String(until) > at;
  const open = states.filter(isOpen);
  // '' stands for a device with nothing to check.
  const jobs = open.filter(({ job }) => job !== "").length;
  if (open.length === 0) return { drift: null, runnable: null, since: null, jobs };
  const spells = states.map((row): Spell => {
    const rank = verdictRank(runnableIn(textIn(row, "runnable")), driftIn(textIn(row, "drift")));
    return { rank, since: textIn(row, "since"), until: isOpen(row) ? null : textOrNull(row, "until") };
  });
  const ranks = spells.filter(({ until }) => until === null).map(({ rank }) => rank);
  return { ...verdictAt(worstRank(ranks)), since: sinceOf(spells), jobs };
}

/** Goes back from one beginning or end to the one before it, until the worst verdict was another one. */
function sinceOf(spells: readonly Spell[]): string {
  const lasting = spells.filter(({ since, until }) => since !== until);
  const held = new Map<number, number>();
  const add = (rank: number, by: number) => held.set(rank, (held.get(rank) ?? 0) + by);
  for (const { rank, until } of lasting) if (until === null) add(rank, 1);
  const worst = () => {
    const ranks = [...held].flatMap(([rank, count]) => (count > 0 ? [rank] : []));
    return ranks.length === 0 ? null : worstRank(ranks);
  };
  const then = worst();
  const steps = lasting.flatMap(({ rank, since, until }) => {
    const begun = { at: since, rank, by: -1 };
    return until === null ? [begun] : [begun, { at: until, rank, by: 1 }];
  });
  steps.sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
  for (const [index, { at, rank, by }] of steps.entries()) {
    add(rank, by);
    if (steps[index + 1]?.at !== at && worst() !== then) return at;
  }
  return steps.at(-1)?.at ?? "";
}
