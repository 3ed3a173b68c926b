import type { Drift, Finding, Runnable } from "../drift/finding.js";
import type { Clock, Gap, Trigger } from "../report/report.js";

/** A message as a broker delivered it. */
export interface ReceivedMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** The receiver's clock, ISO 8601 in UTC. */
  readonly receivedAt: string;
}

/**
 * Why a message is refused, as it is counted and shown. `chain` and `conflict` mean a report that contradicts another
 * one.
 */
export const REFUSAL_REASONS = [
  "topic",
  "too-large",
  "not-json",
  "not-a-report",
  "other-thing",
  "signature",
  "not-facts",
  "not-a-status",
  "not-an-answer",
  "too-many-gaps",
  "conflict",
  "chain",
] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

/** A text packed with a dictionary. */
export interface Packed {
  readonly dictionary: number;
  readonly body: Uint8Array;
}

type StoredFields = "fingerprint" | "path" | "expected" | "actual" | "outcome" | "severity" | "because" | "remedy";

/** A finding that counts: not a match, not waived, seen often enough. Its texts are bounded. */
export interface CountedFinding extends Pick<Finding, StoredFields> {
  /** As the device sent it: a later packdrift has other rules. */
  readonly rule: string;
  /** Digest of rule, expected, actual, outcome and severity. */
  readonly cause: string;
  /** The rule of the finding that it follows from; if there is one, this finding is not a cause of its own. */
  readonly follows: string | null;
}

/** What a complete report says about its device. JSON texts are parsed only if they differ from the stored ones. */
export interface ReportContent {
  /** JSON of ReportedDevice. */
  readonly device: string;
  /** JSON of ReportedAgent. */
  readonly agent: string;
  readonly component: string | null;
  readonly deployed: string | null;
  /** JSON of a list of CountedFinding. */
  readonly findings: string;
  /** Digest of the findings. */
  readonly digest: string;
  /** How many findings drift, and how many of them are BLOCKING. */
  readonly drifting: number;
  readonly blocking: number;
}

/** A whole report, ready to be stored: texts are bounded and hold nothing that an engine could not store. */
export interface ReportArrival {
  readonly kind: "report";
  readonly receivedAt: string;
  readonly thing: string;
  readonly epoch: string;
  readonly sequence: number;
  readonly trigger: Trigger;
  readonly drift: Drift;
  readonly runnable: Runnable;
  readonly checkedAt: string;
  /** As in the tables: "" if there is none, `component NAME` for a model chosen by its component. */
  readonly project: string;
  readonly job: string;
  readonly jobDigest: string | null;
  readonly gaps: readonly Gap[];
  readonly clock: Clock | null;
  readonly previous: string | null;
  /** Begins with `cut ` if texts were shortened. */
  readonly seal: string;
  /** `unchecked`: there is no key for its thing, or the report was shortened. */
  readonly signature: "missing" | "valid" | "invalid" | "unchecked";
  readonly packed: Packed;
  /** Null for a heartbeat. */
  readonly content: ReportContent | null;
}

/** A message that was read. The thing is always that of the topic. */
export type Arrival =
  | ReportArrival
  | {
      readonly kind: "part";
      readonly receivedAt: string;
      readonly thing: string;
      readonly epoch: string;
      readonly sequence: number;
      readonly part: { readonly index: number; readonly of: number };
      readonly text: string;
    }
  | {
      readonly kind: "facts";
      readonly receivedAt: string;
      readonly thing: string;
      readonly digest: string;
      readonly packed: Packed;
    }
  | { readonly kind: "status"; readonly receivedAt: string; readonly thing: string; readonly online: boolean }
  | {
      readonly kind: "answer";
      readonly receivedAt: string;
      readonly thing: string;
      readonly command: string;
      readonly id: string;
      readonly status: "DONE" | "FAILED" | "REFUSED";
      readonly text: string;
    }
  | Refused;

/** A message that was not accepted. */
export interface Refused {
  readonly kind: "refused";
  readonly receivedAt: string;
  /** The thing whose topic it came on; null if the topic names none. */
  readonly thing: string | null;
  readonly topic: string;
  readonly reason: RefusalReason;
  readonly why: string;
  /** Its first kB. */
  readonly sample: Uint8Array;
}

/** The reports that a device may delete: for `cmd/packdrift/v1/{thing}/ack/req`. */
export interface DeviceAcknowledgement {
  readonly thing: string;
  readonly epoch: string;
  readonly sequence: number;
}

/** The first gap of an epoch as a person saw it. */
export interface ShownGap {
  readonly from: number;
  readonly to: number;
}

/** The result of a batch, once it is stored. */
export interface Ingested {
  /**
   * The epochs whose contiguous sequence has grown, and those with duplicates, whose device missed the acknowledgement.
   */
  readonly acknowledge: readonly DeviceAcknowledgement[];
  /** Things that are new to the fleet or whose device changed: their facts have to be requested. */
  readonly askFacts: readonly string[];
  readonly counts: typeof NO_COUNTS;
}

/** The counts of a batch without messages. */
export const NO_COUNTS: Readonly<
  Record<"reports" | "heartbeats" | "parts" | "duplicates" | "conflicts" | "refused", number>
> = { reports: 0, heartbeats: 0, parts: 0, duplicates: 0, conflicts: 0, refused: 0 };

/** Stores arrivals. */
export interface Intake {
  /** Resolves once everything in the batch is stored durably; nothing is acknowledged before. */
  ingest(messages: readonly ReceivedMessage[]): Promise<Ingested>;
  /**
   * Settles the beginning of epochs that were first heard above sequence 1, after an hour in which earlier reports
   * could still come; the hour starts with the first call after they were heard. Call it now and then; `at` (ISO 8601)
   * is by a clock that is never set.
   */
  settle(at: string): Promise<readonly DeviceAcknowledgement[]>;
  /** Notes acknowledgements that were sent. */
  acknowledged(sent: readonly DeviceAcknowledgement[]): Promise<void>;
  /**
   * Acknowledgements not sent yet, at most `most`: those that a receiver left when it ended. With `heardBefore` (ISO
   * 8601), only those of epochs from which nothing came since then: the others may be on their way.
   */
  toAcknowledge(most: number, heardBefore?: string): Promise<readonly DeviceAcknowledgement[]>;
  /**
   * Gives up, in the name of a person, every sequence missing before later ones in one epoch of a thing; with `shown`,
   * only the first gap, if it still is that one. Resolves to what the device may delete and how many sequences were
   * given up; null if there were none.
   */
  giveUp(
    thing: string,
    epoch: string,
    by: string,
    at: string,
    shown?: ShownGap,
  ): Promise<(DeviceAcknowledgement & { readonly count: number }) | null>;
  /**
   * Deletes a chunk of what is older than the retention allows; resolves to how many rows, 0 if there is nothing left
   * to delete.
   */
  prune(at: string): Promise<number>;
  /** The text of a stored report or of stored facts. */
  unpack(packed: Packed): string;
}
