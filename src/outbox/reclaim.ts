import { elapsedMs, type Instant } from "../base/clock.js";
import { attempt, note, write } from "./disk.js";
import { type EvictionCandidate, evictable } from "./eviction.js";
import { addToGaps, mergeGaps } from "./gaps.js";
import type { Journal, RecordLocation } from "./journal.js";
import { copyOf, headerMark, isDoneWhenSent, type OutboxState, segmentBytes } from "./outbox-state.js";
import type { StoredReport } from "./report-index.js";

const RETENTION_MS = 24 * 3_600_000;
const EXPIRE_EVERY_MS = 60_000;
const MOST_MEMORY_BYTES = 2 * 2 ** 20;
/** A wall clock before this has not been set, since packdrift did not exist then. */
const FIRST_WALL_MS = Date.UTC(2020);

/** Removes a report from the index, because it has arrived or is not needed. */
export function forget({ index, handedOver }: OutboxState, entry: StoredReport): void {
  index.remove(entry);
  handedOver.delete(entry.id);
}

/** Discards a report. If it may not have arrived, it becomes a gap, together with the gaps that it would have named. */
export function drop(state: OutboxState, entry: StoredReport): void {
  const { epoch, sequence, mark, location } = entry;
  const isDone = isDoneWhenSent(entry, state.chain);
  forget(state, entry);
  if (!isDone) {
    const gaps = mergeGaps(addToGaps(state.chain.gaps, epoch, sequence), mark.gaps ?? []);
    state.chain = { ...state.chain, gaps };
  }
  if (typeof location !== "string") note(state, { type: "D", epoch, sequence, ...(isDone ? { told: true } : {}) });
}

/** Discards reports until `needed` bytes of new ones fit. */
export function makeRoom(state: OutboxState, coming: readonly EvictionCandidate[], needed: number): void {
  const { index, parts } = state;
  // The rest is reserved for copies, and for obsolete records not yet removed.
  const most = parts.maxBytes() - 4 * segmentBytes(parts);
  const isFull = () => index.bytes + needed > most;
  const isMemoryFull = () => state.problem !== null && index.memoryBytes + needed > MOST_MEMORY_BYTES;
  if (!isFull() && !isMemoryFull()) return;
  for (const entry of evictable(index.all(), coming)) {
    // Discarding from the disk frees no memory.
    if (isFull() || (isMemoryFull() && typeof entry.location === "string")) drop(state, entry);
  }
  if (isFull()) parts.onProblem(`The outbox holds ${index.bytes} bytes, more than ${most}, and all of it is needed`);
}

/** Removes segments without stored reports; while the journal is too large, first moves the reports out of the oldest. */
export function reclaim(state: OutboxState, needed = 0): void {
  setAside(state);
  const { index, parts, journal } = state;
  if (journal === null) return;
  const most = parts.maxBytes() - 2 * segmentBytes(parts) - needed;
  for (let turns = journal.segments.length; turns > 0 && state.problem === null; turns--) {
    const [oldest] = journal.segments;
    if (oldest === undefined) return;
    const isEmpty = index.countIn(oldest.number) === 0 && journal.segments.length > 1;
    const mayStay = journal.bytes <= most && oldest.number > state.damagedUpTo;
    if (!isEmpty && (mayStay || !moveOut(state, oldest.number, journal))) return;
    attempt(state, () => journal.removeOldest(), undefined);
  }
}

/** Forgets reports that the transport accepted a day ago, if the cloud never acknowledges. */
export function expire(state: OutboxState, now: Instant): void {
  const { index, chain } = state;
  if (now.bootMs - state.expiredAtMs < EXPIRE_EVERY_MS) return;
  state.expiredAtMs = now.bootMs;
  if (chain.acknowledged) return;
  for (const entry of [...index.sent.values()]) {
    const { sentAt } = entry;
    if (sentAt === null) continue;
    if (isAgeUnknown(sentAt, now)) index.put(entry.mark, entry.location, now);
    else if (elapsedMs(sentAt, now) >= RETENTION_MS) forget(state, entry);
  }
}

/** Whether a report was sent in an earlier boot with an unset clock; its day then starts now. */
function isAgeUnknown(sentAt: Instant, now: Instant): boolean {
  return sentAt.boot !== now.boot && sentAt.wallMs < FIRST_WALL_MS;
}

/** Renames unreadable files once everything else known is on disk. */
function setAside(state: OutboxState): void {
  const { unreadable, journal, problem } = state;
  if (unreadable.length === 0 || journal === null || problem !== null) return;
  if (write(state, () => [{ mark: headerMark(state) }], true) === null) return;
  journal.setAside(unreadable);
  state.unreadable = [];
}

/** Copies a segment's reports to the newest one; a report that cannot be read becomes a gap. False when the disk fails. */
function moveOut(state: OutboxState, segment: number, journal: Journal): boolean {
  if (journal.segments.length === 1) journal.roll();
  const copies: { readonly entry: StoredReport; readonly body: string }[] = [];
  for (const entry of state.index.all()) {
    const { location } = entry;
    if (typeof location === "string" || location.segment !== segment) continue;
    const body = attempt(state, () => journal.body(location), null);
    if (state.problem !== null) return false;
    if (body === null) drop(state, entry);
    else copies.push({ entry, body });
  }
  // Write a header even if no report is left, so that the segment removed is not the newest.
  const records = () =>
    copies.length === 0 ? [{ mark: headerMark(state) }] : copies.map(({ entry, body }) => copyOf(entry, body));
  const locations = write(state, records, true);
  if (locations === null) return false;
  for (const [at, { entry }] of copies.entries()) {
    state.index.put(entry.mark, locations[at] as RecordLocation, entry.sentAt);
  }
  return true;
}
