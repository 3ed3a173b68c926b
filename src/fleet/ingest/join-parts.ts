import { InvalidInputError } from "../../base/errors.js";
import { parseReport } from "../../report/parse-report.js";
import { joinAll } from "../../report/parts.js";
import type { Arrival, RefusalReason, Refused, ReportArrival } from "../arrival.js";
import type { PartRow } from "../store/rows.js";
import type { Batch } from "./batch.js";
import { hasStored } from "./epoch-record.js";
import { readReport } from "./read-report.js";

type PartArrival = Extract<Arrival, { kind: "part" }>;

/** Stores a part, and gives the whole report to `take` once all of its parts are here. */
export function takePart(batch: Batch, arrival: PartArrival, take: (whole: ReportArrival) => void): void {
  const { thing, epoch, sequence, receivedAt } = arrival;
  batch.putThing(batch.heard(thing, receivedAt));
  const record = batch.epoch(thing, epoch);
  if (record !== null && (batch.seal(arrival) !== null || hasStored(record, sequence))) {
    batch.count("duplicates");
    batch.repeatAcknowledgement(record);
    return;
  }
  const row = rowOf(arrival);
  const others = batch.parts(row).filter(({ of_parts }) => of_parts === row.of_parts);
  const known = others.find(({ part }) => part === row.part);
  if (known?.body === row.body) {
    batch.count("duplicates");
    return;
  }
  if (known === undefined) {
    batch.count("parts");
    batch.putPart(row);
  }
  const all = [...others, row];
  if (known !== undefined || all.length === row.of_parts) joinAndTake(batch, all, row, take);
}

function joinAndTake(batch: Batch, all: readonly PartRow[], last: PartRow, take: (whole: ReportArrival) => void): void {
  const { reports, conflicts } = joinAll(all.map(({ body }) => parseReport(body)));
  const [report] = reports;
  // A part that comes again with its keys in another order says the same.
  if (conflicts.length === 0 && report === undefined) return;
  batch.removeParts(last);
  if (report === undefined) {
    batch.count("conflicts");
    batch.note(refusalOf(last, "conflict", "its parts do not belong together, one was changed: all are forgotten"));
    return;
  }
  try {
    take(readReport(report, last.received_at, batch.rules.reading));
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    batch.refuse(refusalOf(last, "not-a-report", error.message));
  }
}

function refusalOf({ thing, body, received_at }: PartRow, reason: RefusalReason, why: string): Refused {
  const sample = new TextEncoder().encode(body.slice(0, 1_024)).slice(0, 1_024);
  return { kind: "refused", receivedAt: received_at, topic: `${thing}/report`, reason, why, sample };
}

function rowOf({ thing, epoch, sequence, part, text, receivedAt }: PartArrival): PartRow {
  return { thing, epoch, sequence, part: part.index, of_parts: part.of, body: text, received_at: receivedAt };
}
