import type { JudgedGroup } from "./judged-views.js";

const FIRST_THINGS = 8;

/** Things with the same judgement: how many, and the first and the last by name. */
export interface Counted {
  readonly things: number;
  readonly ends: readonly string[];
}

/** Groups of things with one answer. */
export interface Gathered<G extends Counted> {
  readonly things: number;
  readonly groups: readonly G[];
}

export function gathered<G extends Counted>(groups: readonly G[]): Gathered<G> {
  return { things: groups.reduce((sum, { things }) => sum + things, 0), groups };
}

/** Reads the first names of a group. */
export type FirstOf<G> = (group: G, most: number) => Promise<readonly string[]>;

/** Adds the first things by name, which are among the first of the groups that begin first. */
export async function named<G extends Counted>(
  { things, groups }: Gathered<G>,
  firstOf: FirstOf<G>,
): Promise<JudgedGroup> {
  const byName = [...groups].sort((a, b) => ((a.ends[0] ?? "") < (b.ends[0] ?? "") ? -1 : 1)).slice(0, FIRST_THINGS);
  const names = await Promise.all(
    byName.map((group) => (group.things <= group.ends.length ? group.ends : firstOf(group, FIRST_THINGS))),
  );
  return { things, first: [...new Set(names.flat())].sort().slice(0, FIRST_THINGS) };
}
