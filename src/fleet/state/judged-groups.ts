import type { JudgedGroup } from "./views.js";

const FIRST_THINGS = 8;

/** Some things of a judged kind: how many, and the first of them by name. */
export interface Counted {
  readonly things: number;
  /** The first by name. */
  readonly first: readonly string[];
}

/** Puts together groups of things. */
export function together(groups: readonly Counted[]): JudgedGroup {
  const names = new Set(groups.flatMap(({ first }) => first));
  return {
    things: groups.reduce((sum, { things }) => sum + things, 0),
    first: [...names].sort().slice(0, FIRST_THINGS),
  };
}

/** Groups by a key, in the order in which the keys are met. */
export function groupedBy<T, K>(items: readonly T[], keyOf: (item: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
