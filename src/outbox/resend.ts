import type { Later } from "../base/clock.js";
import type { Outbox } from "./outbox.js";

const FIRST_RESEND_MS = 15 * 60_000;
const LAST_RESEND_MS = 6 * 3_600_000;

/** Resends reports that the transport accepted but the cloud does not acknowledge, at growing intervals: they may be lost. */
export interface Resending {
  /** Starts the wait for the next resend if the cloud acknowledges and a report is unacknowledged; otherwise ends the wait. */
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
      // A report has arrived or was added since: start over with the short wait.
      if (outbox.unacknowledged !== leftBefore) waitMs = FIRST_RESEND_MS;
      cancelTimer = later(waitMs, resend);
    },
  };
}
