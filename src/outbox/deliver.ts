import { afterFailure, failingMs } from "../base/backoff.js";
import type { Later } from "../base/clock.js";
import type { Report } from "../report/report.js";
import { chooseProbe, chooseReports, type Mode } from "./choose-reports.js";
import { type Deferral, noneDeferred } from "./deferral.js";
import type { Outbox } from "./outbox.js";
import { afterAcceptance, initialPace, isBusy, isOutage, type Pace, retryInMs, spreadInMs } from "./pace.js";
import type { QueuedReport } from "./report-index.js";
import { type Resending, resendUnacknowledged } from "./resend.js";
import { type ReportSender, reportSender, type SendFailure, type SendOutcome, type Transport } from "./send-report.js";

export type { Transport } from "./send-report.js";

/** Events for the log. */
export type DeliveryEvent =
  | {
      readonly event: "report.delivered";
      readonly id: string;
      readonly kind: string;
      readonly topic: string;
      readonly messages: number;
      readonly attempts: number;
    }
  | { readonly event: "report.refused"; readonly id: string; readonly why: string }
  | {
      readonly event: "report.kept";
      readonly id: string;
      readonly why: string;
      readonly attempts: number;
      readonly retryInMs: number;
    }
  /** The transport works again: waiting reports are sent after a random wait, so that a fleet does not send all at once. */
  | { readonly event: "delivery.resuming"; readonly waiting: number; readonly collapsed: number; readonly inMs: number }
  /** These reports were not acknowledged, so they are sent again. */
  | { readonly event: "delivery.repeating"; readonly reports: number };

export interface Delivery {
  /**
   * Sends the reports that may be sent now; resolves when they are sent or an attempt has failed. After an outage, only reports
   * with blocking findings may be sent until the wait is over, unless `atOnce`.
   */
  flush(atOnce?: "atOnce"): Promise<void>;
  /** Makes no further attempt and waits for those in progress. */
  stop(): Promise<void>;
}

/** The dependencies of a delivery. */
interface DeliveryParts {
  readonly outbox: Outbox;
  readonly transport: Transport;
  readonly topicOf: (report: Report) => string;
  readonly maxMessageBytes: () => number;
  readonly later: Later;
  /** Milliseconds on a monotonic clock. */
  readonly nowMs: () => number;
  /** From 0 to less than 1. */
  readonly random: () => number;
  readonly onEvent: (event: DeliveryEvent) => void;
  /** Called when a round of attempts has ended, including rounds started by a timer. */
  readonly onRoundEnd?: () => void;
}

/**
 * Empties the outbox into a transport, oldest first. A failed attempt is repeated after an exponential back-off with full jitter
 * (1 s to 5 min; 15 s during the first five minutes; 0.2 s while the nucleus is busy). After an outage of a minute or more
 * heartbeats are collapsed, reports of blocking findings go first, and all others after a random wait. A report that the other
 * side will never accept is discarded. One that fails for a minute while another is accepted, or whose topic is forbidden, is
 * deferred: the others go on without it.
 *
 * Invariants: one round runs at a time; within it reports are handed to the transport in order, and after a failure none
 * behind it, so that order is kept when they are sent again.
 */
export function deliver(parts: DeliveryParts): Delivery {
  const { outbox, nowMs, random, later } = parts;
  const state: DeliveryState = {
    parts,
    sender: reportSender({ ...parts, onAccepted: () => noteAcceptance(state) }),
    deferral: noneDeferred(nowMs, random),
    resending: resendUnacknowledged(outbox, later, (reports) => {
      if (reports > 0) parts.onEvent({ event: "delivery.repeating", reports });
      void flush(state);
    }),
    pace: initialPace(outbox.waitedMs(), nowMs()),
    outageMs: null,
    round: null,
    cancelRetry: () => {},
    cancelSpread: null,
    stopped: false,
  };
  return {
    flush(atOnce) {
      if (atOnce !== undefined) {
        state.cancelSpread?.();
        state.cancelSpread = null;
        state.deferral.makeDue();
      }
      return flush(state);
    },
    async stop() {
      state.stopped = true;
      state.cancelRetry();
      state.cancelSpread?.();
      state.resending.cancel();
      await state.round;
    },
  };
}

interface DeliveryState {
  readonly parts: DeliveryParts;
  readonly sender: ReportSender;
  readonly deferral: Deferral;
  readonly resending: Resending;
  pace: Pace;
  /** How long the transport failed before it accepted a message again; null once handled. */
  outageMs: number | null;
  round: Promise<void> | null;
  cancelRetry: () => void;
  /** Not null during the wait after an outage. */
  cancelSpread: (() => void) | null;
  stopped: boolean;
}

interface FailedReport {
  readonly report: QueuedReport;
  readonly failure: SendFailure;
}

function flush(state: DeliveryState): Promise<void> {
  state.cancelRetry();
  state.round ??= sendWaiting(state).finally(() => {
    state.round = null;
    state.parts.onRoundEnd?.();
  });
  return state.round;
}

async function sendWaiting(state: DeliveryState): Promise<void> {
  const { sender, deferral, parts } = state;
  sender.keepOnly(parts.outbox.unsent());
  deferral.keepOnly(parts.outbox.unsent());
  while (!state.stopped) {
    const batch = nextBatch(state);
    if (batch.length === 0) break;
    const failed = await sendInOrder(state, batch);
    if (failed !== null && !(await goOnWithout(state, failed))) return retryLater(state, failed);
    resumeAfterOutage(state);
  }
  if (state.stopped) return;
  if (parts.outbox.unsent().some(deferral.has)) wakeAfter(state, deferral.waitMs());
  state.resending.schedule();
}

function nextBatch({ parts, deferral, pace, cancelSpread }: DeliveryState): readonly QueuedReport[] {
  const mode: Mode = pace.failingSinceMs !== null ? "one" : cancelSpread !== null ? "blocking" : "all";
  const unsent = parts.outbox.unsent();
  const ready = unsent.filter((report) => !deferral.has(report));
  if (ready.length > 0) return chooseReports(ready, mode);
  const due = deferral.due(unsent);
  return due === null ? [] : [due];
}

/** Sends reports, a few at a time, up to the first failure. */
async function sendInOrder(state: DeliveryState, batch: readonly QueuedReport[]): Promise<FailedReport | null> {
  const { transport } = state.parts;
  const inFlight: { readonly report: QueuedReport; readonly outcome: Promise<SendOutcome> }[] = [];
  const failed: FailedReport[] = [];
  const settleFirst = async () => {
    const first = inFlight.shift();
    if (first === undefined) return;
    const failure = conclude(state, first.report, await first.outcome);
    if (failure !== null) failed.push({ report: first.report, failure });
  };
  for (const report of batch) {
    while (inFlight.length >= transport.inFlight && failed.length === 0) await settleFirst();
    if (state.stopped || failed.length > 0) break;
    inFlight.push({ report, outcome: state.sender.send(report.id) });
  }
  while (inFlight.length > 0) await settleFirst();
  return failed[0] ?? null;
}

/** Handles the outcome of an attempt. Returns a failure worth another attempt, or null. */
function conclude({ parts, deferral }: DeliveryState, report: QueuedReport, outcome: SendOutcome): SendFailure | null {
  const { id, kind } = report;
  if (outcome.kind === "failed" && outcome.retryable) return outcome;
  deferral.remove(report, outcome.kind === "accepted");
  if (outcome.kind === "failed") {
    parts.outbox.discard(id);
    parts.onEvent({ event: "report.refused", id, why: outcome.why });
  }
  if (outcome.kind === "accepted") {
    const { topic, messages, attempts } = outcome;
    parts.outbox.delivered(id);
    parts.onEvent({ event: "report.delivered", id, kind, topic, messages, attempts });
  }
  return null;
}

/** Defers the report if only this report fails. Returns false if the transport itself fails. */
async function goOnWithout(state: DeliveryState, failed: FailedReport): Promise<boolean> {
  const { deferral } = state;
  const { report, failure } = failed;
  const isAlone = failure.forbidden || deferral.has(report) || (await failsAlone(state, report));
  if (isAlone) logKept(state, failed, deferral.add(report, failure.forbidden));
  return isAlone;
}

/** Whether another report is accepted although this one has failed for a minute or more. */
async function failsAlone(state: DeliveryState, failed: QueuedReport): Promise<boolean> {
  const { parts, deferral, sender } = state;
  const now = parts.nowMs();
  state.pace = afterFailure(state.pace, now);
  if (!isOutage(failingMs(state.pace, now))) return false;
  const ready = parts.outbox.unsent().filter((report) => !deferral.has(report));
  const probe = chooseProbe(ready, failed, state.pace.failures);
  if (probe === null || state.stopped) return false;
  conclude(state, probe, await sender.send(probe.id));
  return state.pace.failingSinceMs === null;
}

function noteAcceptance(state: DeliveryState): void {
  const now = state.parts.nowMs();
  if (state.pace.failingSinceMs !== null) state.outageMs = failingMs(state.pace, now);
  state.pace = afterAcceptance(now);
}

function retryLater(state: DeliveryState, failed: FailedReport): void {
  const { nowMs, random } = state.parts;
  const waitMs = retryInMs(state.pace, nowMs(), random);
  wakeAfter(state, waitMs);
  // A full buffer is not worth a log entry: it empties within a round trip to the broker.
  if (!isBusy(state.pace, nowMs())) logKept(state, failed, waitMs);
}

function logKept({ parts }: DeliveryState, { report, failure }: FailedReport, retryInMs: number): void {
  const { why, attempts } = failure;
  parts.onEvent({ event: "report.kept", id: report.id, why, attempts, retryInMs });
}

function wakeAfter(state: DeliveryState, milliseconds: number): void {
  state.cancelRetry();
  if (!state.stopped) state.cancelRetry = state.parts.later(milliseconds, () => void flush(state));
}

/** Once the transport works again after an outage, sends the rest after a random wait. */
function resumeAfterOutage(state: DeliveryState): void {
  const { outbox, random, later, onEvent } = state.parts;
  const lastedMs = state.outageMs ?? 0;
  state.outageMs = null;
  if (!isOutage(lastedMs) || state.stopped) return;
  const collapsed = outbox.collapse();
  if (outbox.waiting === 0) return;
  state.cancelSpread?.();
  const inMs = spreadInMs(lastedMs, random);
  state.cancelSpread = later(inMs, () => {
    state.cancelSpread = null;
    void flush(state);
  });
  onEvent({ event: "delivery.resuming", waiting: outbox.waiting, collapsed, inMs });
}
