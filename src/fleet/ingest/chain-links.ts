import { ExpectedError } from "../../base/errors.js";
import { groupBy } from "../../base/group-by.js";
import { jsonObjectIn } from "../../base/json.js";
import type { Packed, ReportArrival } from "../arrival.js";
import { highest } from "./epoch-progress.js";
import { type EpochRecord, hasStored, readRecord } from "./epoch-record.js";
import { epochKey, type Loaded, mayBeStored, type ReportKey, reportKey } from "./loaded.js";

/**
 * A report's own seal, and the one that it carries of the report before it: null if it carries none, or was not read.
 */
interface Link {
  readonly seal: string;
  readonly previous: string | null;
}

/**
 * The reports that arrive after a later one of their epoch is stored: their neighbours may be stored, and only these
 * have to be looked up. For a report that is next in its epoch, the epoch's row has the seal of the one before.
 */
export function lateAmong(
  { epochs, lost }: Pick<Loaded, "epochs" | "lost">,
  reports: readonly ReportKey[],
): readonly ReportKey[] {
  const rows = new Map(epochs.map((row) => [epochKey(row), row]));
  const lostOf = groupBy(lost, epochKey);
  return reports.filter((key) => {
    const row = rows.get(epochKey(key));
    if (row === undefined || !mayBeStored(row, key.sequence)) return false;
    const record = readRecord(row, lostOf.get(epochKey(key)) ?? []);
    if (key.sequence > highest(record.progress) || hasStored(record, key.sequence)) return false;
    return [key.sequence - 1, key.sequence + 1].some((sequence) => hasStored(record, sequence));
  });
}

/** The links of a batch's reports, of the highest report of each epoch and of the neighbours of late reports. */
export class ChainLinks {
  private readonly links = new Map<string, Link>();

  constructor(records: Iterable<EpochRecord>, neighbours: Loaded["neighbours"], unpack: (packed: Packed) => string) {
    for (const record of records) {
      const { thing, epoch, seal } = record.row;
      const sequence = highest(record.progress);
      // The seal that it carries matters only to a late report before it, which has it among its neighbours.
      if (seal !== null && hasStored(record, sequence))
        this.links.set(reportKey({ thing, epoch, sequence }), { seal, previous: null });
    }
    for (const row of neighbours) this.links.set(reportKey(row), { seal: row.seal, previous: storedSeal(row, unpack) });
  }

  put(arrival: ReportArrival): void {
    this.links.set(reportKey(arrival), { seal: arrival.seal, previous: arrival.previous });
  }

  /** The faults between a report that is being stored and its two neighbours, whichever of them came first. */
  faults({ thing, epoch, sequence, seal, previous }: ReportArrival): readonly string[] {
    const before = this.links.get(reportKey({ thing, epoch, sequence: sequence - 1 }));
    const after = this.links.get(reportKey({ thing, epoch, sequence: sequence + 1 }));
    const faults: string[] = [];
    if (before !== undefined && isBrokenLink(before.seal, previous))
      faults.push(`stored, but it does not carry the seal of ${epoch}.${sequence - 1}: one of the two was changed`);
    if (after !== undefined && isBrokenLink(seal, after.previous))
      faults.push(`stored, but ${epoch}.${sequence + 1} does not carry its seal: one of the two was changed`);
    return faults;
  }
}

/**
 * Whether a report carries a seal other than that of the one before it. The texts of a shortened report are not those
 * that were sealed.
 */
export function isBrokenLink(seal: string, carried: string | null): boolean {
  return carried !== null && !seal.startsWith("cut ") && carried !== seal;
}

/** The seal of the previous report that a report's text carries; null if it carries none. */
export function carriedSeal(text: string): string | null {
  const previous = jsonObjectIn(text)?.previous;
  return typeof previous === "string" ? previous : null;
}

/** The seal of the previous report that a stored report carries; null if its text can no longer be read. */
function storedSeal(packed: Packed, unpack: (packed: Packed) => string): string | null {
  try {
    return carriedSeal(unpack(packed));
  } catch (error) {
    if (error instanceof ExpectedError) return null;
    throw error;
  }
}
