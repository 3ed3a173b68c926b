import { backoffMs } from "../../base/backoff.js";
import type { Later } from "../../base/clock.js";
import { ExpectedError, messageOf } from "../../base/errors.js";
import type { Log } from "../../base/log.js";
import type { Ingested, Intake } from "../arrival.js";
import type { UnacknowledgedMessage } from "./broker-client.js";

/** The dependencies of a collector. */
interface CollectorParts {
  readonly intake: Pick<Intake, "ingest">;
  readonly log: Log;
  readonly later: Later;
  /** From 0 to less than 1. */
  readonly random: () => number;
  /** Called once a batch is stored, before the broker may forget it. */
  readonly onStored: (stored: Ingested) => void;
  /** Called when the store cannot take a batch, and when it can again. */
  readonly onStuck: () => void;
  /** Makes the broker redeliver what it holds, in a new connection of the same session. */
  readonly redeliver: () => void;
  /** How much memory waiting messages may take, in bytes. Default: MOST_WAITING_BYTES. */
  readonly mostWaitingBytes?: number;
}

/** Stores messages in batches. */
export interface Collector {
  take(message: UnacknowledgedMessage): void;
  /** Whether the last attempt to store failed. */
  readonly isStuck: boolean;
  /** How many messages are not stored yet, and when the oldest of them came. */
  readonly waiting: number;
  readonly oldestAt: string | null;
  /** How many messages were left to the broker so far, because too many waited. It delivers them again. */
  readonly deferred: number;
  /** Notes that the connection has ended: in the next one the broker delivers whatever it still holds. */
  lost(): void;
  /** Accepts nothing more; resolves when the batch in progress is stored, or at once if it cannot be. */
  stop(): Promise<void>;
}

/** How long a message waits for others to be stored with it. */
const BATCH_MS = 10;
const BATCH_MESSAGES = 500;
const BATCH_BYTES = 4 * 1_024 * 1_024;
/**
 * The most waiting messages that the broker does not hold for us, of QoS 0 or of a connection that has ended; devices
 * resend what matters.
 */
const MOST_LOOSE = 5_000;
/** The memory of all messages that wait; a broker may send far more of them than the receive maximum. */
const MOST_WAITING_BYTES = 64 * 1_024 * 1_024;
/** The approximate memory of a message, apart from its payload. */
const MESSAGE_BYTES = 1_024;
const BACKOFF = { firstMs: 200, lastMs: 5_000 };

/**
 * Collects messages into batches by time, number and size. One batch is stored at a time; messages that come meanwhile
 * make up the next. A batch that the store cannot take now is retried until it can: the broker holds back further
 * messages, since none is acknowledged before it is stored. A broker that does not hold them back is no danger to
 * memory: what exceeds the limit is dropped unacknowledged, with everything after it, until everything before it is
 * stored; then the broker is made to redeliver it.
 */
export function collector(parts: CollectorParts): Collector {
  return new BatchCollector(parts);
}

class BatchCollector implements Collector {
  isStuck = false;
  deferred = 0;
  private isDeferring = false;
  /** The memory that the queue and the batch take. */
  private waitingBytes = 0;
  private queue: UnacknowledgedMessage[] = [];
  /** The batch that is being stored. */
  private batch: readonly UnacknowledgedMessage[] = [];
  private cancelTimer: (() => void) | null = null;
  private storing: Promise<void> | null = null;
  private isStopped = false;
  private dropped = 0;
  /** The length at which the queue is searched for messages that the broker does not hold. */
  private searchedAt = MOST_LOOSE;
  private endWait = () => {};

  constructor(private readonly parts: CollectorParts) {}

  get waiting(): number {
    return this.batch.length + this.queue.length;
  }

  get oldestAt(): string | null {
    return (this.batch[0] ?? this.queue[0])?.receivedAt ?? null;
  }

  take(message: UnacknowledgedMessage): void {
    if (this.isStopped || !this.hasRoom(message)) return;
    this.queue.push(message);
    this.waitingBytes += bytesOf(message);
    if (this.queue.length > this.searchedAt) this.dropLoose();
    if (this.storing !== null) return;
    if (this.queue.length >= BATCH_MESSAGES) this.startStoring();
    else this.cancelTimer ??= this.parts.later(BATCH_MS, () => this.startStoring());
  }

  lost(): void {
    this.isDeferring = false;
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.cancelTimer?.();
    this.endWait();
    await this.storing;
  }

  /**
   * Invariant: a message that has no room is never acknowledged, and `redeliver` follows as soon as nothing waits any
   * more. Everything after it is left to the broker as well, or the queue would never become empty.
   */
  private hasRoom(message: UnacknowledgedMessage): boolean {
    if (!this.isDeferring && !this.fits(message)) this.dropLoose();
    if (!this.isDeferring && this.fits(message)) return true;
    if (!message.isHeld()) {
      this.countDropped(1);
      return false;
    }
    this.deferred += 1;
    if (this.isDeferring) return false;
    this.isDeferring = true;
    this.parts.log.warn("messages.deferred", { waiting: this.waiting, bytes: this.waitingBytes });
    return false;
  }

  /** A single message fits however long it is. */
  private fits(message: UnacknowledgedMessage): boolean {
    const { mostWaitingBytes = MOST_WAITING_BYTES } = this.parts;
    return this.waiting === 0 || this.waitingBytes + bytesOf(message) <= mostWaitingBytes;
  }

  private startStoring(): void {
    this.cancelTimer?.();
    this.cancelTimer = null;
    this.storing ??= this.storeAll().finally(() => {
      this.storing = null;
    });
  }

  private async storeAll(): Promise<void> {
    while (this.queue.length > 0 && !this.isStopped) {
      this.batch = this.queue.splice(0, batchSize(this.queue));
      await this.storeUntilDone(this.batch);
      this.waitingBytes -= bytesOfAll(this.batch);
      this.batch = [];
    }
    if (this.queue.length > 0) return;
    this.searchedAt = MOST_LOOSE;
    if (!this.isDeferring || this.isStopped) return;
    this.parts.log.info("messages.requested-again", { deferred: this.deferred });
    this.parts.redeliver();
  }

  /** Retries while the store is unreachable or full. */
  private async storeUntilDone(batch: readonly UnacknowledgedMessage[]): Promise<void> {
    for (let failures = 1; ; failures++) {
      try {
        await this.store(batch);
        this.recovered();
        return;
      } catch (error) {
        if (!(error instanceof ExpectedError)) return this.storeOneByOne(batch, error);
        this.failed(error);
        if (this.isStopped) return;
        await this.wait(backoffMs(failures, BACKOFF, this.parts.random));
        if (this.isStopped) return;
      }
    }
  }

  private failed(error: Error): void {
    if (this.isStuck) return;
    this.isStuck = true;
    this.parts.log.error("store.failed", { message: messageOf(error) });
    this.parts.onStuck();
  }

  private recovered(): void {
    if (!this.isStuck) return;
    this.isStuck = false;
    this.parts.log.info("store.recovered");
    this.parts.onStuck();
  }

  private async store(batch: readonly UnacknowledgedMessage[]): Promise<void> {
    const stored = await this.parts.intake.ingest(batch);
    this.parts.onStored(stored);
    for (const { acknowledge } of batch) acknowledge();
  }

  /**
   * After a bug: stores the other messages, and lets the broker forget the one at fault, which would otherwise come
   * back at once, forever. Its device is not told that it is stored, and it counts as missing.
   */
  private async storeOneByOne(batch: readonly UnacknowledgedMessage[], fault: unknown): Promise<void> {
    const [only] = batch;
    if (batch.length === 1 && only !== undefined) {
      const stack = fault instanceof Error ? fault.stack : String(fault);
      this.parts.log.error("message.failed", { topic: only.topic.slice(0, 200), stack });
      only.acknowledge();
      // The store was reachable, even if this message failed.
      this.recovered();
      return;
    }
    for (const message of batch) await this.storeUntilDone([message]);
  }

  private wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.parts.later(milliseconds, resolve);
      this.endWait = () => {
        cancel();
        resolve();
      };
    });
  }

  private dropLoose(): void {
    const held = this.queue.filter((each) => each.isHeld());
    this.countDropped(this.queue.length - held.length);
    this.queue = held;
    this.waitingBytes = bytesOfAll(this.batch) + bytesOfAll(held);
    // Not with every further message: a broker that ignores the receive maximum may have many more in flight.
    this.searchedAt = held.length + MOST_LOOSE;
  }

  private countDropped(messages: number): void {
    if (messages > 0 && this.dropped === 0) this.parts.log.warn("messages.dropped", { messages });
    this.dropped += messages;
  }
}

const bytesOf = ({ topic, payload }: UnacknowledgedMessage) => MESSAGE_BYTES + topic.length + payload.length;

function bytesOfAll(messages: readonly UnacknowledgedMessage[]): number {
  return messages.reduce((bytes, message) => bytes + bytesOf(message), 0);
}

/** How many messages of the queue make up the next batch. */
function batchSize(queue: readonly UnacknowledgedMessage[]): number {
  let bytes = 0;
  let count = 0;
  for (const { payload } of queue) {
    bytes += payload.length;
    if (count > 0 && (bytes > BATCH_BYTES || count === BATCH_MESSAGES)) break;
    count += 1;
  }
  return count;
}
