/**
 * Suggests the key that was probably meant: one that differs only in case, that begins the same, or that two typing errors
 * (a letter more, less or wrong, two letters swapped) lead to.
 */
export function didYouMean(key: string, keys: readonly string[]): string {
  const lower = key.toLowerCase();
  if (lower === "") return "";
  const meant =
    keys.find((known) => known.toLowerCase() === lower) ??
    keys.find((known) => typingErrors(lower, known.toLowerCase()) <= Math.min(2, known.length / 3)) ??
    keys.find((known) => known.toLowerCase().startsWith(lower.slice(0, 4)));
  return meant === undefined ? "" : ` (did you mean "${meant}"?)`;
}

const LONGEST_KEY = 40;

/** The number of typing errors between two words: the optimal string alignment distance. */
function typingErrors(one: string, other: string): number {
  if (one.length > LONGEST_KEY) return Number.POSITIVE_INFINITY;
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
