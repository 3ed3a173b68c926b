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

/** The first `parts` parts as text: `10.2` of `10.2.89`. */
export function cut(version: Version, parts: number): string {
  return version.slice(0, parts).join(".");
}
