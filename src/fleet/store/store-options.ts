import type { IngestRules } from "../ingest/batch.js";
import { TOPIC_PREFIXES, type TopicPrefixes } from "../ingest/fleet-topics.js";

/** How a store takes in messages, the same for every engine. */
export interface StoreOptions {
  readonly prefixes?: TopicPrefixes;
  /** A folder with one public key for each thing, `THING.pem`. Default: signatures are not checked. */
  readonly keys?: string | null;
  /** Default: `once-signed`. */
  readonly mustSign?: IngestRules["mustSign"];
  /** The longest interval between a device's reports about one job, in hours. Default: 24. */
  readonly heartbeatHours?: number;
  /** How long complete reports, and what results from them, are stored. Default: 400 days. */
  readonly reportDays?: number;
  /** How long heartbeats are stored. Default: 30 days. */
  readonly heartbeatDays?: number;
  /** The built worker-entry.ts. Default: everything runs in this thread. */
  readonly worker?: URL | null;
}

/** The options with every default filled in: plain values, which can be passed to a worker. */
export type FilledOptions = Required<Omit<StoreOptions, "worker">>;

export function filled({ worker: _, ...options }: StoreOptions): FilledOptions {
  return {
    prefixes: TOPIC_PREFIXES,
    keys: null,
    mustSign: "once-signed",
    heartbeatHours: 24,
    reportDays: 400,
    heartbeatDays: 30,
    ...options,
  };
}
