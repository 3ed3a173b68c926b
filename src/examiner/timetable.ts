/**
 * The times of the next checks: each scheduled time, delayed by this thing's share of the jitter. The jitter is limited to the
 * time between two runs, so that no scheduled check is skipped. `runs` are the schedule's next times, in order.
 */
export function nextChecks(thing: string, jitterSeconds: number, runs: readonly Date[]): readonly string[] {
  const [first, second] = runs;
  if (first === undefined) return [];
  const gapMs = second === undefined ? Number.POSITIVE_INFINITY : second.getTime() - first.getTime();
  const delayMs = Math.floor(share(thing) * Math.min(jitterSeconds * 1000, gapMs));
  return runs.map((run) => new Date(run.getTime() + delayMs).toISOString());
}

/** From 0 to less than 1: constant for each thing, and spread evenly over a fleet. */
export function share(thing: string): number {
  let hash = 0x811c9dc5;
  for (const character of thing) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  // FNV-1a leaves similar names close together in the high bits, so mix once more.
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39) >>> 0;
  hash = (hash ^ (hash >>> 15)) >>> 0;
  return hash / 2 ** 32;
}
