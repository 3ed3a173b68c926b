import type { Report } from "../../report/report.js";

/** A result of a received message. */
export type Received =
  /** The next report of its thing and epoch. `late`: it had been given up. */
  | { readonly kind: "report"; readonly report: Report; readonly late: boolean }
  /** A report that arrived out of order (those with blocking findings may); it comes again, as `report`, in order. */
  | { readonly kind: "early"; readonly report: Report }
  /**
   * Sequences that will not come. `named`: the device reported them as lost; otherwise they were given up, by `release`
   * or for lack of room.
   */
  | {
      readonly kind: "gap";
      readonly thing: string;
      readonly epoch: string;
      readonly fromSequence: number;
      readonly toSequence: number;
      readonly named: boolean;
    }
  /**
   * Two different reports, or two different messages for the same part of a report, have the same id: one of them was
   * changed.
   */
  | { readonly kind: "conflict"; readonly report: Report }
  | { readonly kind: "duplicate"; readonly id: string; readonly thing: string }
  /** Not a report, or one that must not be accepted. */
  | { readonly kind: "refused"; readonly why: string };

/** The sequence up to which a thing's reports are complete, for the acknowledgement. */
export interface Contiguous {
  readonly epoch: string;
  /** Every report up to it was received or named as a gap. */
  readonly sequence: number;
  /** The same for earlier epochs with recent reports, some of which the device may still store. */
  readonly before?: readonly Omit<Contiguous, "before">[];
}
