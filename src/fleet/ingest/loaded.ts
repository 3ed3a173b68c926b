import { groupBy } from "../../base/group-by.js";
import { compareTexts } from "../../base/text.js";
import type { Arrival } from "../arrival.js";
import type { EpochRow, FindingRow, LostRow, PartRow, ReportRow, StateRow, ThingRow } from "../store/rows.js";
import { type HistoryPosition, isNewer, positionOf } from "./epoch-generation.js";
import type { JobOfThing } from "./findings.js";

/** Which rows a batch needs. */
export interface Needed {
  /** Sorted, the order in which they are locked. */
  readonly things: readonly string[];
  readonly epochs: readonly NeededEpoch[];
  readonly reports: readonly ReportKey[];
  /** Reports with parts in this batch. */
  readonly parts: readonly ReportKey[];
}

/** An epoch, its lowest sequence in the batch, and whether gaps were named in it or parts came. */
type NeededEpoch = EpochKey & { readonly lowest: number; readonly names: boolean };
export type EpochKey = Pick<EpochRow, "thing" | "epoch">;
export type ReportKey = EpochKey & { readonly sequence: number };

/** What the store has about the things of a batch, locked until the batch is written. */
export interface Loaded {
  readonly things: readonly ThingRow[];
  /** The epochs that the batch names. */
  readonly epochs: readonly EpochRow[];
  /** The oldest and the newest epoch of each thing. */
  readonly ends: readonly EpochRow[];
  readonly states: readonly StateRow[];
  /** Loads a thing's open findings; called only if they may change. */
  readonly findings: (thing: string) => readonly FindingRow[];
  /**
   * When a job ended of which a thing has no state, or null; called only for reports that come after later ones, see
   * comesAfterLater.
   */
  readonly ended: (of: JobOfThing) => string | null;
  /** Lost ranges of the epochs for which they matter; if there are many, the highest. */
  readonly lost: readonly LostRow[];
  readonly parts: readonly PartRow[];
  /** The seals of the batch's reports that are stored already. */
  readonly seals: readonly (ReportKey & StoredSeal)[];
  /** The stored neighbours of the reports that come late, see lateAmong. */
  readonly neighbours: readonly Neighbour[];
}

/** A stored report, to compare the links of its neighbours with. */
export type Neighbour = ReportKey & Pick<ReportRow, "seal" | "dictionary" | "body">;

/** What is known of a stored report. */
export type StoredSeal = Pick<ReportRow, "seal" | "received_at">;

/** How many lost ranges of an epoch are loaded: the highest ones. */
export const MOST_LOST = 1_000;

/** What to load for these arrivals. */
export function neededFor(arrivals: readonly Arrival[]): Needed {
  const things = new Set<string>();
  const epochs = new Map<string, NeededEpoch>();
  const reports = new Map<string, ReportKey>();
  const parts = new Map<string, ReportKey>();
  const needEpoch = ({ thing, epoch }: EpochKey, lowest: number, names: boolean) => {
    const key = epochKey({ thing, epoch });
    const known = epochs.get(key);
    const also =
      known === undefined ? { lowest, names } : { lowest: Math.min(lowest, known.lowest), names: names || known.names };
    epochs.set(key, { thing, epoch, ...also });
  };
  for (const arrival of arrivals) {
    if (arrival.kind === "refused") continue;
    const { thing } = arrival;
    things.add(thing);
    if (arrival.kind !== "report" && arrival.kind !== "part") continue;
    const { epoch, sequence } = arrival;
    needEpoch(arrival, sequence, arrival.kind === "part" || arrival.gaps.length > 0);
    reports.set(reportKey(arrival), { thing, epoch, sequence });
    if (arrival.kind === "part") parts.set(reportKey(arrival), { thing, epoch, sequence });
    else for (const gap of arrival.gaps) needEpoch({ thing, epoch: gap.epoch ?? epoch }, sequence, true);
  }
  return {
    things: [...things].sort(compareTexts),
    epochs: [...epochs.values()],
    reports: [...reports.values()],
    parts: [...parts.values()],
  };
}

/** Whether what was lost in an epoch matters to these arrivals: they name gaps, or may fill them. */
export function needsLost({ contiguous, named }: EpochRow, { lowest, names }: NeededEpoch): boolean {
  return names || named !== "[]" || lowest <= contiguous;
}

/** Whether a report may be stored already. */
export function mayBeStored({ contiguous, stored }: EpochRow, sequence: number): boolean {
  return sequence <= contiguous || stored !== "[]";
}

/** Whether a thing has told of a job after the report of this position was made. */
export function comesAfterLater(states: readonly StateRow[], position: HistoryPosition): boolean {
  return states.some((state) => isNewer(state, position));
}

/** The things with reports that come after later ones and are not stored yet. */
export function thingsWithLate(
  { epochs, states, seals }: Pick<Loaded, "epochs" | "states" | "seals">,
  reports: readonly ReportKey[],
): readonly string[] {
  const rows = new Map(epochs.map((row) => [epochKey(row), row]));
  const statesOf = groupBy(states, ({ thing }) => thing);
  const stored = new Set(seals.map(reportKey));
  const late = reports.filter((key) => {
    const row = rows.get(epochKey(key));
    const isNew = row !== undefined && !stored.has(reportKey(key));
    return isNew && comesAfterLater(statesOf.get(key.thing) ?? [], positionOf(row, key.sequence));
  });
  return [...new Set(late.map(({ thing }) => thing))];
}

export function epochKey({ thing, epoch }: EpochKey): string {
  return `${thing}\0${epoch}`;
}

export function reportKey({ thing, epoch, sequence }: ReportKey): string {
  return `${thing}\0${epoch}\0${sequence}`;
}
