import { InvalidInputError } from "../../base/errors.js";
import { parseReport } from "../../report/parse-report.js";
import { joinAll } from "../../report/parts.js";
import type { Arrival, RefusalReason, Refused, ReportArrival } from "../arrival.js";
import type { PartRow } from "../store/rows.js";
import type { Batch } from "./batch.js";
import { hasStored } from "./epoch-record.js";
import { readReport } from "./read-report.js";

type PartArrival = Extract<Arrival, { kind: "part" }>;

/** The most characters of all parts of a report: they are read with each further part. Real reports have a tenth. */
const MOST_CHARACTERS = 1_048_576;

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
  const all = batch.parts(row);
  if (charactersIn(all) + row.body.length > MOST_CHARACTERS) {
    batch.removeParts(row);
    batch.refuse(
      refusalOf(batch, row, "too-large", `its parts have more than ${MOST_CHARACTERS} characters: all are forgotten`),
    );
    return;
  }
  const others = all.filter(({ of_parts }) => of_parts === row.of_parts);
  const known = others.find(({ part }) => part === row.part);
  if (known?.body === row.body) {
    batch.count("duplicates");
    return;
  }
  if (known === undefined) {
    batch.count("parts");
    batch.putPart(row);
  }
  const together = [...others, row];
  if (known !== undefined || together.length === row.of_parts) joinAndTake(batch, together, row, take);
}

function joinAndTake(batch: Batch, all: readonly PartRow[], last: PartRow, take: (whole: ReportArrival) => void): void {
  const { reports, conflicts } = joinAll(all.map(({ body }) => parseReport(body)));
  const [report] = reports;
  // A part that comes again with its keys in another order is the same part.
  if (conflicts.length === 0 && report === undefined) return;
  batch.removeParts(last);
  if (report === undefined) {
    batch.count("conflicts");
    batch.note(
      refusalOf(batch, last, "conflict", "its parts do not belong together, one was changed: all are forgotten"),
    );
    return;
  }
  try {
    take(readReport(report, last.received_at, batch.rules.reading));
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    batch.refuse(refusalOf(batch, last, "not-a-report", error.message));
  }
}

function charactersIn(parts: readonly PartRow[]): number {
  return parts.reduce((sum, { body }) => sum + body.length, 0);
}

function refusalOf(
  { rules: { prefix } }: Batch,
  { thing, body, received_at }: PartRow,
  reason: RefusalReason,
  why: string,
): Refused {
  const sample = new TextEncoder().encode(body.slice(0, 1_024)).slice(0, 1_024);
  return { kind: "refused", receivedAt: received_at, thing, topic: `${prefix}/${thing}/report`, reason, why, sample };
}

function rowOf({ thing, epoch, sequence, part, text, receivedAt }: PartArrival): PartRow {
  return { thing, epoch, sequence, part: part.index, of_parts: part.of, body: text, received_at: receivedAt };
}
