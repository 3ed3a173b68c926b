import type { Gap, Report, UnnumberedReport } from "../report/report.js";

/** A folder of small files. Writes are atomic and on the disk when they return; names are plain file names. */
export interface Store {
  /** Names in alphabetical order. */
  list(): readonly string[];
  /** Null where there is no such file. Throws when it cannot be read. */
  read(name: string): string | null;
  write(name: string, text: string): void;
  remove(name: string): void;
}

/** Reports that were made and not yet delivered, in order; they survive a restart of the process. */
export interface Outbox {
  /** Gives the report its place and keeps it: it is on the disk when this returns (or in memory, see `place`). */
  add(report: UnnumberedReport): Report;
  /** The oldest report that waits, or null. */
  first(): Report | null;
  /** Forgets a delivered report. */
  delivered(id: string): void;
  /** Throws away a report that can never be delivered; the next report names it as a gap. */
  discard(id: string): void;
  readonly waiting: number;
  /** `memory` while the folder cannot be used, with the reason. */
  readonly place: { readonly kind: "disk" | "memory"; readonly problem: string | null };
}

interface State {
  readonly epoch: string;
  /** The highest sequence ever given. */
  readonly sequence: number;
  /** Reports thrown away since the last report that told of it. */
  readonly gaps: readonly Gap[];
}

interface Waiting {
  readonly report: Report;
  readonly bytes: number;
}

const STATE = "state.json";
const REPORT = /^report-.+-\d{12}\.json$/;

/**
 * The outbox over a store.
 *
 * Invariants: a report's file is written before the report counts as made; the state's sequence is raised before a
 * report's file is removed; so the highest sequence is always in the state or in a file, and none is given twice.
 * While the store fails, reports get their places in a new epoch that lives in memory: should the process end before the
 * store heals, the old epoch goes on where the disk left it. Damaged files are renamed to `damaged-…`, never used.
 */
export function openOutbox(options: {
  readonly store: Store;
  readonly maxBytes: () => number;
  /** A new epoch's name, never given before. */
  readonly newEpoch: () => string;
  readonly onProblem: (what: string) => void;
}): Outbox {
  const { store, maxBytes, onProblem } = options;
  let problem: string | null = null;
  const waiting = new Map<string, Waiting>();
  const unsaved = new Set<string>();
  let bytes = 0;
  let state = start();

  function start(): State {
    const found = attempt(() => readState(store), null);
    const loaded = attempt(() => loadReports(store, onProblem), []);
    for (const entry of loaded) keep(entry);
    // A lost state is a new epoch; its sequences start behind all that wait, so that order is plain.
    const highest = Math.max(0, ...loaded.map((entry) => entry.report.sequence));
    if (found !== null) return { ...found, sequence: Math.max(found.sequence, highest) };
    const fresh = { epoch: options.newEpoch(), sequence: highest, gaps: [] };
    save(fresh);
    return fresh;
  }

  function attempt<T>(action: () => T, otherwise: T): T {
    try {
      const result = action();
      problem = null;
      return result;
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      if (problem === null) onProblem(`Cannot use the outbox folder: ${text}`);
      problem = text;
      return otherwise;
    }
  }

  function save(next: State): void {
    attempt(() => store.write(STATE, JSON.stringify(next)), undefined);
  }

  function keep(entry: Waiting): void {
    waiting.set(entry.report.id, entry);
    bytes += entry.bytes;
  }

  function forget(entry: Waiting): void {
    waiting.delete(entry.report.id);
    bytes -= entry.bytes;
    if (!unsaved.delete(entry.report.id)) attempt(() => store.remove(fileOf(entry.report)), undefined);
  }

  function write(report: Report): boolean {
    return attempt(() => {
      store.write(fileOf(report), JSON.stringify(report));
      return true;
    }, false);
  }

  /** Writes what could not be written before, oldest first; true when nothing is left. */
  function heal(): boolean {
    for (const id of unsaved) {
      const entry = waiting.get(id);
      if (entry !== undefined && !write(entry.report)) return false;
      unsaved.delete(id);
    }
    return true;
  }

  /** Throws away the oldest heartbeats, then the oldest complete reports that a later one of the same job supersedes. */
  function makeRoom(needed: number): void {
    if (bytes + needed <= maxBytes()) return;
    const before = state;
    for (const id of superseded([...waiting.values()].map((entry) => entry.report))) {
      const entry = waiting.get(id);
      if (bytes + needed <= maxBytes() || entry === undefined) break;
      drop(entry);
    }
    if (state === before)
      onProblem(`The outbox holds ${bytes} bytes, more than ${maxBytes()}, and all of it is needed`);
  }

  function drop(entry: Waiting): void {
    state = { ...state, gaps: addToGaps(state.gaps, entry.report.sequence) };
    save(state);
    forget(entry);
  }

  function number(report: UnnumberedReport): Report {
    const { epoch, gaps } = state;
    const sequence = state.sequence + 1;
    return { ...report, id: `${epoch}.${sequence}`, epoch, sequence, ...(gaps.length > 0 ? { gaps } : {}) };
  }

  return {
    add(unnumbered) {
      makeRoom(JSON.stringify(unnumbered).length);
      const healthy = unsaved.size === 0;
      let report = number(unnumbered);
      const saved = heal() && write(report);
      if (!saved && healthy) {
        state = { ...state, epoch: options.newEpoch(), sequence: 0 };
        report = number(unnumbered);
      }
      if (!saved) unsaved.add(report.id);
      keep({ report, bytes: JSON.stringify(report).length });
      const told = state.gaps.length > 0;
      state = { ...state, sequence: report.sequence, gaps: [] };
      if (saved && (told || !healthy)) save(state);
      return report;
    },
    first() {
      for (const entry of waiting.values()) return entry.report;
      return null;
    },
    delivered(id) {
      const entry = waiting.get(id);
      if (entry === undefined) return;
      if (!unsaved.has(id)) save(state);
      forget(entry);
    },
    discard(id) {
      const entry = waiting.get(id);
      if (entry !== undefined) drop(entry);
    },
    get waiting() {
      return waiting.size;
    },
    get place() {
      return { kind: problem === null ? ("disk" as const) : ("memory" as const), problem };
    },
  };
}

function fileOf(report: Report): string {
  return `report-${report.epoch}-${String(report.sequence).padStart(12, "0")}.json`;
}

function readState(store: Store): State | null {
  const text = store.read(STATE);
  if (text === null) return null;
  const found = parse(text) as Partial<State> | null;
  const sound = typeof found?.epoch === "string" && Number.isSafeInteger(found.sequence) && Array.isArray(found.gaps);
  return sound ? (found as State) : null;
}

/** The waiting reports in the order in which they were made. */
function loadReports(store: Store, onProblem: (what: string) => void): readonly Waiting[] {
  const found: Waiting[] = [];
  for (const name of store.list().filter((name) => REPORT.test(name))) {
    const text = store.read(name) ?? "";
    const report = parse(text) as Report | null;
    if (report?.schema === "packdrift.report/1" && fileOf(report) === name) {
      found.push({ report, bytes: text.length });
    } else {
      onProblem(`Cannot read the waiting report "${name}": it is damaged, so it is set aside`);
      store.write(`damaged-${name}`, text);
      store.remove(name);
    }
  }
  return found;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Ids in the order in which they may be thrown away. The newest complete report of each job stays. */
function superseded(reports: readonly Report[]): readonly string[] {
  const newest = new Map<string, string>();
  for (const report of reports) {
    if (report.kind === "COMPLETE") newest.set(jobKey(report), report.id);
  }
  const heartbeats = reports.filter((report) => report.kind === "HEARTBEAT");
  const old = reports.filter((report) => report.kind === "COMPLETE" && newest.get(jobKey(report)) !== report.id);
  return [...heartbeats, ...old].map((report) => report.id);
}

function jobKey(report: Report): string {
  return `${report.job.project}/${report.job.name}`;
}

function addToGaps(gaps: readonly Gap[], sequence: number): readonly Gap[] {
  const last = gaps[gaps.length - 1];
  if (last !== undefined && last.toSequence + 1 === sequence) {
    return [...gaps.slice(0, -1), { ...last, toSequence: sequence, count: last.count + 1 }];
  }
  return [...gaps, { fromSequence: sequence, toSequence: sequence, count: 1 }];
}
