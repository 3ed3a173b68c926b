/**
 * Suggests the key that was probably meant: the nearest one that differs only in case or dashes, begins like `key`, or
 * is a few typing errors away (a letter too many, missing or wrong, two letters swapped). `show` formats the key.
 */
export function didYouMean(key: string, keys: readonly string[], show = (meant: string) => `"${meant}"`): string {
  const meant = nearestKey(key, keys);
  return meant === null ? "" : ` (did you mean ${show(meant)}?)`;
}

/** The allowed words, and a suggestion: `one of text, json (did you mean "json"?)`. */
export function oneOfWords(allowed: readonly string[], found: unknown): string {
  return `one of ${allowed.join(", ")}${typeof found === "string" ? didYouMean(found, allowed) : ""}`;
}

/** The key that was probably meant, the first of equally near ones; null if none is near. */
function nearestKey(key: string, keys: readonly string[]): string | null {
  const written = plain(key);
  if (written === "") return null;
  let nearest: string | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const known of keys) {
    const errors = errorsBetween(written, plain(known));
    if (errors < least) [nearest, least] = [known, errors];
  }
  return nearest;
}

/** Unknown keys of one map that get a suggestion: each is compared with all known ones. */
export const MOST_SUGGESTIONS = 100;

/** The letters and digits of a key, which are what people remember of `job-name` and `jobName`. */
function plain(key: string): string {
  return key
    .slice(0, LONGEST_KEY + 1)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, "");
}

const LONGEST_KEY = 40;
const SHORTEST_BEGINNING = 3;

/** Infinity if `known` is a different word altogether. */
function errorsBetween(written: string, known: string): number {
  if (written === known) return 0;
  const errors = typingErrors(written, known);
  if (errors <= Math.min(2, Math.max(written.length, known.length) / 3)) return errors;
  const isBeginning = written.length >= SHORTEST_BEGINNING && known.startsWith(written);
  const isLonger = known.length > SHORTEST_BEGINNING && written.startsWith(known);
  // Ranks below any typing error: `shedule` means `schedule` rather than `sched`.
  return isBeginning || isLonger ? LONGEST_KEY : Number.POSITIVE_INFINITY;
}

/** The number of typing errors between two words: the optimal string alignment distance. */
function typingErrors(one: string, other: string): number {
  if (one.length > LONGEST_KEY || other.length > LONGEST_KEY) return Number.POSITIVE_INFINITY;
  let before: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const isSame = one[i - 1] === other[j - 1];
      const isSwapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      row[j] = Math.min(
        (last[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (last[j - 1] ?? 0) + (isSame ? 0 : 1),
        isSwapped ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    before = last;
    last = row;
  }
  return last[other.length] ?? 0;
}
