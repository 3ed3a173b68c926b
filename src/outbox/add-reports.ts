import type { Instant } from "../base/clock.js";
import type { Report, UnnumberedReport } from "../report/report.js";
import { write } from "./disk.js";
import type { Entry, RecordLocation } from "./journal.js";
import { chainAfter, jobKey, type Numbered, numberAll, sizeOf } from "./numbering.js";
import { beginEpoch, copyOf, headerMark, type OutboxState } from "./outbox-state.js";
import { expire, makeRoom, reclaim } from "./reclaim.js";
import type { StoredReport } from "./report-index.js";

/** The most that an id, a clock, a seal and a signature add to a report. */
const NUMBERING_BYTES = 1_024;

/** Numbers reports and stores them, on disk or, while the disk fails, in memory. */
export function addReports(state: OutboxState, reports: readonly UnnumberedReport[]): readonly Report[] {
  if (reports.length === 0) return [];
  const now = state.parts.now();
  expire(state, now);
  const needed = reports.reduce((sum, each) => sum + sizeOf(each) + NUMBERING_BYTES, 0);
  makeRoom(
    state,
    reports.map((each) => ({ kind: each.kind, job: jobKey(each), sent: false })),
    needed,
  );
  reclaim(state, needed);
  const made = storeOnDisk(state, reports, now) ?? storeInMemory(state, reports, now);
  for (const each of made) {
    state.index.put(each.mark, each.location, null);
    state.chain = chainAfter(state.chain, each);
  }
  return made.map(({ report }) => report);
}

/** Tries to write the reports that are only in memory to disk. False while the disk still fails. */
export function recover(state: OutboxState): boolean {
  if (state.problem !== null && !state.closed) storeOnDisk(state, [], state.parts.now());
  return state.problem === null;
}

interface Stored extends Numbered {
  readonly location: StoredReport["location"];
}

/** Writes reports to disk, after those that were only in memory. Null when the disk fails. */
function storeOnDisk(state: OutboxState, reports: readonly UnnumberedReport[], now: Instant): readonly Stored[] | null {
  const { index, parts } = state;
  let inMemory: readonly StoredReport[] = [];
  let made: readonly Numbered[] = [];
  const records = (): readonly Entry[] => {
    inMemory = index.memoryBytes === 0 ? [] : index.all().filter(({ location }) => typeof location === "string");
    // After working in memory, the last assigned sequence is not on disk.
    const header = state.problem === null ? [] : [{ mark: headerMark(state) }];
    made = numberAll(reports, state.chain, now, parts);
    return [...header, ...inMemory.map((entry) => copyOf(entry, String(entry.location))), ...made];
  };
  const locations = write(state, records, true);
  if (locations === null) {
    // The failed write may have left records of this epoch.
    state.epochIsOnDisk ||= state.journal?.hasLeftOver ?? false;
    return null;
  }
  const behind = locations.length - made.length;
  for (const [at, { mark, sentAt }] of inMemory.entries()) {
    index.put(mark, locations[behind - inMemory.length + at] as RecordLocation, sentAt);
  }
  state.epochIsOnDisk = true;
  return made.map((each, at) => ({ ...each, location: locations[behind + at] as RecordLocation }));
}

/** Numbers reports that stay in memory, in an epoch that the disk has never seen. */
function storeInMemory(state: OutboxState, reports: readonly UnnumberedReport[], now: Instant): readonly Stored[] {
  if (state.epochIsOnDisk) beginEpoch(state);
  state.epochIsOnDisk = false;
  const marked = reports.map(
    (report) => ({ ...report, agent: { ...report.agent, outbox: "memory" } }) as UnnumberedReport,
  );
  return numberAll(marked, state.chain, now, state.parts).map((each) => ({ ...each, location: each.body }));
}
