import { isObject } from "../base/json.js";

/** A path that a function has read: "driver", "cpu.value.features"; "" for the whole value. */
type Path = string;

/** A job or a machine's facts, and a way to tell whether it equals others. */
export interface Interned<T> {
  readonly value: T;
  /** A number that values share if they are equal at these paths, evidence included. */
  kindBy(paths: readonly Path[]): number;
}

/**
 * Numbers values, which are compared only with others that the same `interner` has seen. Equal values share one object. Lists
 * of paths are compared by identity.
 */
export function interner<T extends object>(): (value: T) => Interned<T> {
  const kinds = new Map<string, number>();
  const numberOf = (text: string): number => {
    const number = kinds.get(text) ?? kinds.size;
    kinds.set(text, number);
    return number;
  };
  const known = new Map<string, Interned<T>>();
  return (value) => {
    const members = Object.entries(value).map(
      ([key, member]) => [key, numberOf(`${key} ${JSON.stringify(member)}`)] as const,
    );
    const whole = members.map(([, number]) => number).join();
    const interned = known.get(whole) ?? internedWith(value, new Map(members), numberOf);
    known.set(whole, interned);
    return interned;
  };
}

/** `single` holds the numbers of the value's members, and takes those of further paths. */
function internedWith<T extends object>(
  value: T,
  single: Map<Path, number>,
  numberOf: (text: string) => number,
): Interned<T> {
  const combined = new Map<readonly Path[], number>();
  const kindAt = (path: Path): number => {
    const number = single.get(path) ?? numberOf(`${path} ${JSON.stringify(valueAt(value, path))}`);
    single.set(path, number);
    return number;
  };
  return {
    value,
    kindBy(paths) {
      const number = combined.get(paths) ?? numberOf(paths.map(kindAt).join());
      combined.set(paths, number);
      return number;
    },
  };
}

function valueAt(value: object, path: Path): unknown {
  const keys = path === "" ? [] : path.split(".");
  return keys.reduce<unknown>((inner, key) => (isObject(inner) ? inner[key] : undefined), value);
}

/**
 * Runs a pure function once for all pairs that are equal in what it reads, and returns the same object for them. Its
 * reads are observed, not declared: equal answers to the first reads lead to the same next read.
 */
export function memoized<A extends object, B extends object, T extends object>(
  compute: (first: A, second: B) => T,
): (first: Interned<A>, second: Interned<B>) => T {
  const listOf = pathLists();
  const known = new Map<readonly Path[], Map<readonly Path[], Map<string, T>>>();
  return (first, second) => {
    for (const [firstPaths, bySecond] of known) {
      const kind = first.kindBy(firstPaths);
      for (const [secondPaths, results] of bySecond) {
        const result = results.get(`${kind} ${second.kindBy(secondPaths)}`);
        if (result !== undefined) return result;
      }
    }
    const read = [new Set<Path>(), new Set<Path>()] as const;
    const result = compute(watched(first.value, read[0]), watched(second.value, read[1]));
    const [firstPaths, secondPaths] = [listOf(read[0]), listOf(read[1])];
    const bySecond = known.get(firstPaths) ?? new Map<readonly Path[], Map<string, T>>();
    const results = bySecond.get(secondPaths) ?? new Map<string, T>();
    known.set(firstPaths, bySecond.set(secondPaths, results));
    results.set(`${first.kindBy(firstPaths)} ${second.kindBy(secondPaths)}`, result);
    return result;
  };
}

/** Lists of paths, one object for each set of paths. */
function pathLists(): (paths: ReadonlySet<Path>) => readonly Path[] {
  const lists = new Map<string, readonly Path[]>();
  return (paths) => {
    const sorted = [...paths].sort();
    const list = lists.get(sorted.join()) ?? sorted;
    lists.set(sorted.join(), list);
    return list;
  };
}

/**
 * Wraps an object so that each member that is read is added to `read`. Lists, and objects whose members are enumerated,
 * count as read whole.
 */
function watched<T extends object>(object: T, read: Set<Path>, path: Path = ""): T {
  return new Proxy(object, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof key === "symbol") return value;
      const at = path === "" ? key : `${path}.${key}`;
      if (isObject(value)) return watched(value, read, at);
      read.add(at);
      return value;
    },
    has(target, key) {
      read.add(path);
      return Reflect.has(target, key);
    },
    ownKeys(target) {
      read.add(path);
      return Reflect.ownKeys(target);
    },
  });
}
