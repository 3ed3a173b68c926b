import type { Report } from "../report/report.js";

/** A message as a broker delivered it. */
export interface Message {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** The receiver's clock, ISO 8601 in UTC. */
  readonly receivedAt: string;
}

/** Why a message is refused, as counted and shown. */
export type RefusalReason =
  | "topic"
  | "too-large"
  | "not-json"
  | "not-a-report"
  | "other-thing"
  | "signature"
  | "not-facts"
  | "not-an-answer";

/** A message that was read; the thing is always the topic's. */
export type Arrival =
  | { readonly kind: "report"; readonly receivedAt: string; readonly report: Report; readonly text: string }
  /** `factsClass` in state/ gives what is stored of the text, and its digest. */
  | { readonly kind: "facts"; readonly receivedAt: string; readonly thing: string; readonly text: string }
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
  | {
      readonly kind: "refused";
      readonly receivedAt: string;
      readonly topic: string;
      readonly reason: RefusalReason;
      readonly why: string;
      readonly sample: Uint8Array;
    };

/** What a device may free: for `cmd/packdrift/v1/{thing}/ack/req`. */
export interface Acknowledgement {
  readonly thing: string;
  readonly epoch: string;
  readonly sequence: number;
}

/** What a batch came to, once it is stored. */
export interface Ingested {
  /** The things whose contiguous sequence has grown. */
  readonly acknowledge: readonly Acknowledgement[];
  /** Things new to the fleet, or whose device changed: their facts are to be asked. */
  readonly askFacts: readonly string[];
  readonly counts: Readonly<
    Record<"reports" | "heartbeats" | "parts" | "duplicates" | "conflicts" | "refused", number>
  >;
}

/** Stores what has arrived. */
export interface Intake {
  /** Resolves once everything in the batch is stored durably; nothing is acknowledged before. */
  ingest(messages: readonly Message[]): Promise<Ingested>;
}
