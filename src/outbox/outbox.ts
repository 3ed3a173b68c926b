import { elapsedMs } from "../base/clock.js";
import { InvalidInputError } from "../base/errors.js";
import { checkReport } from "../report/parse-report.js";
import type { Ack, Report, UnnumberedReport } from "../report/report.js";
import { addReports, recover } from "./add-reports.js";
import { attempt, note, openDisk } from "./disk.js";
import { collapsible } from "./eviction.js";
import { ackOf } from "./numbering.js";
import { beginEpoch, newState, type OutboxParts, type OutboxState } from "./outbox-state.js";
import { drop, expire, forget, reclaim } from "./reclaim.js";
import type { QueuedReport, StoredReport } from "./report-index.js";

export type { OutboxParts } from "./outbox-state.js";

/** Stores reports, in order and across restarts, until their arrival is certain. */
export interface Outbox {
  /** Numbers the report and stores it; it is on disk when this returns (or in memory, see `storage`). */
  add(report: UnnumberedReport): Report;
  /** Like `add`, for several reports in one write. */
  addAll(reports: readonly UnnumberedReport[]): readonly Report[];
  /** Reports that the transport has not accepted, oldest first. */
  unsent(): readonly QueuedReport[];
  /** Reads a report to hand to the transport; null when it is gone. Throws while the folder cannot be read. */
  read(id: string): Report | null;
  /** Notes that the transport accepted the report, which stays until the cloud acknowledges it, or for 24 h if it never does. */
  delivered(id: string): void;
  /**
   * Notes that the cloud has all reports of the epoch (default: the current one) up to the sequence. Removes those that were
   * handed to the transport and returns their number; the others cannot have arrived, even if the cloud acknowledges them.
   */
  acknowledge(sequence: number, epoch?: string): number;
  /** Discards a report that can never be delivered; the next report names it as a gap. */
  discard(id: string): void;
  /** Discards heartbeats that a later report supersedes; the next report names them. Returns how many. */
  collapse(): number;
  /** Queues unacknowledged reports again that the transport accepted at least this long ago. Returns how many. */
  resend(afterMs: number): number;
  /** How many reports the transport has not accepted. */
  readonly waiting: number;
  /** How many reports the transport has accepted but the cloud has not acknowledged. */
  readonly unacknowledged: number;
  readonly ack: Ack;
  /** Tries to write reports that are only in memory to disk. False while some still are. */
  recover(): boolean;
  /** Stops writing, so that another outbox may be opened over the store. */
  close(): void;
  /** How long the oldest unsent report has waited, in milliseconds; 0 without one. */
  waitedMs(): number;
  /** `memory`, with the reason, while the folder cannot be used. */
  readonly storage: { readonly kind: "disk" | "memory"; readonly problem: string | null };
  /** The damage found at the start; null if there was none. */
  readonly damage: string | null;
}

/**
 * Opens the outbox over a store.
 *
 * Invariants: a report is on disk before it counts as made. Each sequence of an epoch is assigned once, so two reports with the
 * same id are the same report. While the store fails, reports are numbered in a new epoch that exists only in memory: if the
 * process ends before the store recovers, the old epoch continues where the disk left off. A new epoch also begins when an
 * assigned sequence may be unknown: when the end of the journal cannot be read, or another process writes to the store.
 */
export function openOutbox(parts: OutboxParts): Outbox {
  const state = newState(parts);
  const { index, handedOver } = state;
  attempt(state, () => openDisk(state), null);
  state.epochIsOnDisk = state.chain.epoch !== "";
  if (!state.epochIsOnDisk) beginEpoch(state);
  expire(state, parts.now());
  reclaim(state);
  return {
    add(report) {
      const [made] = addReports(state, [report]);
      if (made === undefined) throw new Error("The outbox made no report from the draft that it was given");
      return made;
    },
    addAll: (reports) => addReports(state, reports),
    unsent: () => [...index.unsent.values()],
    read: (id) => readReport(state, id),
    delivered: (id) => markDelivered(state, id),
    acknowledge: (sequence, epoch = state.chain.epoch) => acknowledge(state, sequence, epoch),
    discard(id) {
      const entry = index.get(id);
      if (entry !== undefined) dropAll(state, [entry]);
    },
    collapse: () => dropAll(state, collapsible(index.all())),
    resend(afterMs) {
      const now = parts.now();
      const again = [...index.sent.values()].filter(
        ({ sentAt }) => sentAt !== null && elapsedMs(sentAt, now) >= afterMs,
      );
      for (const { id, mark, location } of again) {
        handedOver.add(id);
        index.put(mark, location, null);
      }
      if (again.length > 0) index.sort();
      return again.length;
    },
    recover: () => recover(state),
    close() {
      state.closed = true;
    },
    waitedMs() {
      const [first] = index.unsent.values();
      return first === undefined ? 0 : ageMs(state, first);
    },
    get waiting() {
      return index.unsent.size;
    },
    get unacknowledged() {
      return index.sent.size;
    },
    get ack() {
      return ackOf(state.chain);
    },
    get storage() {
      const { problem } = state;
      return { kind: problem === null ? ("disk" as const) : ("memory" as const), problem };
    },
    get damage() {
      return state.damage;
    },
  };
}

function readReport(state: OutboxState, id: string): Report | null {
  const entry = state.index.get(id);
  if (entry === undefined) return null;
  const body = bodyOf(state, entry);
  const report = body === null ? null : reportIn(body);
  if (report !== null) {
    state.handedOver.add(id);
    return report;
  }
  state.parts.onProblem(`Cannot read the waiting report ${id}: it is damaged or gone, so it is named as a gap`);
  drop(state, entry);
  return null;
}

function markDelivered(state: OutboxState, id: string): void {
  const { index, parts } = state;
  const entry = index.unsent.get(id);
  if (entry === undefined) return;
  const { mark, location, epoch, sequence } = entry;
  const at = parts.now();
  index.put(mark, location, at);
  if (typeof location !== "string") note(state, { type: "S", epoch, sequence, at });
  expire(state, at);
  reclaim(state);
}

function acknowledge(state: OutboxState, sequence: number, epoch: string): number {
  const { index, chain, handedOver } = state;
  const isPresent = epoch === chain.epoch;
  // Ignore acknowledgements beyond the last sequence assigned.
  if (!Number.isSafeInteger(sequence) || (isPresent && sequence > chain.sequence)) return 0;
  const arrived = index
    .all()
    .filter((each) => each.epoch === epoch && each.sequence <= sequence && (each.sent || handedOver.has(each.id)));
  if (arrived.length === 0 && (!isPresent || chain.acknowledged)) return 0;
  state.chain = { ...chain, acknowledged: true };
  for (const entry of arrived) forget(state, entry);
  note(state, { type: "A", epoch, sequence });
  reclaim(state);
  return arrived.length;
}

function dropAll(state: OutboxState, entries: readonly StoredReport[]): number {
  for (const entry of entries) drop(state, entry);
  reclaim(state);
  return entries.length;
}

/** A report's JSON; null when it is gone or its checksum does not match. Throws while the folder cannot be read. */
function bodyOf({ journal }: OutboxState, { location }: StoredReport): string | null {
  return typeof location === "string" ? location : (journal?.body(location) ?? null);
}

/** A stored report; null if the text is not a report, although its checksum matches. */
function reportIn(body: string): Report | null {
  try {
    return checkReport(JSON.parse(body));
  } catch (error) {
    if (error instanceof InvalidInputError || error instanceof SyntaxError) return null;
    throw error;
  }
}

/** How long ago a report was made, in milliseconds; 0 when that cannot be read. */
function ageMs(state: OutboxState, entry: StoredReport): number {
  try {
    const report = reportIn(bodyOf(state, entry) ?? "");
    if (report?.clock === undefined) return 0;
    const { clock, checkedAt } = report;
    const made = { boot: clock.boot, bootMs: clock.ms, wallMs: Date.parse(checkedAt) };
    return Math.max(0, elapsedMs(made, state.parts.now()));
  } catch {
    // A failed read does not show whether the disk can be written to.
    return 0;
  }
}
