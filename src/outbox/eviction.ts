/** The properties that decide which reports are discarded first when space runs out. */
export interface EvictionCandidate {
  readonly kind: "COMPLETE" | "HEARTBEAT";
  readonly job: string;
  /** Whether the transport has accepted it. */
  readonly sent: boolean;
}

/**
 * The reports that may be discarded, in order, oldest first in each group: those that the transport has accepted, heartbeats
 * superseded by a later report of the same job, complete reports superseded by a later complete one. Never the newest report
 * about a job. `coming` are about to be added behind the others.
 */
export function evictable<T extends EvictionCandidate>(
  stored: Iterable<T>,
  coming: readonly EvictionCandidate[] = [],
): readonly T[] {
  const inOrder = [...stored];
  const newest = new Map<string, EvictionCandidate>();
  const newestComplete = new Map<string, EvictionCandidate>();
  for (const each of [...inOrder, ...coming]) {
    newest.set(each.job, each);
    if (each.kind === "COMPLETE") newestComplete.set(each.job, each);
  }
  const unsent = inOrder.filter((each) => !each.sent);
  return [
    ...inOrder.filter((each) => each.sent),
    ...supersededHeartbeats(unsent, newest),
    ...unsent.filter((each) => each.kind === "COMPLETE" && newestComplete.get(each.job) !== each),
  ];
}

/** Unsent heartbeats that a later report of the same job supersedes. */
export function collapsible<T extends EvictionCandidate>(stored: Iterable<T>): readonly T[] {
  const inOrder = [...stored];
  const newest = new Map<string, EvictionCandidate>(inOrder.map((each) => [each.job, each]));
  return supersededHeartbeats(inOrder, newest).filter((each) => !each.sent);
}

function supersededHeartbeats<T extends EvictionCandidate>(
  some: readonly T[],
  newest: ReadonlyMap<string, EvictionCandidate>,
) {
  return some.filter((each) => each.kind === "HEARTBEAT" && newest.get(each.job) !== each);
}
