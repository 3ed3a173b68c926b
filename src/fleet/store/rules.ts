import { sha256 } from "../../platform/seals.js";
import type { IngestRules } from "../ingest/batch.js";
import type { MessageReaderParts } from "../ingest/read-message.js";
import { contentReading } from "../ingest/report-content.js";
import { keysIn } from "./keys-folder.js";
import type { Packing } from "./packing.js";
import type { FilledOptions } from "./store-options.js";

/** The rules for reading messages. `onListing`: see keysIn. */
export function readingFor(
  { prefixes, keys }: FilledOptions,
  { pack }: Packing,
  onListing: (problem: string | null) => void,
): MessageReaderParts {
  const verify = keys === null ? () => null : keysIn(keys, onListing);
  return { prefixes, digest: sha256, pack, verify, content: contentReading(sha256) };
}

/** The rules for applying batches. */
export function rulesFor(
  { mustSign, heartbeatHours }: FilledOptions,
  parts: MessageReaderParts,
  { unpack }: Packing,
): IngestRules {
  const intervalMs = heartbeatHours * 3_600_000;
  return { reading: parts, unpack, mustSign, prefix: parts.prefixes.data, intervalMs, now: Date.now };
}
