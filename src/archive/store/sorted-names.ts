/** Sorts names by code unit, as lists have them. */
export function sortNames(names: readonly string[]): readonly string[] {
  return [...names].sort();
}

/** The index of the first name after `name` in sorted names. */
export function indexAfter(names: readonly string[], name: string): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((names[middle] ?? "") <= name) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether sorted names include `name`. */
export function includesName(names: readonly string[], name: string): boolean {
  return names[indexAfter(names, name) - 1] === name;
}
