import type { Report } from "../../report/report.js";

/** A result of a received message. */
export type Received =
  /** The next report of its thing and epoch. `late`: it had been given up. */
  | { readonly kind: "report"; readonly report: Report; readonly late: boolean }
  /** A report that arrived out of order (those with blocking findings may); it is given again, as `report`, in order. */
  | { readonly kind: "early"; readonly report: Report }
  /** Sequences that will not come. `named`: the device reported them lost; else they were given up by `release` or for lack of room. */
  | {
      readonly kind: "gap";
      readonly thing: string;
      readonly epoch: string;
      readonly fromSequence: number;
      readonly toSequence: number;
      readonly named: boolean;
    }
  /** Two different reports, or two different messages for one part of a report, have one id: one of them was changed. */
  | { readonly kind: "conflict"; readonly report: Report }
  | { readonly kind: "duplicate"; readonly id: string; readonly thing: string }
  /** Not a report, or one that must not be accepted. */
  | { readonly kind: "refused"; readonly why: string };

/** Up to which sequence a thing's reports are complete, for the acknowledgement. */
export interface Contiguous {
  readonly epoch: string;
  /** Every report up to it was received or named as a gap. */
  readonly sequence: number;
  /** The same for earlier epochs with recent reports: the device may still store some of theirs. */
  readonly before?: readonly Omit<Contiguous, "before">[];
}
