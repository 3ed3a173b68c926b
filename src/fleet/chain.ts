import type { Gap, Report } from "../report/report.js";
import { sealedText, signedText } from "../report/seal.js";

/** What is wrong with one report. */
export interface ChainFault {
  readonly thing: string;
  readonly id: string;
  readonly what: string;
}

/** Sequences that are not there. */
export interface ChainGap {
  readonly thing: string;
  readonly epoch: string;
  readonly fromSequence: number;
  readonly toSequence: number;
  /** A later report says that they were thrown away. */
  readonly named: boolean;
}

/** What came of checking saved reports. */
export interface ChainAnswer {
  readonly things: number;
  readonly reports: number;
  /** Neighbours of which the later one carries the seal of the earlier one. */
  readonly links: number;
  /** Reports whose signature is good. */
  readonly signed: number;
  /** Reports that were shortened on the way and cannot be checked. */
  readonly cut: number;
  readonly gaps: readonly ChainGap[];
  readonly faults: readonly ChainFault[];
}

/**
 * Checks that each report carries the seal of the one before it, that its signature is good, and that sequences have no holes.
 * Reports may come in any order and more than once. `verify` null: signatures are not checked. A chain shows a change of any
 * report but the last; a signature shows that of the last as well.
 */
export function verifyChain(
  reports: readonly Report[],
  digest: (text: string) => string,
  verify: ((text: string, signature: string) => boolean) | null,
): ChainAnswer {
  const faults: ChainFault[] = [];
  const gaps: ChainGap[] = [];
  let [links, signed, cut] = [0, 0, 0];
  const things = groupBy(reports, ({ thing }) => thing);
  for (const [thing, ofThing] of things) {
    const fault = (report: Report, what: string) => void faults.push({ thing, id: report.id, what });
    const named = ofThing.flatMap(({ epoch, gaps: told = [] }) =>
      told.map((gap) => ({ ...gap, epoch: gap.epoch ?? epoch })),
    );
    for (const [epoch, ofEpoch] of groupBy(ofThing, (report) => report.epoch)) {
      const inOrder = withoutTwins(
        [...ofEpoch].sort((a, b) => a.sequence - b.sequence),
        digest,
        fault,
      );
      for (const [at, report] of inOrder.entries()) {
        const isCut = report.kind === "COMPLETE" && report.cut === true;
        if (isCut) cut += 1;
        else if (verify !== null && report.signature !== undefined) {
          if (verify(signedText(digest(sealedText(report))), report.signature)) signed += 1;
          else fault(report, "its signature is not good");
        }
        const before = inOrder[at - 1];
        if (before === undefined) continue;
        if (before.sequence + 1 < report.sequence) {
          gaps.push(...holes(thing, epoch, before.sequence + 1, report.sequence - 1, named));
        } else if (before.kind === "HEARTBEAT" || before.cut !== true) {
          if (report.previous === digest(sealedText(before))) links += 1;
          else fault(report, `it does not carry the seal of ${before.id}: one of the two was changed`);
        }
      }
    }
  }
  return { things: things.size, reports: reports.length, links, signed, cut, gaps, faults };
}

/** The same report twice is one; two different ones under one id are a fault. */
function withoutTwins(
  inOrder: readonly Report[],
  digest: (text: string) => string,
  fault: (report: Report, what: string) => void,
): readonly Report[] {
  const kept: Report[] = [];
  for (const report of inOrder) {
    const last = kept[kept.length - 1];
    if (last?.sequence !== report.sequence) kept.push(report);
    else if (digest(sealedText(last)) !== digest(sealedText(report)))
      fault(report, "there is another report with this id");
  }
  return kept;
}

/** The runs of a hole, each named or not. */
function holes(thing: string, epoch: string, from: number, to: number, told: readonly Gap[]): readonly ChainGap[] {
  const within = told.filter((gap) => gap.epoch === epoch && gap.toSequence >= from && gap.fromSequence <= to);
  const edges = [from, ...within.flatMap((gap) => [gap.fromSequence, gap.toSequence + 1]), to + 1];
  const inside = [...new Set(edges)].filter((edge) => edge >= from && edge <= to + 1).sort((a, b) => a - b);
  return inside.slice(0, -1).map((start, at) => ({
    thing,
    epoch,
    fromSequence: start,
    toSequence: (inside[at + 1] as number) - 1,
    named: within.some((gap) => gap.fromSequence <= start && start <= gap.toSequence),
  }));
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
