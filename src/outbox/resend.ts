import type { Later } from "../base/clock.js";
import type { Outbox } from "./outbox.js";

const FIRST_RESEND_MS = 15 * 60_000;
const LAST_RESEND_MS = 6 * 3_600_000;

/** Sends reports again that the transport accepted and the cloud does not acknowledge: they were lost on the way. Less and less often. */
export interface Resending {
  /** Waits for the next time, where the cloud acknowledges and something is unacknowledged; else waits no longer. */
  schedule(): void;
  cancel(): void;
}

export function resendUnacknowledged(outbox: Outbox, later: Later, onResend: (reports: number) => void): Resending {
  let cancelTimer: (() => void) | null = null;
  let waitMs = FIRST_RESEND_MS;
  let leftBefore = 0;

  function cancel(): void {
    cancelTimer?.();
    cancelTimer = null;
  }

  function resend(): void {
    cancelTimer = null;
    const reports = outbox.resend(waitMs);
    waitMs = Math.min(2 * waitMs, LAST_RESEND_MS);
    leftBefore = outbox.unacknowledged + reports;
    onResend(reports);
  }

  return {
    cancel,
    schedule() {
      if (outbox.ack === "none" || outbox.unacknowledged === 0) return cancel();
      if (cancelTimer !== null) return;
      // Something has arrived or was added since: begin with the short wait again.
      if (outbox.unacknowledged !== leftBefore) waitMs = FIRST_RESEND_MS;
      cancelTimer = later(waitMs, resend);
    },
  };
}
