/** What decides who goes first when there is no room. */
export interface Superseded {
  readonly kind: "COMPLETE" | "HEARTBEAT";
  readonly job: string;
  /** The transport has taken it already. */
  readonly sent: boolean;
}

/**
 * In the order in which they may be thrown away, oldest first in each group: what the transport has taken already,
 * heartbeats that a later report of the same job supersedes, complete reports that a later complete one supersedes. The newest
 * word about each job is never among them. `coming` are about to be added behind them.
 */
export function mayGo<T extends Superseded>(waiting: Iterable<T>, coming: readonly Superseded[] = []): readonly T[] {
  const inOrder = [...waiting];
  const newest = new Map<string, Superseded>();
  const newestComplete = new Map<string, Superseded>();
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

/** Heartbeats that say no more than a later report of the same job. */
export function collapsible<T extends Superseded>(waiting: Iterable<T>): readonly T[] {
  const inOrder = [...waiting];
  const newest = new Map<string, Superseded>(inOrder.map((each) => [each.job, each]));
  return supersededHeartbeats(inOrder, newest).filter((each) => !each.sent);
}

function supersededHeartbeats<T extends Superseded>(some: readonly T[], newest: ReadonlyMap<string, Superseded>) {
  return some.filter((each) => each.kind === "HEARTBEAT" && newest.get(each.job) !== each);
}
