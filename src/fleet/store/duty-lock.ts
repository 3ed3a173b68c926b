import type { Log } from "../../base/log.js";
import type { Candidate, DutyName, Work } from "./peers.js";

/** The dependencies of a duty's lock. */
interface DutyLockParts {
  readonly log: Log;
  readonly steadyMs: () => number;
  /** Whether the session that holds the lock is known to be alive. */
  readonly isValid: () => boolean;
}

/** How long a process is unable to do a duty before it offers it to others. */
const UNABLE_TIMEOUT_MS = 10_000;
/** How long a process that is unable, or has given the duty away, does not try to get it. */
const COOLDOWN_MS = 5_000;

/** This process's lock on one duty: not held, held, or not free yet because the work is still ending. */
export class DutyLock {
  private isHeld = false;
  private work: Work | null = null;
  private ending: Promise<void> | null = null;
  private unableSince: number | null = null;
  /** No attempt before this time; the second one applies while this process is unable. */
  private cooldownUntil: number;
  private unableCooldownUntil: number;

  constructor(
    readonly duty: DutyName,
    private readonly candidate: Candidate,
    private readonly parts: DutyLockParts,
  ) {
    this.cooldownUntil = parts.steadyMs();
    this.unableCooldownUntil = this.cooldownUntil + COOLDOWN_MS;
  }

  /** Whether to try to get the lock now. */
  isWanted(): boolean {
    if (this.isHeld || this.ending !== null) return false;
    const now = this.parts.steadyMs();
    if (this.candidate.isAble()) return now >= this.cooldownUntil;
    if (now < this.unableCooldownUntil) return false;
    this.unableCooldownUntil = now + COOLDOWN_MS;
    return true;
  }

  isMine(): boolean {
    return this.isHeld && this.parts.isValid();
  }

  /** Notes that this process has the lock. */
  acquired(): void {
    this.isHeld = true;
    this.unableSince = null;
    this.parts.log.info("duty.taken", { duty: this.duty });
    this.work = this.candidate.begin(() => this.isMine());
  }

  /** Notes that this process has lost the lock. */
  lost(): void {
    if (!this.isHeld) return;
    this.parts.log.warn("duty.lost", { duty: this.duty });
    void this.end();
  }

  /** Ends the work, so that the lock can be freed; resolves to whether it was held. */
  async release(): Promise<boolean> {
    const wasHeld = this.isHeld;
    await this.end();
    return wasHeld;
  }

  /** Whether this process holds the duty but has been unable to do it for some time. */
  shouldOffer(): boolean {
    if (!this.isHeld || this.candidate.isAble()) {
      this.unableSince = null;
      return false;
    }
    this.unableSince ??= this.parts.steadyMs();
    return this.parts.steadyMs() - this.unableSince >= UNABLE_TIMEOUT_MS;
  }

  /** Whether to accept another process's offer. */
  shouldAccept(): boolean {
    return !this.isHeld && this.ending === null && this.candidate.isAble();
  }

  /** Whether to give the duty to a process that wants it. */
  shouldYield(): boolean {
    return this.isHeld && this.unableSince !== null && !this.candidate.isAble();
  }

  /** Makes this process not try to get the duty for some seconds. */
  coolDown(): void {
    this.cooldownUntil = this.parts.steadyMs() + COOLDOWN_MS;
    this.unableCooldownUntil = this.cooldownUntil + COOLDOWN_MS;
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
