import { elapsedMs, type Instant } from "../base/clock.js";
import { messageOf } from "../base/errors.js";
import type { Ack, Report, UnnumberedReport } from "../report/report.js";
import { addToGaps, mergeGaps } from "./gaps.js";
import { type Entry, ForeignWriterError, type Journal, openJournal, type Place, type SegmentStore } from "./journal.js";
import { ackOf, afterIt, jobOf, type Numbered, numberAll, type Seals, sizeOf } from "./numbering.js";
import type { Checksum, Mark } from "./record.js";
import { replay, type State } from "./replay.js";
import { collapsible, mayGo, type Superseded } from "./room.js";
import { emptyShelf, type Kept, runsOf, type Waiting } from "./shelf.js";

/** Reports that were made and whose arrival is not certain yet, in order; they survive a restart of the process. */
export interface Outbox {
  /** Gives the report its place and keeps it: it is on the disk when this returns (or in memory, see `place`). */
  add(report: UnnumberedReport): Report;
  /** The same for several, which reach the disk together: that costs as much as for one. */
  addAll(reports: readonly UnnumberedReport[]): readonly Report[];
  /** What the transport has not taken, oldest first. */
  unsent(): readonly Waiting[];
  /** A report by its id, to be handed to the transport; null when it is not here any more. Throws while the folder cannot be read. */
  read(id: string): Report | null;
  /** The transport has taken the report: it stays until the cloud has it, or for 24 h where the cloud never says so. */
  delivered(id: string): void;
  /**
   * The cloud has all reports of the epoch (default: the present one) up to the sequence. Frees those of them that were handed to
   * the transport, and tells how many: others cannot be there, whatever is said.
   */
  acknowledge(sequence: number, epoch?: string): number;
  /** Throws away a report that can never be delivered; the next report names it as a gap. */
  discard(id: string): void;
  /** Throws away heartbeats that say no more than a later report; the next report names them. Tells how many. */
  collapse(): number;
  /** Lets what the transport took at least so long ago, and nobody has acknowledged, be sent once more. Tells how many. */
  resend(afterMs: number): number;
  /** How many the transport has not taken. */
  readonly waiting: number;
  /** How many it has taken that nobody has acknowledged. */
  readonly unacknowledged: number;
  readonly ack: Ack;
  /** Tries to write what is kept in memory. False while it is still there. */
  recover(): boolean;
  /** Writes nothing any more: another outbox may be opened over the store. */
  close(): void;
  /** How long the oldest report that waits has waited, in milliseconds; 0 when none does. */
  waitedMs(): number;
  /** `memory` while the folder cannot be used, with the reason. */
  readonly storage: { readonly kind: "disk" | "memory"; readonly problem: string | null };
  /** What was found at the start of which nobody can tell what it held; null when there was nothing. */
  readonly damage: string | null;
}

/** What an outbox works with. */
export interface OutboxParts extends Seals {
  readonly store: SegmentStore;
  readonly maxBytes: () => number;
  /** A new epoch's name, never given before. */
  readonly newEpoch: () => string;
  readonly now: () => Instant;
  readonly checksum: Checksum;
  readonly onProblem: (what: string) => void;
}

const RETENTION_MS = 24 * 3_600_000;
const EXPIRE_EVERY_MS = 60_000;
const MOST_MEMORY_BYTES = 2 * 2 ** 20;
/** What a place, a clock, a seal and a signature add to a report, at most. */
const PLACE_BYTES = 1_024;
/** Before it no device was made that runs this: a wall clock that says so has not been set. */
const FIRST_WALL_MS = Date.UTC(2020);

/**
 * The outbox over a store.
 *
 * Invariants: a report is on the disk before it counts as made; a sequence of an epoch is given once, so two reports of one id
 * are the same report. While the store fails, reports get their places in a new epoch that lives in memory: should the process
 * end before the store heals, the old epoch goes on where the disk left it. A new epoch begins too where a sequence may have been
 * given that nobody knows of: when what was written last cannot be read, and when another process writes to the store.
 */
export function openOutbox(parts: OutboxParts): Outbox {
  const { store, now, onProblem } = parts;
  const shelf = emptyShelf();
  let problem: string | null = null;
  /** Whether the disk knows the present epoch: then no sequence of it may be given in memory alone. */
  let epochIsKept = false;
  let journal: Journal | null = null;
  let state: State = { era: 0, epoch: "", sequence: 0, gaps: [], digest: null, acknowledged: false };
  let expiredAtMs = Number.NEGATIVE_INFINITY;
  let closed = false;
  let damage: string | null = null;
  /** What damage has left is moved to new segments, so that the next start finds none. */
  let damagedUpTo = 0;
  let unreadable: readonly string[] = [];
  /** What the transport was given: it may have arrived, whatever came of the attempt. */
  const handed = new Set<string>();

  attempt(open, undefined);
  epochIsKept = state.epoch !== "";
  if (state.epoch === "") beginEpoch();
  expire(now());
  reclaim();

  function segmentBytes(): number {
    return Math.min(2 ** 20, Math.floor(parts.maxBytes() / 16));
  }

  /** Takes up what the store holds; when that comes late, behind it what was made in memory meanwhile. */
  function open(): void {
    const opened = openJournal(store, parts.checksum, segmentBytes, onProblem);
    ({ journal, damagedUpTo, unreadable } = opened);
    const found = replay(opened.records);
    const { epoch, era } = state;
    const late = shelf.all();
    for (const { mark, place, sentAt } of found.reports) shelf.put(mark, place, sentAt);
    if (epoch !== "") {
      state = {
        ...state,
        era: Math.max(era, (found.state?.era ?? 0) + 1),
        gaps: mergeGaps(state.gaps, found.state?.gaps ?? []),
      };
      for (const { mark, at, sentAt } of late) shelf.put({ ...mark, era: state.era }, at, sentAt);
      shelf.sort();
    } else if (found.state !== null) {
      state = found.state;
    }
    if (opened.endIsKnown) return;
    const last = found.state === null ? "" : ` after ${found.state.epoch}.${found.state.sequence}`;
    damage = `The outbox was damaged: reports${last} may be lost that no gap names`;
    if (epoch === "" && found.state !== null) beginEpoch();
  }

  function beginEpoch(): void {
    state = { ...state, era: state.era + 1, epoch: parts.newEpoch(), sequence: 0 };
  }

  function attempt<T>(action: () => T, otherwise: T): T {
    try {
      const result = action();
      problem = null;
      return result;
    } catch (error) {
      const text = messageOf(error);
      if (problem === null) onProblem(`Cannot use the outbox folder: ${text}`);
      problem = text;
      return otherwise;
    }
  }

  function header(): Mark {
    const entries = shelf.all().filter((entry) => !isToldBySending(entry));
    // It must stay small: where reports have gone in many places, the last runs are not told.
    const waiting = runsOf(entries, Math.min(500, segmentBytes() >> 7));
    // What reports tell that are not on the disk yet would go with them.
    const carried = entries.flatMap(({ at, mark }) => (typeof at === "string" ? (mark.gaps ?? []) : []));
    const gaps = mergeGaps(state.gaps, carried);
    return { type: "H", v: 1, ...state, gaps, ...(entries.length > 0 ? { waiting } : {}) };
  }

  /** Whether the transport's word is all that will ever be had of a report. */
  function isToldBySending(entry: Kept): boolean {
    return entry.sent && !state.acknowledged;
  }

  /** Writes records; a segment that failed is given up, so a second try begins a new one. Null when both have failed. */
  function write(entries: () => readonly Entry[], durable: boolean): readonly Place[] | null {
    if (closed) return null;
    return attempt(() => {
      if (journal === null) open();
      const to = journal as unknown as Journal;
      try {
        return to.append(entries(), header, durable);
      } catch (error) {
        if (error instanceof ForeignWriterError) {
          onProblem(`Another process writes to the outbox, so a new epoch begins: ${error.message}`);
          beginEpoch();
        }
        return to.append(entries(), header, durable);
      }
    }, null);
  }

  /** Forgets a report; one that nobody is known to have is counted as a gap, with the gaps that it was to tell. */
  function drop(entry: Kept): void {
    const { epoch, sequence, mark, at } = entry;
    const told = isToldBySending(entry);
    forget(entry);
    if (!told) {
      state = { ...state, gaps: mergeGaps(addToGaps(state.gaps, epoch, sequence), mark.gaps ?? []) };
    }
    if (typeof at !== "string") note({ type: "D", epoch, sequence, ...(told ? { told } : {}) });
  }

  function forget(entry: Kept): void {
    shelf.take(entry);
    handed.delete(entry.id);
  }

  /** A mark whose loss would do no more harm than a report sent twice: not waited for, and not tried while the disk fails. */
  function note(mark: Mark): void {
    if (problem === null) write(() => [{ mark }], false);
  }

  /** Throws away what may go until there is room for coming reports. */
  function makeRoom(coming: readonly Superseded[], needed: number): void {
    // The rest is for what is dead and not yet removed, and for moving.
    const most = parts.maxBytes() - 4 * segmentBytes();
    const isFull = () => shelf.bytes + needed > most;
    const isMemoryFull = () => problem !== null && shelf.memoryBytes + needed > MOST_MEMORY_BYTES;
    if (!isFull() && !isMemoryFull()) return;
    for (const entry of mayGo(shelf.all(), coming)) {
      // What lies on the disk makes no room in memory.
      if (isFull() || (isMemoryFull() && typeof entry.at === "string")) drop(entry);
    }
    if (isFull()) onProblem(`The outbox holds ${shelf.bytes} bytes, more than ${most}, and all of it is needed`);
  }

  /** Removes segments of which nothing is needed; moves out of the oldest what is, where the whole would be too large. */
  function reclaim(needed = 0): void {
    setAside();
    const most = parts.maxBytes() - 2 * segmentBytes() - needed;
    for (let turns = journal?.segments.length ?? 0; turns > 0 && journal !== null && problem === null; turns--) {
      const oldest = journal.segments[0];
      if (oldest === undefined) return;
      const dead = shelf.aliveIn(oldest.number) === 0 && journal.segments.length > 1;
      const mayStay = journal.bytes <= most && oldest.number > damagedUpTo;
      if (!dead && (mayStay || !moveOut(oldest.number, journal))) return;
      const from = journal;
      attempt(() => from.removeOldest(), undefined);
    }
  }

  /** Puts files away that cannot be read, once the disk knows what is known without them. */
  function setAside(): void {
    if (unreadable.length === 0 || journal === null || problem !== null) return;
    if (write(() => [{ mark: header() }], true) === null) return;
    journal.setAside(unreadable);
    unreadable = [];
  }

  /** Copies what is alive in a segment to the newest; what cannot be read any more is named as a gap. */
  function moveOut(segment: number, from: Journal): boolean {
    if (from.segments.length === 1) from.roll();
    const copies: { entry: Kept; body: string }[] = [];
    for (const entry of shelf.all()) {
      const { at } = entry;
      if (typeof at === "string" || at.segment !== segment) continue;
      const body = attempt(() => from.body(at), null);
      if (problem !== null) return false;
      if (body === null) drop(entry);
      else copies.push({ entry, body });
    }
    // The state alone where nothing is left: the newest segment must not be the one that goes.
    const places = write(() => (copies.length === 0 ? [{ mark: header() }] : copies.map(copyOf)), true);
    if (places === null) return false;
    for (const [at, { entry }] of copies.entries()) shelf.put(entry.mark, places[at] as Place, entry.sentAt);
    return true;
  }

  /** Forgets what the transport took a day ago and nobody will acknowledge. */
  function expire(at: Instant): void {
    if (at.bootMs - expiredAtMs < EXPIRE_EVERY_MS) return;
    expiredAtMs = at.bootMs;
    if (state.acknowledged) return;
    for (const entry of [...shelf.sent.values()]) {
      const { sentAt } = entry;
      if (sentAt === null) continue;
      // Sent by a clock that nobody had set, in an earlier boot: nobody knows when, so the day begins now.
      if (sentAt.boot !== at.boot && sentAt.wallMs < FIRST_WALL_MS) shelf.put(entry.mark, entry.at, at);
      else if (elapsedMs(sentAt, at) >= RETENTION_MS) forget(entry);
    }
  }

  /** Writes what was kept in memory while the store failed, if anything, and reports behind it. Null when it cannot be. */
  function save(reports: readonly UnnumberedReport[], now: Instant): readonly Placed[] | null {
    let before: readonly Kept[] = [];
    let made: readonly Numbered[] = [];
    const places = write(() => {
      before = shelf.memoryBytes === 0 ? [] : shelf.all().filter(({ at }) => typeof at === "string");
      // After a time in memory the disk does not know how far the sequence has come.
      const known = problem === null ? [] : [{ mark: header() }];
      made = numberAll(reports, state, now, parts);
      return [...known, ...before.map((entry) => copyOf({ entry, body: String(entry.at) })), ...made];
    }, true);
    if (places === null) {
      // Of this epoch the disk may have been told.
      epochIsKept ||= journal?.hasLeftOver ?? false;
      return null;
    }
    const behind = places.length - made.length;
    for (const [at, { mark, sentAt }] of before.entries()) {
      shelf.put(mark, places[behind - before.length + at] as Place, sentAt);
    }
    epochIsKept = true;
    return made.map((each, at) => ({ ...each, at: places[behind + at] as Place }));
  }

  /** Numbers reports that live in memory alone: in an epoch that the disk has never seen. */
  function remember(reports: readonly UnnumberedReport[], now: Instant): readonly Placed[] {
    if (epochIsKept) beginEpoch();
    epochIsKept = false;
    const inMemory = reports.map((report) => ({ ...report, agent: { ...report.agent, outbox: "memory" } }));
    return numberAll(inMemory as readonly UnnumberedReport[], state, now, parts).map((each) => ({
      ...each,
      at: each.body,
    }));
  }

  function addAll(reports: readonly UnnumberedReport[]): readonly Report[] {
    if (reports.length === 0) return [];
    const at = now();
    expire(at);
    const needed = reports.reduce((sum, each) => sum + sizeOf(each) + PLACE_BYTES, 0);
    makeRoom(
      reports.map((each) => ({ kind: each.kind, job: jobOf(each), sent: false })),
      needed,
    );
    reclaim(needed);
    const made = save(reports, at) ?? remember(reports, at);
    for (const each of made) {
      shelf.put(each.mark, each.at, null);
      state = afterIt(state, each);
    }
    return made.map(({ report }) => report);
  }

  function heal(): boolean {
    if (problem !== null && !closed) save([], now());
    return problem === null;
  }

  /** A report's text; null when it is gone or no longer checks out. Throws while the folder cannot be read. */
  function bodyOf({ at }: Kept): string | null {
    return typeof at === "string" ? at : (journal?.body(at) ?? null);
  }

  /** How long ago a report was made, in milliseconds; 0 when that cannot be read. */
  function ageOf(entry: Kept): number {
    try {
      const { clock, checkedAt } = JSON.parse(bodyOf(entry) ?? "{}") as Partial<Report>;
      if (clock === undefined || checkedAt === undefined) return 0;
      const made = { boot: clock.boot, bootMs: clock.ms, wallMs: Date.parse(checkedAt) };
      return Math.max(0, elapsedMs(made, now()));
    } catch {
      // What a read says of the disk is no word on whether it can be written to.
      return 0;
    }
  }

  function read(id: string): Report | null {
    const entry = shelf.get(id);
    if (entry === undefined) return null;
    const body = bodyOf(entry);
    if (body !== null) {
      handed.add(id);
      return JSON.parse(body) as Report;
    }
    onProblem(`Cannot read the waiting report ${id}: it is damaged or gone, so it is named as a gap`);
    drop(entry);
    return null;
  }

  return {
    add: (report) => addAll([report])[0] as Report,
    addAll,
    read,
    unsent: () => [...shelf.unsent.values()],
    delivered(id) {
      const entry = shelf.unsent.get(id);
      if (entry === undefined) return;
      const at = now();
      shelf.put(entry.mark, entry.at, at);
      if (typeof entry.at !== "string") note({ type: "S", epoch: entry.epoch, sequence: entry.sequence, at });
      expire(at);
      reclaim();
    },
    acknowledge(sequence, epoch = state.epoch) {
      // More than was ever given is somebody's mistake, and must not cost a report.
      if (!Number.isSafeInteger(sequence) || (epoch === state.epoch && sequence > state.sequence)) return 0;
      const arrived = shelf
        .all()
        .filter((each) => each.epoch === epoch && each.sequence <= sequence && (each.sent || handed.has(each.id)));
      if (arrived.length === 0 && (epoch !== state.epoch || state.acknowledged)) return 0;
      state = { ...state, acknowledged: true };
      for (const entry of arrived) forget(entry);
      note({ type: "A", epoch, sequence });
      reclaim();
      return arrived.length;
    },
    discard(id) {
      const entry = shelf.get(id);
      if (entry === undefined) return;
      drop(entry);
      reclaim();
    },
    collapse() {
      const going = collapsible(shelf.all());
      for (const entry of going) drop(entry);
      reclaim();
      return going.length;
    },
    resend(afterMs) {
      const at = now();
      const again = [...shelf.sent.values()].filter(
        ({ sentAt }) => sentAt !== null && elapsedMs(sentAt, at) >= afterMs,
      );
      for (const entry of again) {
        handed.add(entry.id);
        shelf.put(entry.mark, entry.at, null);
      }
      if (again.length > 0) shelf.sort();
      return again.length;
    },
    recover: heal,
    close() {
      closed = true;
    },
    waitedMs() {
      const [first] = shelf.unsent.values();
      return first === undefined ? 0 : ageOf(first);
    },
    get waiting() {
      return shelf.unsent.size;
    },
    get unacknowledged() {
      return shelf.sent.size;
    },
    get ack() {
      return ackOf(state);
    },
    get storage() {
      return { kind: problem === null ? ("disk" as const) : ("memory" as const), problem };
    },
    get damage() {
      return damage;
    },
  };
}

/** A numbered report, and where it lies. */
interface Placed extends Numbered {
  readonly at: Kept["at"];
}

function copyOf({ entry, body }: { readonly entry: Kept; readonly body: string }): Entry {
  const { mark, sentAt } = entry;
  return { mark: { ...mark, copy: true, ...(sentAt === null ? {} : { sent: sentAt }) }, body };
}
