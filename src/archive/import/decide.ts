import { epochMilliseconds } from "../../job/wire-answer.js";
import { type KeptJob, ORIGINS, type Origin } from "../store/kept.js";

/** What an import does with a job, and why where it is not plain. */
export type Decision =
  | { readonly action: "TAKE"; readonly why: string | null }
  | { readonly action: "LEAVE"; readonly why: string | null }
  | { readonly action: "REFUSE"; readonly why: string };

/** A job as an import has it. */
export interface Candidate {
  readonly origin: Origin;
  readonly digest: string;
  readonly updatedAt: unknown;
}

/**
 * Whether a job goes into the archive. The better source wins, then the later time of change; what says the same is left
 * alone, so that importing twice changes nothing. `keptDigest` is that of `kept`.
 */
export function decide(
  candidate: Candidate,
  kept: KeptJob | null,
  keptDigest: string | null,
  replace: boolean,
): Decision {
  if (kept === null) return { action: "TAKE", why: null };
  const same = candidate.digest === keptDigest;
  // A file that a person put there has no note: it gets one, once.
  const keptOrigin = kept.note?.origin ?? "DESCRIBE";
  const trust = ORIGINS.indexOf(candidate.origin) - ORIGINS.indexOf(keptOrigin);
  if (same && trust >= 0) {
    return kept.note === null || kept.note.digest !== keptDigest
      ? { action: "TAKE", why: "the same, with a note of its digest" }
      : { action: "LEAVE", why: null };
  }
  if (replace && !same) return { action: "TAKE", why: "replaces the kept one (--replace)" };
  if (trust > 0) return { action: "LEAVE", why: `the kept one is from a better source (${keptOrigin})` };
  if (trust < 0) return { action: "TAKE", why: `replaces one from a lesser source (${keptOrigin})` };
  const [ours, theirs] = [
    epochMilliseconds(kept.description.LastUpdatedTimestamp),
    epochMilliseconds(candidate.updatedAt),
  ];
  if (ours !== null && theirs !== null && theirs > ours) return { action: "TAKE", why: "replaces an older one" };
  if (ours !== null && theirs !== null && theirs < ours) return { action: "LEAVE", why: "the kept one is newer" };
  return { action: "REFUSE", why: "another description of this job is kept already (--replace takes this one)" };
}
