import { groupBy } from "../../base/group-by.js";
import type { DeviceAcknowledgement, ShownGap } from "../arrival.js";
import { missingRanges } from "../state/delivery.js";
import type { EpochRow, LostRow } from "../store/rows.js";
import { type EpochStep, givenUp, readRecord, settled, TO_BE_TIMED } from "./epoch-record.js";
import { epochKey } from "./loaded.js";
import { storable } from "./storable.js";
import { WriteSet } from "./write-set.js";

/** Changes of epochs without a message. */
export interface EpochChanges {
  readonly writes: WriteSet;
  readonly totals: ReadonlyMap<string, number>;
  readonly acknowledge: readonly DeviceAcknowledgement[];
}

/**
 * How long a device may take to resend what came before the first report that was heard. A device resends after 15
 * minutes and again 30 minutes later: one of these may come while we have no connection, and nothing may be
 * acknowledged that could still come.
 */
const SETTLE_MS = 60 * 60_000;

/** When an epoch settles if its wait starts now. */
export function settlesAt(now: string): string {
  return new Date(Date.parse(now) + SETTLE_MS).toISOString();
}

/** Settles the beginning of epochs whose wait for earlier reports is over. */
export function settleEpochs(rows: readonly EpochRow[], lost: readonly LostRow[], at: string): EpochChanges {
  const ofEpoch = groupBy(lost, epochKey);
  const due = rows.filter(({ settles_at }) => settles_at !== null && settles_at !== TO_BE_TIMED && settles_at <= at);
  return changesOf(due.map((row) => settled(readRecord(row, ofEpoch.get(epochKey(row)) ?? []), at)));
}

const MOST_NAME = 200;

/**
 * Gives up, in the name of a person, what is missing in an epoch, or only the gap that was shown. Null if nothing is
 * missing, or if earlier reports may still come: their device would discard them.
 */
export function giveUpMissing(
  row: EpochRow,
  lost: readonly LostRow[],
  by: string,
  at: string,
  shown: ShownGap | null,
): EpochChanges | null {
  if (row.settles_at !== null) return null;
  const [first] = shown === null ? [] : missingRanges({ ...row });
  if (first?.from !== shown?.from || first?.to !== shown?.to) return null;
  const step = givenUp(readRecord(row, lost), storable(by, MOST_NAME), at, shown);
  return step === null ? null : changesOf([step]);
}

function changesOf(steps: readonly EpochStep[]): EpochChanges {
  const writes = new WriteSet();
  const totals = new Map<string, number>();
  for (const { record, newlyLost } of steps) {
    writes.put("epoch", record.row);
    for (const row of newlyLost) {
      writes.put("lost", row);
      const name = row.given_up_by === null ? "named" : "given_up";
      totals.set(name, (totals.get(name) ?? 0) + row.count);
    }
  }
  const acknowledge = steps.map(({ record: { row } }) => ({
    thing: row.thing,
    epoch: row.epoch,
    sequence: row.contiguous,
  }));
  return { writes, totals, acknowledge: acknowledge.filter(({ sequence }) => sequence > 0) };
}
