import type { WhatIfPair } from "./judged-views.js";
import { keyOf, limitOf, pageOf, partsOf } from "./page-keys.js";
import type { StoredPair, StoredPairs } from "./stored-pairs.js";
import type { Page, Paged } from "./views.js";
import type { JudgedChange } from "./what-if.js";

type Kind = Pick<StoredPairs, "digest" | "project" | "job" | "reported">;

const kindOf = ({ digest, project, job, reported }: Kind) => keyOf(digest ?? "", project, job, reported);

/** What a change does to each kind of pair. */
export type Outcomes = ReadonlyMap<string, WhatIfPair["outcome"]>;

export function outcomesOf({ stops, starts }: Pick<JudgedChange, "stops" | "starts">): Outcomes {
  return new Map<string, WhatIfPair["outcome"]>([
    ...stops.groups.map((group) => [kindOf(group), "STOPS"] as const),
    ...starts.groups.map((group) => [kindOf(group), "STARTS"] as const),
  ]);
}

type Key = readonly [thing: string, project: string, job: string];

const READ_AT_ONCE = 5_000;

/** A page of the pairs that a change stops or starts; `read` returns all pairs after a key, in order. */
export async function pairsOfChange(
  outcomes: Outcomes,
  page: Page,
  read: (after: Key | null, most: number) => Promise<readonly StoredPair[]>,
): Promise<Paged<WhatIfPair>> {
  const limit = limitOf(page);
  const found: WhatIfPair[] = [];
  let after: Key | null = partsOf(page.after, ["", "", ""]);
  while (outcomes.size > 0 && found.length <= limit) {
    const pairs = await read(after, READ_AT_ONCE);
    for (const pair of pairs) {
      const outcome = outcomes.get(kindOf(pair));
      if (outcome !== undefined) found.push({ thing: pair.thing, project: pair.project, job: pair.job, outcome });
    }
    const last = pairs.at(-1);
    if (last === undefined || pairs.length < READ_AT_ONCE) break;
    after = [last.thing, last.project, last.job];
  }
  return pageOf(found, limit, ({ thing, project, job }) => keyOf(thing, project, job));
}
