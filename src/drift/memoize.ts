import { isObject } from "../base/json.js";

/** A place that a function has read: "driver", "cpu.value.features"; "" for all of it. */
type Path = string;

/** A job or a machine's facts, and what makes it the same as others. */
export interface Interned<T> {
  readonly value: T;
  /** A number shared by those that are the same at these paths, evidence included. */
  kindBy(paths: readonly Path[]): number;
}

/** Numbers values; they are compared only within what one call of `interner` has seen. Path lists are compared by identity. */
export function interner<T extends object>(): (value: T) => Interned<T> {
  const kinds = new Map<string, number>();
  const numberOf = (text: string): number => {
    const number = kinds.get(text) ?? kinds.size;
    kinds.set(text, number);
    return number;
  };
  return (value) => {
    const single = new Map<Path, number>();
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
  };
}

function valueAt(value: object, path: Path): unknown {
  const keys = path === "" ? [] : path.split(".");
  return keys.reduce<unknown>((inner, key) => (isObject(inner) ? inner[key] : undefined), value);
}

/**
 * Runs a pure function once for all pairs that are the same in what it reads, and returns the same object. What it reads is
 * watched, not declared: the same answers to its first reads lead it to the same next read.
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

/** The same object; each member that is read is added to `read`. Lists, and objects whose members are listed, are read whole. */
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
