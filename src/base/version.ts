/** A version's parts, most significant first: `[10, 2]`. */
export type Version = readonly number[];

const FORM = /^\d{1,9}(?:\.\d{1,9}){0,3}$/;

/** `x`, `x.y`, `x.y.z` or `x.y.z.w` as numbers (leading zeros do not count); null for anything else. */
export function parseVersion(text: string | null): Version | null {
  if (text === null || !FORM.test(text)) return null;
  return text.split(".").map(Number);
}

/** Below zero when `a` is older than `b`; a part that one of them leaves out counts as zero. */
export function compareVersions(a: Version, b: Version): number {
  for (let i = 0; i < Math.max(a.length, b.length); i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * Compares as many parts as `wanted` states. SAME: all equal; OTHER: one differs;
 * UNKNOWN: what `found` states is equal, but it states fewer parts.
 */
export function compareStated(wanted: Version, found: Version): "SAME" | "OTHER" | "UNKNOWN" {
  for (let i = 0; i < wanted.length; i += 1) {
    const part = found[i];
    if (part === undefined) return "UNKNOWN";
    if (part !== wanted[i]) return "OTHER";
  }
  return "SAME";
}

/** The first `parts` parts as text: `10.2` of `[10, 2, 89]`. */
export function versionText(version: Version, parts: number): string {
  return version.slice(0, parts).join(".");
}

/** The numbers of a dotted version of any length, which a file may state; null for any other text. */
export function versionNumbers(version: string): number[] | null {
  return /^\d{1,9}(\.\d{1,9})*$/.test(version) ? version.split(".").map(Number) : null;
}

/**
 * Orders dotted versions by number, missing parts counting as 0 (`10.3` after `8.6`); a text that is not a version
 * comes first.
 */
export function compareVersionTexts(a: string, b: string): number {
  const left = versionNumbers(a);
  const right = versionNumbers(b);
  if (!left || !right) return Number(left !== null) - Number(right !== null);
  return compareVersions(left, right);
}

/** The first `parts` parts of a version, `cutVersion("8.2.1.8", 3)` → `8.2.1`; shorter versions stay. */
export function cutVersion(version: string, parts: number): string {
  return version.split(".").slice(0, parts).join(".");
}

/** Whether one version is the beginning of the other, part by part: `8.0.0` and `8.0.0.180` say the same. */
export function sameAsFar(a: string, b: string): boolean {
  const left = a.split(".");
  const right = b.split(".");
  const shared = Math.min(left.length, right.length);
  for (let i = 0; i < shared; i++) if (Number(left[i]) !== Number(right[i])) return false;
  return true;
}

/** The parts that all versions have in common, `10.2.89` and `10.2.300` → `10.2`; empty when none. */
export function commonVersion(versions: readonly string[]): string {
  const [first, ...others] = versions.map((version) => version.split("."));
  if (!first) return "";
  let shared = first.length;
  for (const other of others) {
    let i = 0;
    while (i < shared && i < other.length && Number(first[i]) === Number(other[i])) i++;
    shared = i;
  }
  return first.slice(0, shared).join(".");
}
