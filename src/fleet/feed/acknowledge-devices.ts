import type { Later } from "../../base/clock.js";
import { ExpectedError } from "../../base/errors.js";
import type { Log } from "../../base/log.js";
import type { DeviceAcknowledgement, Intake } from "../arrival.js";
import type { TopicPrefixes } from "../ingest/fleet-topics.js";
import { commandTopic, isAddressable } from "./device-topics.js";
import type { Lane, Outgoing } from "./send-to-devices.js";

/** The dependencies of acknowledging. */
interface AcknowledgeParts {
  readonly intake: Pick<Intake, "acknowledged" | "toAcknowledge">;
  readonly prefixes: TopicPrefixes;
  readonly log: Log;
  readonly later: Later;
  /** Called when there is something to send. */
  readonly wake: () => void;
}

/** Acknowledges what is stored to devices. */
export interface AcknowledgeDevices extends Lane {
  /** Adds the epochs that a commit has stored. */
  add(acknowledgements: readonly DeviceAcknowledgement[]): void;
  /**
   * Adds what is stored but not yet acknowledged, as after a restart; more is read as soon as the first of it is sent.
   * With `heardBefore`, only what has waited since then.
   */
  resume(heardBefore?: string): Promise<void>;
  /** Notes what was sent, and stops. */
  stop(): Promise<void>;
}

/**
 * How long something may be stored without an acknowledgement until it counts as left behind: far longer than a
 * receiver takes to acknowledge what it has stored, and to record that.
 */
export const LEFT_BEHIND_MS = 60_000;
/** Far under the 2,048 characters that a device reads. */
const MOST_EPOCHS = 8;
const NOTE_MS = 500;
const PAGE = 2_000;

/**
 * Acknowledges by thing: while a message waits for its turn, later acknowledgements join it. What was sent is recorded
 * in the store from time to time; what was not recorded is sent again after a restart, which is harmless.
 */
export function acknowledgeDevices(parts: AcknowledgeParts): AcknowledgeDevices {
  return new ThingAcknowledgements(parts);
}

class ThingAcknowledgements implements AcknowledgeDevices {
  readonly perSecond = null;
  /** What to acknowledge of each epoch, by thing; the thing that waits longest comes first. */
  private readonly waiting = new Map<string, Map<string, number>>();
  private sent: DeviceAcknowledgement[] = [];
  private noting: Promise<void> = Promise.resolve();
  private cancelNote: (() => void) | null = null;
  private hasMore = false;
  private heardBefore: string | undefined;
  private isStopped = false;

  constructor(private readonly parts: AcknowledgeParts) {}

  add(acknowledgements: readonly DeviceAcknowledgement[]): void {
    for (const each of acknowledgements) this.put(each);
    if (acknowledgements.length > 0) this.parts.wake();
  }

  next(): Outgoing | null {
    for (const [thing, epochs] of this.waiting) {
      this.waiting.delete(thing);
      const first = [...epochs].slice(0, MOST_EPOCHS).map(([epoch, sequence]) => ({ thing, epoch, sequence }));
      for (const [epoch, sequence] of [...epochs].slice(MOST_EPOCHS)) this.put({ thing, epoch, sequence });
      return this.message(thing, first);
    }
    return null;
  }

  async resume(heardBefore?: string): Promise<void> {
    this.hasMore = false;
    this.heardBefore = heardBefore;
    const unsent = await this.parts.intake.toAcknowledge(PAGE, heardBefore);
    this.hasMore = unsent.length === PAGE;
    this.add(unsent);
    // These things cannot be addressed, so there is nothing to send.
    this.sent.push(...unsent.filter(({ thing }) => !isAddressable(thing)));
    if (this.sent.length > 0) this.noteLater();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.cancelNote?.();
    await this.noteSent();
  }

  private put({ thing, epoch, sequence }: DeviceAcknowledgement): void {
    if (!isAddressable(thing)) return;
    const epochs = this.waiting.get(thing) ?? new Map<string, number>();
    epochs.set(epoch, Math.max(sequence, epochs.get(epoch) ?? 0));
    this.waiting.set(thing, epochs);
  }

  private message(thing: string, acknowledged: readonly DeviceAcknowledgement[]): Outgoing {
    return {
      topic: commandTopic(this.parts.prefixes, thing, "ack"),
      payload: acknowledgementText(acknowledged),
      onSent: () => {
        this.sent.push(...acknowledged);
        this.noteLater();
      },
      onFailed: () => {
        for (const each of acknowledged) this.put(each);
      },
    };
  }

  private noteLater(): void {
    if (this.isStopped) return;
    this.cancelNote ??= this.parts.later(NOTE_MS, () => void this.noteSent());
  }

  private noteSent(): Promise<void> {
    this.cancelNote = null;
    this.noting = this.noting.then(async () => {
      const sent = this.sent.splice(0);
      if (sent.length === 0) return;
      try {
        await this.parts.intake.acknowledged(sent);
        if (this.hasMore && this.waiting.size === 0 && !this.isStopped) await this.resume(this.heardBefore);
      } catch (error) {
        if (!(error instanceof ExpectedError)) throw error;
        // It is sent again after a restart, and with the device's next report.
        this.parts.log.debug("acks.not-noted", { message: error.message });
      }
    });
    return this.noting;
  }
}

/** The message for `<prefix>/<thing>/ack/req`; all acknowledgements but the first stand in `before`. */
export function acknowledgementText(acknowledged: readonly Omit<DeviceAcknowledgement, "thing">[]): string {
  const [first, ...before] = acknowledged.map(({ epoch, sequence }) => ({ sequence, epoch }));
  return JSON.stringify(before.length === 0 ? first : { ...first, before });
}
