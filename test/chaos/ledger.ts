import { createHash } from "node:crypto";
import { createReceiver } from "../../src/fleet/receiving/receive.js";
import type { Report } from "../../src/report/report.js";
import { sealedText } from "../../src/report/seal.js";

/** What a run came to. `lost`, `unexplained` and `outOfOrder` must be 0. */
export interface Tally {
  readonly made: number;
  readonly delivered: number;
  /** Not delivered, and named as a gap by a later report. */
  readonly named: number;
  /** Not delivered and not named. */
  readonly lost: number;
  /** Arrived but never made so: another content under a known id, or no report at all. */
  readonly unexplained: number;
  /** Given out by the receiver behind a later one of its epoch. */
  readonly outOfOrder: number;
  /** Came more than once, with the same content. */
  readonly duplicates: number;
  /** Came before their turn on the wire, and were put in order by the receiver. */
  readonly early: number;
}

export const seal = (report: Report) => createHash("sha256").update(sealedText(report)).digest("base64url");

/** Keeps account of what was made and what arrived, by itself and by the receiver that users get. */
export function openLedger() {
  const made = new Map<string, string | null>();
  const arrived = new Map<string, string>();
  const namedRanges: { epoch: string; from: number; to: number }[] = [];
  const given = new Map<string, number>();
  const receiver = createReceiver({
    digest: (text) => createHash("sha256").update(text).digest("base64url"),
    fromStart: true,
    mostHeld: 100_000,
  });
  let [unexplained, outOfOrder, duplicates, early] = [0, 0, 0, 0];

  return {
    /** A null digest: what the report held is not known, only that all its copies must be alike. */
    made: (id: string, digest: string | null) => void made.set(id, digest),
    /** Handles a message from the wire. */
    arrive(payload: string | Uint8Array) {
      for (const each of receiver.receive(payload)) {
        if (each.kind === "refused" || each.kind === "conflict") unexplained += 1;
        if (each.kind === "duplicate") duplicates += 1;
        if (each.kind === "early") early += 1;
        if (each.kind !== "report") continue;
        const { report } = each;
        const { epoch, sequence, gaps = [] } = report;
        if (sequence <= (given.get(epoch) ?? 0)) outOfOrder += 1;
        given.set(epoch, sequence);
        arrived.set(report.id, seal(report));
        for (const gap of gaps)
          namedRanges.push({ epoch: gap.epoch ?? epoch, from: gap.fromSequence, to: gap.toSequence });
      }
    },
    contiguous: (thing: string) => receiver.contiguous(thing),
    get arrived() {
      return arrived.size;
    },
    isComplete: () => [...made.keys()].every((id) => arrived.has(id) || isNamed(id)),
    tally(): Tally {
      receiver.release();
      const missing = [...made.keys()].filter((id) => !arrived.has(id));
      const named = missing.filter(isNamed).length;
      const changed = [...arrived].filter(([id, digest]) => (made.get(id) ?? digest) !== digest).length;
      const lost = missing.length - named;
      return {
        made: made.size,
        delivered: arrived.size,
        named,
        lost,
        unexplained: unexplained + changed,
        outOfOrder,
        duplicates,
        early,
      };
    },
  };

  function isNamed(id: string): boolean {
    const at = id.lastIndexOf(".");
    const [epoch, sequence] = [id.slice(0, at), Number(id.slice(at + 1))];
    return namedRanges.some((range) => range.epoch === epoch && range.from <= sequence && sequence <= range.to);
  }
}
