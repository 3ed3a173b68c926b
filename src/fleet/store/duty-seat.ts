import type { Log } from "../../base/log.js";
import type { Candidate, DutyName, Work } from "./peers.js";

/** What a seat needs to know. */
interface SeatParts {
  readonly log: Log;
  readonly steadyMs: () => number;
  /** Whether the session that holds the lock is surely still there. */
  readonly isValid: () => boolean;
}

/** How long a process is unable before it offers a duty to others. */
const PATIENCE_MS = 10_000;
/** How long one that is not able, or gave a duty away, leaves it to the others. */
const REST_MS = 5_000;

/** One duty, as this process stands to it: free, held, or held until its work has ended. */
export class DutySeat {
  private isHeld = false;
  private work: Work | null = null;
  private ending: Promise<void> | null = null;
  private unableSince: number | null = null;
  /** Until then it is not tried for, and by one that is not able a little longer. */
  private restsUntil: number;
  private unableRestsUntil: number;

  constructor(
    readonly duty: DutyName,
    private readonly candidate: Candidate,
    private readonly parts: SeatParts,
  ) {
    this.restsUntil = parts.steadyMs();
    this.unableRestsUntil = this.restsUntil + REST_MS;
  }

  /** Whether to try for it now. */
  isWanted(): boolean {
    if (this.isHeld || this.ending !== null) return false;
    const now = this.parts.steadyMs();
    if (this.candidate.isAble()) return now >= this.restsUntil;
    if (now < this.unableRestsUntil) return false;
    this.unableRestsUntil = now + REST_MS;
    return true;
  }

  isMine(): boolean {
    return this.isHeld && this.parts.isValid();
  }

  /** The lock is this process's. */
  take(): void {
    this.isHeld = true;
    this.unableSince = null;
    this.parts.log.info("duty.taken", { duty: this.duty });
    this.work = this.candidate.begin(() => this.isMine());
  }

  /** The lock is lost. */
  lose(): void {
    if (!this.isHeld) return;
    this.parts.log.warn("duty.lost", { duty: this.duty });
    void this.end();
  }

  /** Ends the work before the lock is freed; resolves to whether there was a lock. */
  async leave(): Promise<boolean> {
    const wasHeld = this.isHeld;
    await this.end();
    return wasHeld;
  }

  /** Whether it is held by a process that cannot do it, and for some time could not. */
  shouldOffer(): boolean {
    if (!this.isHeld || this.candidate.isAble()) {
      this.unableSince = null;
      return false;
    }
    this.unableSince ??= this.parts.steadyMs();
    return this.parts.steadyMs() - this.unableSince >= PATIENCE_MS;
  }

  /** Whether to accept an offer. */
  wants(): boolean {
    return !this.isHeld && this.ending === null && this.candidate.isAble();
  }

  /** Whether to give it to a process that wants it. */
  yields(): boolean {
    return this.isHeld && this.unableSince !== null && !this.candidate.isAble();
  }

  /** Leaves the duty to others for some seconds. */
  rest(): void {
    this.restsUntil = this.parts.steadyMs() + REST_MS;
    this.unableRestsUntil = this.restsUntil + REST_MS;
  }

  private async end(): Promise<void> {
    const { work } = this;
    this.isHeld = false;
    this.work = null;
    if (work !== null) {
      this.ending = work.stop().finally(() => {
        this.ending = null;
      });
    }
    await this.ending;
  }
}
