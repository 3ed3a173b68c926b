import { messageOf } from "../base/errors.js";
import { mergeGaps } from "./gaps.js";
import { type Entry, type Journal, openJournal, type RecordLocation } from "./journal.js";
import type { Mark } from "./mark.js";
import { beginEpoch, headerMark, type OutboxState, segmentBytes } from "./outbox-state.js";
import { type ChainState, replay } from "./replay.js";
import { ForeignWriterError } from "./segment-store.js";

/** Runs an action on the disk. When it fails, `otherwise` is the result and the disk counts as unusable until an action succeeds. */
export function attempt<T>(state: OutboxState, action: () => T, otherwise: T): T {
  try {
    const result = action();
    state.problem = null;
    return result;
  } catch (error) {
    const text = messageOf(error);
    if (state.problem === null) state.parts.onProblem(`Cannot use the outbox folder: ${text}`);
    state.problem = text;
    return otherwise;
  }
}

/** Opens the journal. Reports made in memory meanwhile follow those in the journal. Throws while the store cannot be read. */
export function openDisk(state: OutboxState): Journal {
  const { parts, index, chain } = state;
  const opened = openJournal(parts.store, parts.checksum, () => segmentBytes(parts), parts.onProblem);
  const { journal, damagedUpTo, unreadable, records, endIsKnown } = opened;
  state.journal = journal;
  state.damagedUpTo = damagedUpTo;
  state.unreadable = unreadable;
  const found = replay(records);
  const late = index.all();
  for (const { mark, location, sentAt } of found.reports) index.put(mark, location, sentAt);
  if (chain.epoch !== "") {
    state.chain = continueBehind(chain, found.state);
    for (const { mark, location, sentAt } of late) index.put({ ...mark, era: state.chain.era }, location, sentAt);
    index.sort();
  } else if (found.state !== null) {
    state.chain = found.state;
  }
  if (!endIsKnown) {
    const last = found.state === null ? "" : ` after ${found.state.epoch}.${found.state.sequence}`;
    state.damage = `The outbox was damaged: reports${last} may be lost without being named as a gap`;
    // A sequence may have been assigned of which no record is left.
    if (chain.epoch === "" && found.state !== null) beginEpoch(state);
  }
  return journal;
}

/** Makes an epoch that began in memory follow an older one found on disk. */
function continueBehind(chain: ChainState, older: ChainState | null): ChainState {
  return {
    ...chain,
    era: Math.max(chain.era, (older?.era ?? 0) + 1),
    gaps: mergeGaps(chain.gaps, older?.gaps ?? []),
  };
}

/** Appends records. A failed segment is abandoned, so the second attempt starts a new one. Null when both attempts fail. */
export function write(
  state: OutboxState,
  entries: () => readonly Entry[],
  durable: boolean,
): readonly RecordLocation[] | null {
  if (state.closed) return null;
  return attempt(
    state,
    () => {
      const journal = state.journal ?? openDisk(state);
      const append = () => journal.append(entries(), () => headerMark(state), durable);
      try {
        return append();
      } catch (error) {
        if (error instanceof ForeignWriterError) {
          state.parts.onProblem(`Another process writes to the outbox, so a new epoch begins: ${error.message}`);
          beginEpoch(state);
        }
        return append();
      }
    },
    null,
  );
}

/** Writes a mark whose loss costs no more than a duplicate report, so it is not synced, and is skipped while the disk fails. */
export function note(state: OutboxState, mark: Mark): void {
  if (state.problem === null) write(state, () => [{ mark }], false);
}
