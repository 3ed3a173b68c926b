import type { Instant } from "../base/clock.js";
import { mergeGaps } from "./gaps.js";
import type { Entry, Journal } from "./journal.js";
import type { Mark } from "./mark.js";
import type { Seals } from "./numbering.js";
import type { Checksum } from "./record.js";
import type { ChainState } from "./replay.js";
import { emptyIndex, type ReportIndex, runsOf, type StoredReport } from "./report-index.js";
import type { SegmentStore } from "./segment-store.js";

/** The dependencies of an outbox. */
export interface OutboxParts extends Seals {
  readonly store: SegmentStore;
  readonly maxBytes: () => number;
  /** The name of a new epoch, never used before. */
  readonly newEpoch: () => string;
  readonly now: () => Instant;
  readonly checksum: Checksum;
  readonly onProblem: (what: string) => void;
}

/** The state of an open outbox, shared by the functions that work on it. */
export interface OutboxState {
  readonly parts: OutboxParts;
  readonly index: ReportIndex;
  chain: ChainState;
  /** Null until the store has been read. */
  journal: Journal | null;
  /** Why the disk cannot be used; null while it can. */
  problem: string | null;
  /** Whether the current epoch is on disk: if so, none of its sequences may be assigned in memory alone. */
  epochIsOnDisk: boolean;
  /** The damage found at the start, for the agent's problems; null if there was none. */
  damage: string | null;
  /** Reports in damaged segments up to this one are moved to new segments, so that the next start finds no damage. */
  damagedUpTo: number;
  /** Files to set aside. */
  unreadable: readonly string[];
  /** Ids of reports handed to the transport: they may have arrived, even if the attempt failed. */
  readonly handedOver: Set<string>;
  expiredAtMs: number;
  closed: boolean;
}

/** The state before anything was read. */
export function newState(parts: OutboxParts): OutboxState {
  return {
    parts,
    index: emptyIndex(),
    chain: { era: 0, epoch: "", sequence: 0, gaps: [], digest: null, acknowledged: false },
    journal: null,
    problem: null,
    epochIsOnDisk: false,
    damage: null,
    damagedUpTo: 0,
    unreadable: [],
    handedOver: new Set(),
    expiredAtMs: Number.NEGATIVE_INFINITY,
    closed: false,
  };
}

/** Starts a new epoch, numbered from 1. */
export function beginEpoch(state: OutboxState): void {
  const { chain, parts } = state;
  state.chain = { ...chain, era: chain.era + 1, epoch: parts.newEpoch(), sequence: 0 };
}

/** The size limit of a segment. */
export function segmentBytes({ maxBytes }: Pick<OutboxParts, "maxBytes">): number {
  return Math.min(2 ** 20, Math.floor(maxBytes() / 16));
}

/** The first record of a segment: all state in the earlier segments except the reports themselves. */
export function headerMark({ index, chain, parts }: OutboxState): Mark {
  const entries = index.all().filter((entry) => !isDoneWhenSent(entry, chain));
  // It must stay small, so the last runs are left out if the sequences are scattered.
  const waiting = runsOf(entries, Math.min(500, segmentBytes(parts) >> 7));
  // Gaps named only by reports that are not on disk would be lost with them.
  const carried = entries.flatMap(({ location, mark }) => (typeof location === "string" ? (mark.gaps ?? []) : []));
  const gaps = mergeGaps(chain.gaps, carried);
  return { type: "H", v: 1, ...chain, gaps, ...(entries.length > 0 ? { waiting } : {}) };
}

/** Whether the transport's acceptance is the only confirmation that this report will ever get. */
export function isDoneWhenSent({ sent }: Pick<StoredReport, "sent">, { acknowledged }: ChainState): boolean {
  return sent && !acknowledged;
}

/** A record that repeats a stored report in another segment. */
export function copyOf({ mark, sentAt }: StoredReport, body: string): Entry {
  return { mark: { ...mark, copy: true, ...(sentAt === null ? {} : { sent: sentAt }) }, body };
}
