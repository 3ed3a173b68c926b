import { ExpectedError } from "../../base/errors.js";
import type { Lane } from "../feed/send-to-devices.js";

/** The result of sending. */
export interface SentLane {
  readonly sent: number;
  readonly failed: number;
  /** The message of the first failure. */
  readonly why: string | null;
}

const AT_ONCE = 16;
/** After this many failures the broker counts as unreachable, or as refusing everything. */
const MOST_FAILURES = 16;

/**
 * Publishes a lane's messages, several at once, until it has none, the time is over or too many have failed. What is
 * not sent stays in the store.
 */
export async function sendLane(
  lane: Pick<Lane, "next">,
  publish: (topic: string, payload: string) => Promise<void>,
  hasTime: () => boolean,
): Promise<SentLane> {
  let [sent, failed] = [0, 0];
  let why: string | null = null;
  const sendSome = async () => {
    while (failed < MOST_FAILURES && hasTime()) {
      const message = lane.next();
      if (message === null) return;
      try {
        await publish(message.topic, message.payload);
        message.onSent();
        sent += 1;
      } catch (error) {
        if (!(error instanceof ExpectedError)) throw error;
        failed += 1;
        why ??= error.message;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sendSome));
  return { sent, failed, why };
}
