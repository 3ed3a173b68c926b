import type { QueuedReport } from "./report-index.js";

/**
 * Which reports may be sent. "one": a single report, to test a failing transport. "blocking": after an outage, until the wait is
 * over, only those with blocking findings.
 */
export type Mode = "all" | "one" | "blocking";

/** The reports to send next, in this order. */
export function chooseReports(candidates: readonly QueuedReport[], mode: Mode): readonly QueuedReport[] {
  switch (mode) {
    case "all":
      return candidates;
    case "blocking":
      return candidates.filter(({ blocking }) => blocking);
    case "one": {
      const first = candidates.find(({ blocking }) => blocking) ?? candidates[0];
      return first === undefined ? [] : [first];
    }
  }
}

/** A report other than the failed one, to find out whether only that one is refused; a different one at each attempt. */
export function chooseProbe(
  candidates: readonly QueuedReport[],
  failed: QueuedReport,
  attempt: number,
): QueuedReport | null {
  const others = candidates.filter(({ id }) => id !== failed.id);
  return others[attempt % others.length] ?? null;
}
