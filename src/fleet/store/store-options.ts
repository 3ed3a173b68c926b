import type { IngestRules } from "../ingest/batch.js";
import { TOPIC_PREFIXES, type TopicPrefixes } from "../ingest/fleet-topics.js";

/** How a store takes in what arrives, the same for every engine. */
export interface StoreOptions {
  readonly prefixes?: TopicPrefixes;
  /** A folder with one public key for each thing, `THING.pem`. Default: signatures are not checked. */
  readonly keys?: string | null;
  /** Default: `once-signed`. */
  readonly mustSign?: IngestRules["mustSign"];
  /** The interval at which a device reports each of its jobs at least. Default: 24. */
  readonly heartbeatHours?: number;
  /** How long complete reports, and what followed from them, are stored. Default: 400 days. */
  readonly reportDays?: number;
  /** Default: 30 days. */
  readonly heartbeatDays?: number;
  /** The built worker-entry.ts. Default: everything is done in this thread. */
  readonly worker?: URL | null;
}

/** The same with every default filled in: plain values, which a worker can be given. */
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
