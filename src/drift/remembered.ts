import type { DeviceFacts, FactKey } from "../device/facts.js";

/** One machine's facts, and what makes it the same as others. */
export interface Numbered {
  readonly facts: DeviceFacts;
  /** A number that the machine shares with those whose facts of these names are the same, evidence included. */
  kindBy(keys: readonly FactKey[]): number;
}

/** Numbers machines; they are compared only within what one call of `numbering` has seen. Lists of keys are told apart by identity. */
export function numbering(): (facts: DeviceFacts) => Numbered {
  const kinds = new Map<string, number>();
  const numberOf = (text: string): number => {
    const number = kinds.get(text) ?? kinds.size;
    kinds.set(text, number);
    return number;
  };
  return (facts) => {
    const readings = new Map<FactKey, number>();
    const combined = new Map<readonly FactKey[], number>();
    const reading = (key: FactKey): number => {
      const number = readings.get(key) ?? numberOf(`${key} ${JSON.stringify(facts[key])}`);
      readings.set(key, number);
      return number;
    };
    return {
      facts,
      kindBy(keys) {
        const number = combined.get(keys) ?? numberOf(keys.map(reading).join());
        combined.set(keys, number);
        return number;
      },
    };
  };
}

/** Lists of fact names, one object for each set of names. */
export function keyLists(): (keys: ReadonlySet<FactKey>) => readonly FactKey[] {
  const lists = new Map<string, readonly FactKey[]>();
  return (keys) => {
    const sorted = [...keys].sort();
    const list = lists.get(sorted.join()) ?? sorted;
    lists.set(sorted.join(), list);
    return list;
  };
}

/**
 * Runs a pure function of facts once for all machines that are the same in what it looks at, and gives them the same object.
 * What it looks at is watched, not declared: the same answers to its first looks lead it to the same next look.
 */
export function remembered<T extends object>(
  compute: (facts: DeviceFacts) => T,
  listOf: ReturnType<typeof keyLists>,
): (machine: Numbered) => T {
  const ways = new Map<readonly FactKey[], Map<number, T>>();
  return (machine) => {
    for (const [keys, results] of ways) {
      const result = results.get(machine.kindBy(keys));
      if (result !== undefined) return result;
    }
    const looked = new Set<FactKey>();
    const get = (target: DeviceFacts, key: string | symbol): unknown => {
      looked.add(key as FactKey);
      return target[key as FactKey];
    };
    const result = compute(new Proxy(machine.facts, { get }));
    const keys = listOf(looked);
    const results = ways.get(keys) ?? new Map<number, T>();
    ways.set(keys, results.set(machine.kindBy(keys), result));
    return result;
  };
}
