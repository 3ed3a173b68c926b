import { DeliveryError, ExpectedError } from "../base/errors.js";
import type { Log } from "../base/log.js";

/** Tries once to send a message that the outbox does not store. "retry": try later. "rejected": it can never be sent. */
export type TrySend = (send: () => Promise<void>) => Promise<"sent" | "retry" | "rejected">;

/** Logs each failure once, until something is sent again. */
export function trySending(log: Pick<Log, "warn">): TrySend {
  const reported = new Set<string>();
  return async (send) => {
    try {
      await send();
      reported.clear();
      return "sent";
    } catch (error) {
      if (!(error instanceof ExpectedError)) throw error;
      if (!reported.has(error.message)) log.warn("message.not-sent", { message: error.message });
      reported.add(error.message);
      return error instanceof DeliveryError && !error.retryable ? "rejected" : "retry";
    }
  };
}
