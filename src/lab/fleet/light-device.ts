import type { Instant } from "../../base/clock.js";
import type { Acknowledgement } from "../../outbox/acknowledgement.js";
import { numberAll, type Seals } from "../../outbox/numbering.js";
import type { ChainState } from "../../outbox/replay.js";
import type { Report, UnnumberedReport } from "../../report/report.js";

/** A report that was made and is not acknowledged. */
export interface Unacknowledged {
  readonly report: Report;
  readonly madeMs: number;
  /** When it was last published. */
  sentMs: number;
}

/**
 * A device of a load test: it numbers and seals reports, keeps them until they are acknowledged, and does nothing else, so that a
 * hundred thousand fit into one process.
 */
export class LightDevice {
  private chain: ChainState;
  private readonly stored: Unacknowledged[] = [];
  /** Up to this sequence everything is acknowledged. */
  acknowledged = 0;

  constructor(
    readonly thing: string,
    epoch: string,
  ) {
    this.chain = { era: 1, epoch, sequence: 0, gaps: [], digest: null, acknowledged: false };
  }

  get epoch(): string {
    return this.chain.epoch;
  }

  /** The last sequence that it made. */
  get made(): number {
    return this.chain.sequence;
  }

  /** Oldest first. */
  get unacknowledged(): readonly Unacknowledged[] {
    return this.stored;
  }

  /** Makes its next report from one that is the same for many devices. */
  make(body: UnnumberedReport, at: Instant, seals: Seals): Unacknowledged {
    const report = { ...body, thing: this.thing, checkedAt: new Date(at.wallMs).toISOString() } as UnnumberedReport;
    const [numbered] = numberAll([report], this.chain, at, seals);
    if (numbered === undefined) throw new Error("A report was not numbered");
    this.chain = { ...this.chain, sequence: numbered.report.sequence, digest: numbered.mark.digest };
    const made = { report: numbered.report, madeMs: at.wallMs, sentMs: at.wallMs };
    this.stored.push(made);
    return made;
  }

  /** Removes and returns what is acknowledged. */
  acknowledge({ sequence, epoch }: Acknowledgement): readonly Unacknowledged[] {
    if ((epoch !== null && epoch !== this.epoch) || sequence > this.made || sequence <= this.acknowledged) return [];
    this.chain = { ...this.chain, acknowledged: true };
    this.acknowledged = sequence;
    const behind = this.stored.findIndex(({ report }) => report.sequence > sequence);
    return this.stored.splice(0, behind < 0 ? this.stored.length : behind);
  }
}
