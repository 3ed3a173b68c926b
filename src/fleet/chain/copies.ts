import { joinAll } from "../../report/parts.js";
import type { Report } from "../../report/report.js";
import { sealedText, signedText } from "../../report/seal.js";

/** Checks a signature of a text; null without a key. */
export type Verify = ((text: string, signature: string) => boolean) | null;

/** All copies of one report: whole, shortened or in parts. */
export interface Copies {
  /** A whole copy if there is one, otherwise a shortened one or a part. */
  readonly report: Report;
  /** The seal of the whole copy; null if no copy is whole. */
  readonly seal: string | null;
  /** Whether a copy was shortened to fit its messages. */
  readonly cut: boolean;
  /** Whether a copy lacks parts. */
  readonly incomplete: boolean;
  /** Whether a copy has a valid signature. */
  readonly signed: boolean;
  /** Contradictions between the copies, or with their signature. */
  readonly faults: readonly string[];
  /** Why the report cannot be checked completely. */
  readonly unchecked: readonly string[];
}

/** Compares all messages that have the same id. */
export function compareCopies(
  messages: readonly [Report, ...Report[]],
  digest: (text: string) => string,
  verify: Verify,
): Copies {
  const { reports, incomplete, conflicts } = joinAll(messages);
  const checkable = reports.filter((report) => !isCut(report));
  const [first, ...others] = checkable;
  const text = first === undefined ? null : sealedText(first);
  const seal = text === null ? null : digest(text);
  const signatures = [...new Set(checkable.flatMap(({ signature }) => signature ?? []))];
  const isGood = (signature: string) => verify?.(signedText(seal ?? ""), signature) ?? true;
  const cut = checkable.length < reports.length;
  const signed = verify !== null && signatures.length > 0 && signatures.every(isGood);
  const thatHold = (words: Readonly<Record<string, boolean>>) => Object.keys(words).filter((word) => words[word]);
  return {
    report: first ?? reports[0] ?? messages[0],
    seal,
    cut,
    incomplete: incomplete.length > 0,
    signed,
    faults: thatHold({
      "there is another report with this id": others.some((other) => sealedText(other) !== text),
      "its parts do not belong together: one of them was changed": conflicts.length > 0,
      "its signature is not valid": !signatures.every(isGood),
    }),
    unchecked: thatHold({
      "it was shortened to fit its messages": cut,
      "it lacks parts": incomplete.length > 0,
      "it has no signature": verify !== null && seal !== null && signatures.length === 0,
    }),
  };
}

function isCut(report: Report): boolean {
  return report.kind === "COMPLETE" && report.cut === true;
}
