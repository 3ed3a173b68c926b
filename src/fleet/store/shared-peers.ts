import { type BackoffLimits, backoffMs } from "../../base/backoff.js";
import type { Later } from "../../base/clock.js";
import { messageOf } from "../../base/errors.js";
import type { Log } from "../../base/log.js";
import { type Announcer, announcer } from "./announcer.js";
import { DutyLock } from "./duty-lock.js";
import { ANNOUNCEMENTS, type Announcement, DUTIES, type DutyName, type Peers } from "./peers.js";

/** A connection to the store's server that holds locks and receives announcements. Both end with the connection. */
export interface PeerSession {
  /** Takes the free ones of these duties, and returns them. Called without any, it shows that the session is alive. */
  lock(duties: readonly DutyName[]): Promise<readonly DutyName[]>;
  unlock(duty: DutyName): Promise<void>;
  announce(text: string): Promise<void>;
  close(): Promise<void>;
}

/** The events of a session: another process's announcement, and its own end. */
export interface SessionEvents {
  readonly onAnnounced: (text: string) => void;
  readonly onEnded: (why: string) => void;
}

/** The dependencies of peers that share a store. */
interface SharedPeersParts {
  readonly open: (events: SessionEvents) => Promise<PeerSession>;
  readonly log: Log;
  readonly later: Later;
  /** A monotonic clock, in ms. */
  readonly steadyMs: () => number;
  /** From 0 to less than 1. */
  readonly random: () => number;
}

/** Peers with a session of their own, which is opened when it is first needed. */
interface SharedPeers extends Peers {
  /** Ends all work, then the session, which frees the duties. */
  close(): Promise<void>;
}

const EVERY_MS = 1_000;
/**
 * How long an answer of the server, counted from its request, proves that the locks are held: less than
 * SESSION_IDLE_MS.
 */
const VALID_MS = 5_000;
/** The server ends a session that has been idle for this long, and frees its locks: its process hangs or is cut off. */
export const SESSION_IDLE_MS = 15_000;
const BACKOFF: BackoffLimits = { firstMs: 500, lastMs: 5_000 };

/**
 * Shares duties with locks that a session holds. Invariants: a duty's work runs only while its lock is held; it has
 * ended before the lock is freed or, if the session was lost, before this process tries to get the lock again. `isMine`
 * is false from the moment the session is lost, and even while the server does not answer.
 */
export function sharedPeers(parts: SharedPeersParts): SharedPeers {
  return new SessionPeers(parts);
}

class SessionPeers implements SharedPeers {
  readonly isAlone = false;
  private readonly dutyLocks = new Map<DutyName, DutyLock>();
  private readonly listeners = new Set<(what: Announcement) => void>();
  private readonly announcements: Announcer;
  private session: PeerSession | null = null;
  /** When the last answered query was sent. */
  private confirmedAt = Number.NEGATIVE_INFINITY;
  private failures = 0;
  private cancelTurn: (() => void) | null = null;
  private turning: Promise<void> | null = null;
  private isLost = false;
  private isClosed = false;

  constructor(private readonly parts: SharedPeersParts) {
    this.announcements = announcer(parts.later, (text) => this.send(text));
  }

  seek(duty: DutyName, candidate: Parameters<Peers["seek"]>[1]) {
    const isValid = () => this.session !== null && this.parts.steadyMs() - this.confirmedAt < VALID_MS;
    const dutyLock = new DutyLock(duty, candidate, { ...this.parts, isValid });
    this.dutyLocks.set(duty, dutyLock);
    this.start();
    return {
      isMine: () => dutyLock.isMine(),
      stop: async () => {
        this.dutyLocks.delete(duty);
        if (!(await dutyLock.release())) return;
        await this.session?.unlock(duty).catch(() => undefined);
      },
    };
  }

  duties(): readonly DutyName[] {
    return [...this.dutyLocks.values()].filter((dutyLock) => dutyLock.isMine()).map(({ duty }) => duty);
  }

  announce(what: Announcement): void {
    this.announcements.announce(what);
  }

  subscribe(listener: (what: Announcement) => void): () => void {
    this.listeners.add(listener);
    this.start();
    return () => this.listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.cancelTurn?.();
    this.announcements.stop();
    await this.turning;
    await Promise.all([...this.dutyLocks.values()].map((dutyLock) => dutyLock.release()));
    const { session } = this;
    this.session = null;
    await session?.close();
  }

  private start(): void {
    if (this.turning === null && this.cancelTurn === null && !this.isClosed) this.begin();
  }

  private begin(): void {
    this.cancelTurn = null;
    this.turning = this.turn().then((waitMs) => {
      this.turning = null;
      if (!this.isClosed) this.cancelTurn = this.parts.later(waitMs, () => this.begin());
    });
  }

  /**
   * Opens the session if there is none, keeps it alive, and takes free duties; resolves to the time until the next
   * turn, in ms.
   */
  private async turn(): Promise<number> {
    try {
      const session = this.session ?? (await this.open());
      this.session = session;
      this.announcements.resume();
      await this.lockFree(session);
      this.failures = 0;
      return EVERY_MS;
    } catch (error) {
      this.ended(this.session, messageOf(error));
      this.failures += 1;
      return backoffMs(this.failures, BACKOFF, this.parts.random);
    }
  }

  private async open(): Promise<PeerSession> {
    let opened: PeerSession | null = null;
    const session = await this.parts.open({
      onAnnounced: (text) => this.received(text),
      onEnded: (why) => this.ended(opened, why),
    });
    opened = session;
    if (this.isLost) {
      this.isLost = false;
      this.parts.log.info("peers.recovered");
      for (const what of ANNOUNCEMENTS) this.notifyListeners(what);
    }
    return session;
  }

  private async lockFree(session: PeerSession): Promise<void> {
    const wanted = [...this.dutyLocks.values()].filter((dutyLock) => dutyLock.isWanted()).map(({ duty }) => duty);
    const sentAt = this.parts.steadyMs();
    const locked = await session.lock(wanted);
    if (this.session !== session) return;
    this.confirmedAt = sentAt;
    // All before the first await, after which the session may be lost, and its locks with it.
    const unwanted: DutyName[] = [];
    for (const duty of locked) {
      const dutyLock = this.dutyLocks.get(duty);
      if (dutyLock === undefined || this.isClosed) unwanted.push(duty);
      else dutyLock.acquired();
    }
    for (const duty of unwanted) await session.unlock(duty);
    for (const dutyLock of this.dutyLocks.values()) if (dutyLock.shouldOffer()) this.send(`offer ${dutyLock.duty}`);
  }

  /** Handles the end of the session, and of its locks. */
  private ended(session: PeerSession | null, why: string): void {
    if (session !== this.session || this.isClosed) return;
    if (!this.isLost) this.parts.log.warn("peers.lost", { message: why });
    this.isLost = true;
    this.session = null;
    for (const dutyLock of this.dutyLocks.values()) dutyLock.lost();
    void session?.close().catch(() => undefined);
  }

  private send(text: string): boolean {
    if (this.session === null) return false;
    // The end of the session is a separate event.
    this.session.announce(text).catch(() => undefined);
    return true;
  }

  private received(text: string): void {
    const [word = "", name] = text.split(" ");
    const what = ANNOUNCEMENTS.find((each) => each === word);
    if (what !== undefined) this.notifyListeners(what);
    const duty = DUTIES.find((each) => each === name);
    const dutyLock = duty === undefined ? undefined : this.dutyLocks.get(duty);
    if (dutyLock === undefined) return;
    if (word === "offer" && dutyLock.shouldAccept()) this.send(`want ${dutyLock.duty}`);
    if (word === "want" && dutyLock.shouldYield()) void this.give(dutyLock);
  }

  private async give(dutyLock: DutyLock): Promise<void> {
    const { session } = this;
    dutyLock.coolDown();
    if (await dutyLock.release()) await session?.unlock(dutyLock.duty).catch(() => undefined);
  }

  private notifyListeners(what: Announcement): void {
    for (const listener of this.listeners) listener(what);
  }
}
