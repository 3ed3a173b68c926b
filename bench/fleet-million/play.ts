import type { Later } from "../../src/base/clock.js";
import type { ReceivedMessage } from "../../src/fleet/arrival.js";
import { RECEIVE_MAXIMUM } from "../../src/fleet/feed/start-feed.js";
import type { Arrivals, Kind } from "./day.js";

/** A receiver: stores messages in the order in which it is given them. */
export interface Receiver {
  give(messages: readonly ReceivedMessage[]): void;
  /** Calls back with how many more messages are stored. */
  onStored(stored: (messages: number) => void): void;
}

/** What playing a phase needs. */
export interface PlayParts {
  readonly receivers: readonly Receiver[];
  /** A monotonic clock, in milliseconds. */
  readonly nowMs: () => number;
  readonly later: Later;
  /** The unix time at which the phase begins. */
  readonly beginsMs: number;
  readonly make: (thing: number, kind: Kind, atMs: number) => ReceivedMessage;
  /** The number of messages made at once, while the clock is stopped. */
  readonly madeAtOnce?: number;
}

/** The outcome of a phase. */
export interface Played {
  readonly messages: number;
  readonly bytes: number;
  /** From a message's arrival at the broker until it is stored, in milliseconds, in their order of size. */
  readonly lagMs: Float64Array;
  /** How many messages had arrived and were not stored, at most, and when. */
  readonly longestQueue: number;
  readonly longestAtMs: number;
  /** When the last was stored, since the phase began. */
  readonly tookMs: number;
  /** How long at least one receiver was at work. */
  readonly busyMs: number;
}

const MADE_AT_ONCE = 25_000;
const TICK_MS = 1;

/**
 * Plays arrivals against receivers that really store them. The clock runs as the real one while a receiver is at work, leaps to the
 * next arrival when all are idle, and is stopped while messages are made. Behind the broker's queue the receivers are served in
 * turn, as a shared subscription does.
 */
export function play(arrivals: Arrivals, parts: PlayParts): Promise<Played> {
  return new Phase(arrivals, parts).play();
}

interface Made {
  readonly at: number;
  readonly message: ReceivedMessage;
}

class Phase {
  private readonly lagMs: Float64Array;
  private readonly inFlight: number[][];
  private made: Made[] = [];
  /** The first of `made` that no receiver has yet. */
  private next = 0;
  private madeUpTo = 0;
  private stored = 0;
  private turn = 0;
  /** What the phase's clock is behind the real one. */
  private behindMs: number;
  private bytes = 0;
  private longest = { queue: 0, atMs: 0 };
  private arrived = 0;
  private busyMs = 0;
  private busySinceMs: number | null = null;
  private cancelTick: (() => void) | null = null;
  private end: (played: Played) => void = () => {};

  constructor(
    private readonly arrivals: Arrivals,
    private readonly parts: PlayParts,
  ) {
    this.lagMs = new Float64Array(arrivals.atMs.length);
    this.inFlight = parts.receivers.map(() => []);
    this.behindMs = parts.nowMs();
  }

  play(): Promise<Played> {
    for (const [at, receiver] of this.parts.receivers.entries()) {
      receiver.onStored((messages) => this.takeStored(at, messages));
    }
    return new Promise((resolve) => {
      this.end = resolve;
      this.go();
    });
  }

  private get clockMs(): number {
    return this.parts.nowMs() - this.behindMs;
  }

  private get isIdle(): boolean {
    return this.inFlight.every(({ length }) => length === 0);
  }

  private takeStored(receiver: number, messages: number): void {
    const now = this.clockMs;
    for (const at of this.inFlight[receiver]?.splice(0, messages) ?? []) {
      this.lagMs[at] = now - (this.arrivals.atMs[at] ?? 0);
      this.stored += 1;
    }
    this.noteQueue(now);
    if (this.isIdle && this.busySinceMs !== null) {
      this.busyMs += now - this.busySinceMs;
      this.busySinceMs = null;
    }
    this.go();
  }

  /** Gives receivers what has arrived; when nothing is left to do, ends or leaps. */
  private go(): void {
    this.cancelTick?.();
    this.cancelTick = null;
    if (this.stored === this.arrivals.atMs.length) {
      this.finish();
      return;
    }
    if (this.next === this.made.length && this.isIdle) this.makeMore();
    const first = this.made[this.next];
    if (first !== undefined && this.isIdle) this.leapTo(this.arrivals.atMs[first.at] ?? 0);
    this.handOut(this.clockMs);
    if (this.next < this.made.length) this.cancelTick = this.parts.later(TICK_MS, () => this.go());
  }

  private makeMore(): void {
    const from = this.parts.nowMs();
    const { madeAtOnce = MADE_AT_ONCE, make, beginsMs } = this.parts;
    const { atMs, things, kinds } = this.arrivals;
    const to = Math.min(atMs.length, this.madeUpTo + madeAtOnce);
    this.made = [];
    this.next = 0;
    for (let at = this.madeUpTo; at < to; at += 1) {
      const kind = typeof kinds === "string" ? kinds : (kinds[at] as Kind);
      this.made.push({ at, message: make(things[at] ?? 0, kind, beginsMs + (atMs[at] ?? 0)) });
    }
    this.madeUpTo = to;
    this.behindMs += this.parts.nowMs() - from;
  }

  private leapTo(atMs: number): void {
    this.behindMs -= Math.max(0, atMs - this.clockMs);
  }

  private handOut(now: number): void {
    const given: Made[][] = this.inFlight.map(() => []);
    for (let each = this.made[this.next]; each !== undefined; each = this.made[this.next]) {
      if ((this.arrivals.atMs[each.at] ?? 0) > now) break;
      const receiver = this.nextWithRoom();
      if (receiver === null) break;
      this.next += 1;
      this.bytes += each.message.payload.byteLength;
      this.inFlight[receiver]?.push(each.at);
      given[receiver]?.push(each);
    }
    if (!this.isIdle) this.busySinceMs ??= now;
    this.noteQueue(now);
    for (const [at, some] of given.entries()) {
      if (some.length > 0) this.parts.receivers[at]?.give(some.map(({ message }) => message));
    }
  }

  private nextWithRoom(): number | null {
    const { length } = this.inFlight;
    for (let tried = 0; tried < length; tried += 1) {
      this.turn = (this.turn + 1) % length;
      if ((this.inFlight[this.turn]?.length ?? 0) < RECEIVE_MAXIMUM) return this.turn;
    }
    return null;
  }

  private noteQueue(now: number): void {
    const { atMs } = this.arrivals;
    while (this.arrived < atMs.length && (atMs[this.arrived] ?? 0) <= now) this.arrived += 1;
    const queue = this.arrived - this.stored;
    if (queue > this.longest.queue) this.longest = { queue, atMs: now };
  }

  private finish(): void {
    this.end({
      messages: this.lagMs.length,
      bytes: this.bytes,
      lagMs: this.lagMs.sort(),
      longestQueue: this.longest.queue,
      longestAtMs: this.longest.atMs,
      tookMs: this.clockMs,
      busyMs: this.busyMs,
    });
  }
}
