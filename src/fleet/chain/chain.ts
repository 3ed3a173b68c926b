import { groupBy } from "../../base/group-by.js";
import type { Report } from "../../report/report.js";
import { type Copies, compareCopies, type Verify } from "./copies.js";
import { type ChainGap, missingIn } from "./missing.js";

/** A fault of one report. */
export interface ChainFault {
  readonly thing: string;
  readonly id: string;
  readonly what: string;
}

/** Why a report, or the seal that it carries of another one, can be neither confirmed nor refuted. */
export interface ChainDoubt {
  readonly thing: string;
  readonly id: string;
  readonly why: string;
}

export type { ChainGap } from "./missing.js";

/** The result of checking saved reports. */
export interface ChainAnswer {
  readonly things: number;
  /** How many reports; copies of one count once. */
  readonly reports: number;
  /** How many reports have their seal in the next one. */
  readonly links: number;
  /** How many reports have a valid signature. */
  readonly signed: number;
  /** How many reports were shortened to fit their messages, and so cannot be checked. */
  readonly cut: number;
  /** How many reports lack parts, and so cannot be checked. */
  readonly incomplete: number;
  readonly gaps: readonly ChainGap[];
  readonly faults: readonly ChainFault[];
  readonly unchecked: readonly ChainDoubt[];
}

/**
 * Checks that each report carries the seal of the one made before it, across epochs too, that its signature is valid,
 * and that no sequence is missing. Reports may come in any order, more than once and in parts. With `verify` null,
 * signatures are not checked. A seal reveals a change of any report but a thing's last one; a signature reveals that
 * too. Reports covered by neither are `unchecked`.
 */
export function verifyChain(reports: readonly Report[], digest: (text: string) => string, verify: Verify): ChainAnswer {
  const things = groupBy(reports, ({ thing }) => thing);
  const answers = [...things].map(([thing, ofThing]) => checkThing(thing, ofThing, digest, verify));
  const sum = (key: "reports" | "links" | "signed" | "cut" | "incomplete") =>
    answers.reduce((total, answer) => total + answer[key], 0);
  return {
    things: things.size,
    reports: sum("reports"),
    links: sum("links"),
    signed: sum("signed"),
    cut: sum("cut"),
    incomplete: sum("incomplete"),
    gaps: answers.flatMap(({ gaps }) => gaps),
    faults: answers.flatMap(({ faults }) => faults),
    unchecked: answers.flatMap(({ unchecked }) => unchecked),
  };
}

type Group = readonly [Report, ...Report[]];

function checkThing(
  thing: string,
  messages: Group,
  digest: (text: string) => string,
  verify: Verify,
): Omit<ChainAnswer, "things"> {
  const all = [...groupBy(messages, ({ id }) => id).values()]
    .map((copies) => compareCopies(copies, digest, verify))
    .sort((a, b) => a.report.sequence - b.report.sequence);
  const begun = firstEpoch(all);
  const { gaps, namingLaterGaps } = missingIn(
    thing,
    all.map(({ report }) => report),
    begun,
  );
  const { links, changed, absent, sealed } = followSeals(all);
  // Nothing is expected before the first report in the files; after missing sequences, the gap is reported already.
  const isExplained = ({ report: { epoch, sequence } }: Copies) =>
    epoch === begun || sequence > 1 || namingLaterGaps.has(epoch);
  const ends = all.filter((each) => each.seal !== null && !sealed.has(each));
  const last = ends.reduce<Copies | null>((a, b) => (a === null || timeOf(a) <= timeOf(b) ? b : a), null);
  const doubt =
    (why: string) =>
    ({ report: { id } }: Copies): ChainDoubt => ({ thing, id, why });
  const fault =
    (what: string) =>
    ({ report: { id } }: Copies): ChainFault => ({ thing, id, what });
  return {
    reports: all.length,
    links,
    signed: all.filter(({ signed }) => signed).length,
    cut: all.filter(({ cut }) => cut).length,
    incomplete: all.filter(({ incomplete }) => incomplete).length,
    gaps,
    faults: [
      ...all.flatMap((each) => each.faults.map((what) => fault(what)(each))),
      ...changed.map(({ of, what }) => fault(what)(of)),
    ],
    unchecked: [
      ...all.flatMap((each) => each.unchecked.map((why) => doubt(why)(each))),
      ...(verify !== null ? [] : ends.filter((each) => each !== last).map(doubt("no known report carries its seal"))),
      ...absent.filter((each) => !isExplained(each)).map(doubt("the report made before it is missing, or was changed")),
    ],
  };
}

interface Seals {
  readonly links: number;
  /** Reports whose seal another one carries. */
  readonly sealed: ReadonlySet<Copies>;
  /** Reports whose `previous` is not the seal of the report before them. */
  readonly changed: readonly { readonly of: Copies; readonly what: string }[];
  /** Reports that carry the seal of a missing report. */
  readonly absent: readonly Copies[];
}

/**
 * Finds the report whose seal each one carries. Within an epoch it is the one before; the first of an epoch may carry
 * that of any report of another epoch: if an epoch that existed only in memory was lost, the one before it continued.
 */
function followSeals(all: readonly Copies[]): Seals {
  const byId = new Map(all.map((each) => [each.report.id, each]));
  const bySeal = new Map(all.map((each) => [each.seal, each]));
  const sealed = new Set<Copies>();
  const changed: { of: Copies; what: string }[] = [];
  const absent: Copies[] = [];
  let links = 0;
  for (const each of all) {
    const { previous, epoch, sequence } = each.report;
    const before = byId.get(`${epoch}.${sequence - 1}`);
    const other = previous === undefined ? undefined : bySeal.get(previous);
    if (before !== undefined && before.seal === null) continue;
    const link = before ?? other;
    if (link === undefined) {
      if (previous !== undefined) absent.push(each);
    } else if (link.seal !== previous) {
      const what = `it does not carry the seal of ${link.report.id}: one of the two was changed`;
      changed.push({ of: each, what });
    } else if (before === undefined && link.report.epoch === epoch) {
      changed.push({ of: each, what: `it carries the seal of ${link.report.id}, which is not the one before it` });
    } else {
      links += 1;
      sealed.add(link);
    }
  }
  return { links, sealed, changed, absent };
}

/** The first epoch in the files: earlier reports do not count as missing. */
function firstEpoch(all: readonly Copies[]): string {
  return all.reduce((a, b) => (timeOf(b) < timeOf(a) ? b : a)).report.epoch;
}

function timeOf({ report }: Copies): number {
  return Date.parse(report.checkedAt);
}
