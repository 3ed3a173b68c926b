import type { Arrival } from "../arrival.js";
import type { EpochRow, FindingRow, LostRow, PartRow, StateRow, ThingRow } from "../store/rows.js";

/** Which rows a batch needs. */
export interface Needed {
  /** In order. */
  readonly things: readonly string[];
  readonly epochs: readonly EpochKey[];
  readonly reports: readonly ReportKey[];
  /** Reports of which parts have come. */
  readonly parts: readonly ReportKey[];
}

export type EpochKey = Pick<EpochRow, "thing" | "epoch">;
export type ReportKey = EpochKey & { readonly sequence: number };

/** What the store has about the things of a batch, locked until the batch is written. */
export interface Loaded {
  readonly things: readonly ThingRow[];
  /** Those that are needed by name. */
  readonly epochs: readonly EpochRow[];
  /** The oldest and the newest epoch of each thing. */
  readonly ends: readonly EpochRow[];
  readonly states: readonly StateRow[];
  /** The open ones. */
  readonly findings: readonly FindingRow[];
  /** Of the epochs; of many the highest. */
  readonly lost: readonly LostRow[];
  readonly parts: readonly PartRow[];
  /** Of the reports that are there. */
  readonly seals: readonly (ReportKey & { readonly seal: string })[];
}

/** How many lost ranges of an epoch are loaded: the highest ones. */
export const MOST_LOST = 1_000;

/** What to load for these arrivals. */
export function neededFor(arrivals: readonly Arrival[]): Needed {
  const things = new Set<string>();
  const epochs = new Map<string, EpochKey>();
  const reports = new Map<string, ReportKey>();
  const parts = new Map<string, ReportKey>();
  for (const arrival of arrivals) {
    if (arrival.kind === "refused") continue;
    const { thing } = arrival;
    things.add(thing);
    if (arrival.kind !== "report" && arrival.kind !== "part") continue;
    const { epoch, sequence } = arrival;
    epochs.set(epochKey(arrival), { thing, epoch });
    reports.set(reportKey(arrival), { thing, epoch, sequence });
    if (arrival.kind === "part") parts.set(reportKey(arrival), { thing, epoch, sequence });
    else
      for (const gap of arrival.gaps)
        if (gap.epoch !== undefined) epochs.set(epochKey({ thing, epoch: gap.epoch }), { thing, epoch: gap.epoch });
  }
  return {
    things: [...things].sort(byCodeUnits),
    epochs: [...epochs.values()],
    reports: [...reports.values()],
    parts: [...parts.values()],
  };
}

export function epochKey({ thing, epoch }: EpochKey): string {
  return `${thing}\0${epoch}`;
}

export function reportKey({ thing, epoch, sequence }: ReportKey): string {
  return `${thing}\0${epoch}\0${sequence}`;
}

/** Items by a key of theirs, in their order. */
export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
