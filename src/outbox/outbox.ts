import { messageOf } from "../errors.js";
import type { Ack, Report, UnnumberedReport } from "../report/report.js";
import { sealedText, signedText } from "../report/seal.js";
import { addToGaps, mergeGaps, toldGaps } from "./gaps.js";
import { type Entry, type Journal, openJournal, type Place, type Store } from "./journal.js";
import type { Checksum, Instant, Mark } from "./record.js";
import { replay, type State } from "./replay.js";
import { collapsible, mayGo, type Superseded } from "./room.js";
import { emptyShelf, type Kept, type Waiting } from "./shelf.js";

/** Reports that were made and whose arrival is not certain yet, in order; they survive a restart of the process. */
export interface Outbox {
  /** Gives the report its place and keeps it: it is on the disk when this returns (or in memory, see `place`). */
  add(report: UnnumberedReport): Report;
  /** The same for several, which reach the disk together: that costs as much as for one. */
  addAll(reports: readonly UnnumberedReport[]): readonly Report[];
  /** What the transport has not taken, oldest first. */
  unsent(): readonly Waiting[];
  /** A report by its id; null when it is not here any more. Throws while the folder cannot be read. */
  read(id: string): Report | null;
  /** The transport has taken the report: it stays until the cloud has it, or for 24 h where the cloud never says so. */
  delivered(id: string): void;
  /** The cloud has all reports of the epoch (default: the present one) up to the sequence. Tells how many were freed by it. */
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
  /** `memory` while the folder cannot be used, with the reason. */
  readonly place: { readonly kind: "disk" | "memory"; readonly problem: string | null };
}

/** What an outbox works with. */
export interface OutboxParts {
  readonly store: Store;
  readonly maxBytes: () => number;
  /** A new epoch's name, never given before. */
  readonly newEpoch: () => string;
  readonly now: () => Instant;
  /** SHA-256, base64url. */
  readonly digest: (text: string) => string;
  readonly checksum: Checksum;
  /** Ed25519, base64url; null where there is no key. */
  readonly sign: (text: string) => string | null;
  readonly onProblem: (what: string) => void;
}

const RETENTION_MS = 24 * 3_600_000;
const EXPIRE_EVERY_MS = 60_000;
const MOST_MEMORY_BYTES = 2 * 2 ** 20;
/** What a place, a clock, a seal and a signature add to a report, at most. */
const PLACE_BYTES = 1_024;

/**
 * The outbox over a store.
 *
 * Invariants: a report is on the disk before it counts as made; a sequence of an epoch is given once, so two reports of one id
 * are the same report. While the store fails, reports get their places in a new epoch that lives in memory: should the process
 * end before the store heals, the old epoch goes on where the disk left it. After damage, which may hide a sequence that was
 * given, a new epoch begins.
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

  attempt(open, undefined);
  epochIsKept = state.epoch !== "";
  if (state.epoch === "") beginEpoch();
  expire(now());

  function segmentBytes(): number {
    return Math.min(2 ** 20, Math.floor(parts.maxBytes() / 16));
  }

  /** Takes up what the store holds; when that comes late, behind it what was made in memory meanwhile. */
  function open(): void {
    const opened = openJournal(store, parts.checksum, segmentBytes, onProblem);
    journal = opened.journal;
    const found = replay(opened.records, opened.damaged);
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
      if (found.damaged) beginEpoch();
    }
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
    return { type: "H", v: 1, ...state };
  }

  /** Writes records; a segment that failed is given up, so a second try begins a new one. Null when both have failed. */
  function write(entries: () => readonly Entry[], durable: boolean): readonly Place[] | null {
    return attempt(() => {
      if (journal === null) open();
      const to = journal as unknown as Journal;
      try {
        return to.append(entries(), header, durable);
      } catch {
        return to.append(entries(), header, durable);
      }
    }, null);
  }

  /** Forgets a report; one that nobody is known to have is counted as a gap, with the gaps that it was to tell. */
  function drop(entry: Kept): void {
    shelf.take(entry);
    const { epoch, sequence, mark, at } = entry;
    const told = entry.sent && !state.acknowledged;
    if (!told) {
      state = { ...state, gaps: mergeGaps(addToGaps(state.gaps, epoch, sequence), mark.gaps ?? []) };
    }
    if (typeof at !== "string") note({ type: "D", epoch, sequence, ...(told ? { told } : {}) });
  }

  /** A mark whose loss would do no more harm than a report sent twice: not waited for, and not tried while the disk fails. */
  function note(mark: Mark): void {
    if (problem === null) write(() => [{ mark }], false);
  }

  /** Throws away what may go until there is room for coming reports. */
  function makeRoom(coming: readonly Superseded[], needed: number): void {
    // The rest is for what is dead and not yet removed, and for moving.
    const most = parts.maxBytes() - 4 * segmentBytes();
    const fits = () =>
      shelf.bytes + needed <= most && (problem === null || shelf.memoryBytes + needed <= MOST_MEMORY_BYTES);
    if (fits()) return;
    for (const entry of mayGo(shelf.all(), coming)) {
      if (fits()) return;
      drop(entry);
    }
    if (!fits()) onProblem(`The outbox holds ${shelf.bytes} bytes, more than ${most}, and all of it is needed`);
  }

  /** Removes segments of which nothing is needed; moves out of the oldest what is, where the whole would be too large. */
  function reclaim(needed = 0): void {
    const most = parts.maxBytes() - 2 * segmentBytes() - needed;
    for (let turns = journal?.segments.length ?? 0; turns > 0 && journal !== null && problem === null; turns--) {
      const oldest = journal.segments[0];
      if (oldest === undefined) return;
      const dead = shelf.aliveIn(oldest.number) === 0 && journal.segments.length > 1;
      if (!dead && (journal.bytes <= most || !moveOut(oldest.number, journal))) return;
      const from = journal;
      attempt(() => from.removeOldest(), undefined);
    }
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
    const state = [{ mark: header() }];
    const places = write(() => (copies.length === 0 ? state : copies.map(copyOf)), true);
    if (places === null) return false;
    for (const [at, { entry }] of copies.entries()) shelf.put(entry.mark, places[at] as Place, entry.sentAt);
    return true;
  }

  /** Forgets what the transport took a day ago and nobody will acknowledge. */
  function expire(at: Instant): void {
    if (at.bootMs - expiredAtMs < EXPIRE_EVERY_MS) return;
    expiredAtMs = at.bootMs;
    for (const entry of [...shelf.sent.values()]) {
      if (state.acknowledged && entry.epoch === state.epoch) continue;
      if (entry.sentAt !== null && age(entry.sentAt, at) >= RETENTION_MS) shelf.take(entry);
    }
  }

  /** The report with its place behind that state, its clock and its seal, and the mark under which it is kept. */
  function number(report: UnnumberedReport, behind: State, { boot, bootMs }: Instant): Numbered {
    const { era, epoch, gaps } = behind;
    const sequence = behind.sequence + 1;
    const unsigned = {
      ...report,
      id: `${epoch}.${sequence}`,
      epoch,
      sequence,
      clock: { boot, ms: Math.round(bootMs) },
      ...(gaps.length > 0 ? { gaps: toldGaps(gaps, epoch) } : {}),
      ...(behind.digest === null ? {} : { previous: behind.digest }),
      ...(report.kind === "HEARTBEAT" ? { ack: ackOf(behind) } : {}),
    } as Report;
    const digest = parts.digest(sealedText(unsigned));
    const signature = parts.sign(signedText(digest));
    const whole = signature === null ? unsigned : { ...unsigned, signature };
    const { kind, counts } = report;
    const told = gaps.length > 0 ? { gaps } : {};
    const blocking = counts.blocking > 0;
    const mark: Kept["mark"] = { type: "R", era, epoch, sequence, kind, job: jobOf(report), blocking, digest, ...told };
    return { report: whole, mark, body: JSON.stringify(whole) };
  }

  function numberAll(reports: readonly UnnumberedReport[], at: Instant): readonly Numbered[] {
    let behind = state;
    return reports.map((report) => {
      const made = number(report, behind, at);
      behind = afterIt(behind, made);
      return made;
    });
  }

  /** Writes what was kept in memory while the store failed, if anything, and reports behind it. */
  function save(reports: readonly UnnumberedReport[], now: Instant): readonly Placed[] {
    let before: readonly Kept[] = [];
    let made: readonly Numbered[] | null = null;
    const places = write(() => {
      before = shelf.memoryBytes === 0 ? [] : shelf.all().filter(({ at }) => typeof at === "string");
      // After a time in memory the disk does not know how far the sequence has come.
      const state = problem === null ? [] : [{ mark: header() }];
      made = numberAll(reports, now);
      return [...state, ...before.map((entry) => copyOf({ entry, body: String(entry.at) })), ...made];
    }, true);
    const numbered = made ?? numberAll(reports, now);
    if (places === null) return numbered.map((each) => ({ ...each, at: each.body }));
    const behind = places.length - numbered.length;
    for (const [at, { mark, sentAt }] of before.entries()) {
      shelf.put(mark, places[behind - before.length + at] as Place, sentAt);
    }
    return numbered.map((each, at) => ({ ...each, at: places[behind + at] as Place }));
  }

  function addAll(reports: readonly UnnumberedReport[]): readonly Report[] {
    if (reports.length === 0) return [];
    const at = now();
    expire(at);
    const needed = reports.reduce((sum, each) => sum + Buffer.byteLength(JSON.stringify(each)) + PLACE_BYTES, 0);
    makeRoom(
      reports.map((each) => ({ kind: each.kind, job: jobOf(each), sent: false })),
      needed,
    );
    reclaim(needed);
    let made = save(reports, at);
    const isKept = made.every(({ at }) => typeof at !== "string");
    if (!isKept && epochIsKept) {
      beginEpoch();
      made = numberAll(reports, at).map((each) => ({ ...each, at: each.body }));
    }
    epochIsKept = isKept;
    for (const each of made) {
      shelf.put(each.mark, each.at, null);
      state = afterIt(state, each);
    }
    return made.map(({ report }) => report);
  }

  function read(id: string): Report | null {
    const entry = shelf.get(id);
    if (entry === undefined) return null;
    const { at } = entry;
    const body = typeof at === "string" ? at : (journal?.body(at) ?? null);
    if (body !== null) return JSON.parse(body) as Report;
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
      const arrived = shelf.all().filter((each) => each.epoch === epoch && each.sequence <= sequence);
      if (arrived.length === 0 && (epoch !== state.epoch || state.acknowledged)) return 0;
      state = { ...state, acknowledged: true };
      for (const entry of arrived) shelf.take(entry);
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
      const again = [...shelf.sent.values()].filter(({ sentAt }) => sentAt !== null && age(sentAt, at) >= afterMs);
      for (const entry of again) shelf.put(entry.mark, entry.at, null);
      if (again.length > 0) shelf.sort();
      return again.length;
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
    get place() {
      return { kind: problem === null ? ("disk" as const) : ("memory" as const), problem };
    },
  };
}

/** A report with its place in the sequence, and how it is kept. */
interface Numbered extends Entry {
  readonly report: Report;
  readonly mark: Kept["mark"];
  readonly body: string;
}

interface Placed extends Numbered {
  readonly at: Kept["at"];
}

/** The state behind a report that goes on from `state`. */
function afterIt(state: State, { report, mark }: Numbered): State {
  return { ...state, sequence: report.sequence, gaps: [], digest: mark.digest };
}

function copyOf({ entry, body }: { readonly entry: Kept; readonly body: string }): Entry {
  const { mark, sentAt } = entry;
  return { mark: { ...mark, copy: true, ...(sentAt === null ? {} : { sent: sentAt }) }, body };
}

function ackOf(state: State): Ack {
  return state.acknowledged ? "cloud" : "none";
}

function jobOf({ job }: UnnumberedReport): string {
  return `${job.project}/${job.name}`;
}

/** Milliseconds between two instants: by the boot's clock within one boot, else by the wall clock, which may have been set back. */
function age(from: Instant, to: Instant): number {
  if (from.boot === to.boot) return to.bootMs - from.bootMs;
  const elapsed = to.wallMs - from.wallMs;
  // From the future: at least as old as the present boot.
  return elapsed < 0 ? to.bootMs : elapsed;
}
