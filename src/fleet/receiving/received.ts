import type { Report } from "../../report/report.js";

/** What came of a message. */
export type Received =
  /** The next report of its thing and epoch. `late`: it had been given up. */
  | { readonly kind: "report"; readonly report: Report; readonly late: boolean }
  /** A report that came before its turn (blocking findings do); it comes again as `report` in its turn. */
  | { readonly kind: "early"; readonly report: Report }
  /** Sequences that do not come. `named`: the device said so; else they were given up by `release` or for want of room. */
  | {
      readonly kind: "gap";
      readonly thing: string;
      readonly epoch: string;
      readonly fromSequence: number;
      readonly toSequence: number;
      readonly named: boolean;
    }
  /** Two different reports, or parts in one place of a report, bear one id: somebody has changed one. */
  | { readonly kind: "conflict"; readonly report: Report }
  | { readonly kind: "duplicate"; readonly id: string; readonly thing: string }
  /** No report at all. */
  | { readonly kind: "refused"; readonly why: string };

/** How far a thing's reports are here, for the acknowledgement. */
export interface Contiguous {
  readonly epoch: string;
  /** Every report up to it has come or was named as a gap. */
  readonly sequence: number;
  /** The same of earlier epochs whose reports came lately: the device may still keep some of theirs. */
  readonly before?: readonly Omit<Contiguous, "before">[];
}
