import type { ReportArrival } from "../arrival.js";
import { applyState } from "./apply-state.js";
import type { Batch } from "./batch.js";
import { positionOf, withNextGeneration } from "./epoch-generation.js";
import { highest } from "./epoch-progress.js";
import { addNamed, addReport, type EpochRecord, hasNoRoom, hasStored, newRecord } from "./epoch-record.js";

/** Adds a whole report whose signature may be accepted. */
export function applyReport(batch: Batch, arrival: ReportArrival): void {
  const { thing, epoch, sequence } = arrival;
  const before = batch.epoch(thing, epoch);
  const known = batch.seal(arrival);
  if (before !== null && (known !== null || hasStored(before, sequence))) takeAgain(batch, arrival, before, known);
  else if (before !== null && hasNoRoom(before, sequence)) batch.refuseReport(arrival, "too-many-gaps", TOO_MANY_GAPS);
  else takeNew(batch, arrival, before);
}

const TOO_MANY_GAPS = "too many sequences before it are missing: it is accepted when it is sent again after them";

function takeNew(batch: Batch, arrival: ReportArrival, before: EpochRecord | null): void {
  const { thing, sequence, receivedAt, signature } = arrival;
  const ends = batch.endsOf(thing);
  const record = before ?? newRecord(arrival, ends);
  checkChain(batch, arrival);
  const isHighest = sequence > highest(record.progress);
  const step = addReport(record, arrival, batch.now);
  const row =
    isHighest && before !== null
      ? withNextGeneration(step.record.row, ends.newest, sequence, before.row)
      : step.record.row;
  batch.putEpoch({ ...step, record: { ...step.record, row } }, before);
  nameGaps(batch, arrival);
  batch.putReport(arrival);
  batch.count(arrival.content === null ? "heartbeats" : "reports");
  const heard = batch.heard(thing, receivedAt);
  batch.putThing(signature === "valid" ? { ...heard, has_signed: 1 } : heard);
  applyState(batch, arrival, positionOf(row, sequence));
}

/** Handles a report whose number is stored already: a duplicate, or a different report. */
function takeAgain(batch: Batch, arrival: ReportArrival, record: EpochRecord, known: string | null): void {
  batch.putThing(batch.heard(arrival.thing, arrival.receivedAt));
  const isCut = arrival.seal.startsWith("cut ") || (known?.startsWith("cut ") ?? true);
  if (known === arrival.seal || isCut) {
    // A whole report replaces a shortened one.
    if (known?.startsWith("cut ") === true && !arrival.seal.startsWith("cut ")) batch.putReport(arrival);
    batch.count("duplicates");
    batch.repeatAcknowledgement(record);
    return;
  }
  batch.count("conflicts");
  batch.note(
    batch.refusalOf(
      arrival,
      "conflict",
      `another report ${arrival.epoch}.${arrival.sequence} is stored: one of the two was changed`,
    ),
  );
}

/** Compares the links between a report and its neighbours. */
function checkChain(batch: Batch, arrival: ReportArrival): void {
  for (const why of batch.links.faults(arrival)) {
    batch.count("chain_faults");
    batch.note(batch.refusalOf(arrival, "chain", why));
  }
}

/** Records what the device names as lost, in this epoch and in earlier ones. */
function nameGaps(batch: Batch, { thing, epoch, gaps, receivedAt }: ReportArrival): void {
  for (const of of new Set(gaps.map((gap) => gap.epoch ?? epoch))) {
    const record = batch.epoch(thing, of);
    const named = gaps.filter((gap) => (gap.epoch ?? epoch) === of);
    if (record !== null) batch.putEpoch(addNamed(record, named, receivedAt), record);
  }
}
