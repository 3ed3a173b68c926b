import type { Arrival, ReportArrival } from "../arrival.js";
import type { ThingRow } from "../store/rows.js";
import { applyReport } from "./apply-report.js";
import { type Applied, Batch, type IngestRules } from "./batch.js";
import { isOlder } from "./clock-skew.js";
import { takePart } from "./join-parts.js";
import type { Loaded } from "./loaded.js";

/** Applies arrivals in order to the stored rows of their things. Pure: nothing is written here. */
export function apply(loaded: Loaded, arrivals: readonly Arrival[], rules: IngestRules): Applied {
  const batch = new Batch(loaded, rules);
  for (const arrival of arrivals) take(batch, arrival);
  return batch.done();
}

function take(batch: Batch, arrival: Arrival): void {
  switch (arrival.kind) {
    case "refused":
      batch.refuse(arrival);
      break;
    case "report":
      takeReport(batch, arrival);
      break;
    case "part":
      takePart(batch, arrival, (whole) => takeReport(batch, whole));
      break;
    case "facts":
      takeFacts(batch, arrival);
      break;
    case "status":
      takeStatus(batch, arrival);
      break;
    case "answer":
      batch.putThing(batch.heard(arrival.thing, arrival.receivedAt));
      batch.answer(arrival);
  }
}

function takeReport(batch: Batch, arrival: ReportArrival): void {
  const why = signatureProblem(arrival, batch.thing(arrival.thing), batch.rules);
  if (why === null) applyReport(batch, arrival);
  else batch.refuseReport(arrival, "signature", why);
}

function takeStatus(batch: Batch, { thing, online, receivedAt }: Extract<Arrival, { kind: "status" }>): void {
  const isLate = comesLate(batch, thing, "online_at", receivedAt);
  const row = batch.heard(thing, receivedAt);
  batch.putThing(isLate ? row : { ...row, online: online ? 1 : 0, online_at: receivedAt });
}

/** Whether the row of a thing already has something newer of this kind. Check before this arrival changes the row. */
function comesLate(batch: Batch, thing: string, time: "online_at" | "facts_at", receivedAt: string): boolean {
  return isOlder(batch.thing(thing)?.[time] ?? null, { at: receivedAt, now: batch.now });
}

/** Why a report's signature is not accepted, or null. A thing that has signed once must go on signing. */
function signatureProblem(
  { signature, seal, thing }: ReportArrival,
  row: ThingRow | null,
  { mustSign }: IngestRules,
): string | null {
  if (signature === "invalid") return `the signature is not that of thing "${thing}"`;
  if (signature === "valid" || !(mustSign === "always" || row?.has_signed === 1)) return null;
  if (seal.startsWith("cut ")) return "it was shortened, so its signature cannot be checked";
  return signature === "missing"
    ? "it is not signed, and its thing has signed before"
    : `no key of thing "${thing}" is known any more`;
}

function takeFacts(batch: Batch, { thing, digest, packed, receivedAt }: Extract<Arrival, { kind: "facts" }>): void {
  const isLate = comesLate(batch, thing, "facts_at", receivedAt);
  const row = batch.heard(thing, receivedAt);
  batch.putThing(isLate ? row : { ...row, facts_digest: digest, facts_at: receivedAt });
  // Late ones would set back when these facts were last received, which retention goes by.
  if (!isLate) batch.writes.put("facts", { digest, ...packed, at: receivedAt });
}
