import { groupBy } from "../../base/group-by.js";
import {
  type Arrival,
  type DeviceAcknowledgement,
  type Ingested,
  NO_COUNTS,
  type Packed,
  type RefusalReason,
  type Refused,
  type ReportArrival,
} from "../arrival.js";
import type { EpochRow, FindingRow, PartRow, StateRow, ThingRow } from "../store/rows.js";
import { ChainLinks } from "./chain-links.js";
import { latestTime, withoutFutureTimes } from "./clock-skew.js";
import { type Ends, type EpochRecord, type EpochStep, readRecord } from "./epoch-record.js";
import { type JobOfThing, jobKey } from "./findings.js";
import { epochKey, type Loaded, type ReportKey, reportKey, type StoredSeal } from "./loaded.js";
import type { ReportReaderParts } from "./read-report.js";
import { UNKNOWN } from "./unknown-thing.js";
import { WriteSet } from "./write-set.js";

/** What applying a batch needs, apart from the store's rows. */
export interface IngestRules {
  /** Reads the reports that are joined from parts. */
  readonly reading: ReportReaderParts;
  readonly unpack: (packed: Packed) => string;
  /** `always` refuses every unsigned report, `once-signed` those of a thing that has signed before. */
  readonly mustSign: "always" | "once-signed";
  /** The topics' prefix, for reports that are refused after they were read. */
  readonly prefix: string;
  /** The longest interval between a device's reports about one job. */
  readonly intervalMs: number;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** The result of a batch: everything to write in one transaction, and the result to report afterwards. */
export interface Applied {
  readonly writes: WriteSet;
  /** By how much the running totals grow. */
  readonly totals: ReadonlyMap<string, number>;
  readonly refused: readonly Refused[];
  readonly answers: readonly Extract<Arrival, { kind: "answer" }>[];
  readonly ingested: Ingested;
}

type Counted = keyof Ingested["counts"];
const SAMPLE_BYTES = 1_024;

/** The rows of a batch's things: loaded once, then changed by one arrival after the other. */
export class Batch {
  readonly writes = new WriteSet();
  readonly links: ChainLinks;
  /** The time at which the batch is applied. */
  readonly now: string;
  private readonly things: Map<string, ThingRow>;
  private readonly epochs = new Map<string, EpochRecord>();
  private readonly ends: Map<string, Ends>;
  private readonly statesOf: Map<string, readonly StateRow[]>;
  private readonly findingsOf = new Map<string, readonly FindingRow[]>();
  private readonly withFindings = new Set<string>();
  private readonly loadFindings: Loaded["findings"];
  /** When states ended in this batch. */
  private readonly endedAt = new Map<string, string>();
  private readonly loadEnded: Loaded["ended"];
  private readonly partsOf: Map<string, readonly PartRow[]>;
  private readonly seals: Map<string, StoredSeal>;
  private readonly totals = new Map<string, number>();
  private readonly refusals: Refused[] = [];
  private readonly answers: Extract<Arrival, { kind: "answer" }>[] = [];
  private readonly acknowledge = new Set<string>();
  private readonly askFacts = new Set<string>();
  private readonly counts: Record<Counted, number> = { ...NO_COUNTS };

  constructor(
    loaded: Loaded,
    readonly rules: IngestRules,
  ) {
    this.now = new Date(rules.now()).toISOString();
    this.writes.know("thing", loaded.things);
    this.writes.know("epoch", loaded.epochs);
    this.writes.know("state", loaded.states);
    this.things = new Map(loaded.things.map((row) => [row.thing, row]));
    const lost = groupBy(loaded.lost, epochKey);
    for (const row of loaded.epochs) this.epochs.set(epochKey(row), readRecord(row, lost.get(epochKey(row)) ?? []));
    this.ends = new Map([...groupBy(loaded.ends, ({ thing }) => thing)].map(([thing, rows]) => [thing, endsOf(rows)]));
    this.statesOf = groupBy(loaded.states, ({ thing }) => thing);
    this.loadFindings = loaded.findings;
    this.loadEnded = loaded.ended;
    this.partsOf = groupBy(loaded.parts, reportKey);
    this.seals = new Map(loaded.seals.map((each) => [reportKey(each), each]));
    this.links = new ChainLinks(this.epochs.values(), loaded.neighbours, rules.unpack);
  }

  /** The row of a thing; null when it is not known. */
  thing(name: string): ThingRow | null {
    return this.things.get(name) ?? null;
  }

  /** The row of a thing after a message from it arrived at this time. */
  heard(name: string, at: string): ThingRow {
    const moment = { at, now: this.now };
    const row = withoutFutureTimes(this.things.get(name) ?? { ...UNKNOWN, thing: name }, moment);
    if (row.first_heard === null) this.askFacts.add(name);
    return { ...row, first_heard: row.first_heard ?? at, last_heard: latestTime(row.last_heard, moment) };
  }

  putThing(row: ThingRow): void {
    this.things.set(row.thing, row);
    this.writes.put("thing", row);
  }

  epoch(thing: string, epoch: string): EpochRecord | null {
    return this.epochs.get(epochKey({ thing, epoch })) ?? null;
  }

  endsOf(thing: string): Ends {
    const { newest = null, oldest = null } = this.ends.get(thing) ?? {};
    // Prefer the rows of this batch, which are newer than the loaded ones.
    const current = (row: EpochRow | null) => (row === null ? null : (this.epochs.get(epochKey(row))?.row ?? row));
    return { newest: current(newest), oldest: current(oldest) };
  }

  putEpoch({ record, newlyLost, noLongerLost }: EpochStep, before: EpochRecord | null): void {
    const { row } = record;
    const key = epochKey(row);
    this.epochs.set(key, record);
    this.writes.put("epoch", row);
    for (const lost of noLongerLost) {
      this.writes.remove("lost", lost);
      this.count(lost.given_up_by === null ? "named" : "given_up", -lost.count);
    }
    for (const lost of newlyLost) {
      this.writes.put("lost", lost);
      this.count(lost.given_up_by === null ? "named" : "given_up", lost.count);
    }
    const { newest, oldest } = this.endsOf(row.thing);
    this.ends.set(row.thing, endsOf([newest, oldest, row].filter((end) => end !== null)));
    if (row.settles_at === null && row.contiguous > (before?.row.settles_at === null ? before.row.contiguous : 0)) {
      this.acknowledge.add(key);
    }
  }

  /** Acknowledges an epoch again: its device resends what is acknowledged already. */
  repeatAcknowledgement(record: EpochRecord): void {
    if (record.row.settles_at === null) this.acknowledge.add(epochKey(record.row));
  }

  states(thing: string): readonly StateRow[] {
    return this.statesOf.get(thing) ?? [];
  }

  putState(row: StateRow): void {
    this.statesOf.set(row.thing, [...this.otherStates(row), row]);
    this.writes.put("state", row);
  }

  /** `at`: when it ended. */
  removeState(row: StateRow, at: string): void {
    this.endedAt.set(jobKey(row), at);
    this.statesOf.set(row.thing, this.otherStates(row));
    this.writes.remove("state", row);
  }

  /** When a job ended of which the thing has no state; null if it never had one. */
  ended(of: JobOfThing): string | null {
    return this.endedAt.get(jobKey(of)) ?? this.loadEnded(of);
  }

  private otherStates({ thing, project, job }: StateRow): readonly StateRow[] {
    return this.states(thing).filter((row) => row.project !== project || row.job !== job);
  }

  /** The open findings of a job on a thing. */
  findings(of: JobOfThing): readonly FindingRow[] {
    if (!this.withFindings.has(of.thing)) {
      this.withFindings.add(of.thing);
      for (const [key, rows] of groupBy(this.loadFindings(of.thing), jobKey)) this.findingsOf.set(key, rows);
    }
    return this.findingsOf.get(jobKey(of)) ?? [];
  }

  putFindings(rows: readonly FindingRow[]): void {
    for (const row of rows) {
      this.writes.put("finding", row);
      const others = this.findings(row).filter(({ fingerprint }) => fingerprint !== row.fingerprint);
      this.findingsOf.set(jobKey(row), row.until === null ? [...others, row] : others);
    }
  }

  parts(of: ReportKey): readonly PartRow[] {
    return this.partsOf.get(reportKey(of)) ?? [];
  }

  putPart(row: PartRow): void {
    this.partsOf.set(reportKey(row), [...this.parts(row), row]);
    this.writes.put("part", row);
  }

  removeParts(of: ReportKey): void {
    for (const row of this.parts(of)) this.writes.remove("part", row);
    this.partsOf.delete(reportKey(of));
  }

  /** The seal of a stored report; null if it is not stored. */
  seal(of: ReportKey): string | null {
    return this.seals.get(reportKey(of))?.seal ?? null;
  }

  /** Stores a report, replacing the one with the same number if there is one. */
  putReport(arrival: ReportArrival): void {
    const { thing, epoch, sequence, trigger, project, job, drift, runnable, seal, packed } = arrival;
    const before = this.seals.get(reportKey(arrival));
    if (before !== undefined) this.writes.remove("report", { thing, epoch, sequence, received_at: before.received_at });
    this.seals.set(reportKey(arrival), { seal, received_at: arrival.receivedAt });
    this.links.put(arrival);
    this.writes.put("report", {
      thing,
      epoch,
      sequence,
      kind: arrival.content === null ? "HEARTBEAT" : "COMPLETE",
      trigger_kind: trigger,
      project,
      job,
      drift,
      runnable,
      checked_at: arrival.checkedAt,
      received_at: arrival.receivedAt,
      seal,
      dictionary: packed.dictionary,
      body: packed.body,
    });
  }

  count(name: Counted | "named" | "given_up" | "chain_faults", by = 1): void {
    if (name in this.counts) this.counts[name as Counted] += by;
    if (name !== "parts" && name !== "refused") this.totals.set(name, (this.totals.get(name) ?? 0) + by);
  }

  refuse(refusal: Refused): void {
    this.count("refused");
    this.note(refusal);
  }

  /** Records a report that contradicts another one with the refused messages. */
  note(refusal: Refused): void {
    this.refusals.push(refusal);
  }

  refuseReport(arrival: ReportArrival, reason: RefusalReason, why: string): void {
    this.refuse(this.refusalOf(arrival, reason, why));
  }

  refusalOf({ thing, content, receivedAt, packed }: ReportArrival, reason: RefusalReason, why: string): Refused {
    const sample = new TextEncoder().encode(this.rules.unpack(packed)).slice(0, SAMPLE_BYTES);
    return {
      kind: "refused",
      receivedAt,
      thing,
      topic: `${this.rules.prefix}/${thing}/${content === null ? "heartbeat" : "report"}`,
      reason,
      why,
      sample,
    };
  }

  answer(arrival: Extract<Arrival, { kind: "answer" }>): void {
    this.answers.push(arrival);
  }

  deviceChanged(thing: string): void {
    this.askFacts.add(thing);
  }

  done(): Applied {
    const { writes, totals, refusals: refused, answers, counts } = this;
    const acknowledge = [...this.acknowledge].flatMap((key): DeviceAcknowledgement[] => {
      const row = this.epochs.get(key)?.row;
      return row === undefined || row.contiguous < 1
        ? []
        : [{ thing: row.thing, epoch: row.epoch, sequence: row.contiguous }];
    });
    return { writes, totals, refused, answers, ingested: { acknowledge, askFacts: [...this.askFacts], counts } };
  }
}

function endsOf(rows: readonly EpochRow[]): Ends {
  const inOrder = [...rows].sort((a, b) => a.born - b.born);
  return { newest: inOrder[inOrder.length - 1] ?? null, oldest: inOrder[0] ?? null };
}
