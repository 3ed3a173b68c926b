import { epochMilliseconds } from "../../job/wire-answer.js";
import { ORIGINS, type Origin, type StoredJob } from "../store/stored-job.js";

/** What an import does with a job, and why if that is not obvious. */
type Decision =
  | { readonly action: "TAKE"; readonly why: string | null }
  | { readonly action: "LEAVE"; readonly why: string | null }
  | { readonly action: "REFUSE"; readonly why: string };

/** A job about to be imported. */
interface Candidate {
  readonly origin: Origin;
  readonly digest: string;
  readonly updatedAt: unknown;
}

/**
 * Decides whether a job goes into the archive. The more trusted origin wins, then the later time of change; an equal
 * job is left alone, so importing twice changes nothing. `storedDigest` is the digest of `stored`.
 */
export function decide(
  candidate: Candidate,
  stored: StoredJob | null,
  storedDigest: string | null,
  replace: boolean,
): Decision {
  if (stored === null) return { action: "TAKE", why: null };
  const same = candidate.digest === storedDigest;
  // A file copied there by hand has no note, so it gets one.
  const storedOrigin = stored.note?.origin ?? "DESCRIBE";
  const distrust = ORIGINS.indexOf(candidate.origin) - ORIGINS.indexOf(storedOrigin);
  if (same && distrust >= 0) {
    return stored.note === null || stored.note.digest !== storedDigest
      ? { action: "TAKE", why: "the same job, now with a note of its digest" }
      : { action: "LEAVE", why: null };
  }
  if (replace && !same) return { action: "TAKE", why: "replaces the stored job (--replace)" };
  if (distrust > 0) return { action: "LEAVE", why: `the stored job is from a better source (${storedOrigin})` };
  if (distrust < 0) return { action: "TAKE", why: `replaces a job from a lesser source (${storedOrigin})` };
  return later(epochMilliseconds(candidate.updatedAt), epochMilliseconds(stored.description.LastUpdatedTimestamp));
}

/** Of two different descriptions from equally good sources the one with the later time of change wins, or the only one with a time. */
function later(candidate: number | null, stored: number | null): Decision {
  if (candidate === stored) {
    return { action: "REFUSE", why: "a different description of this job is stored already (--replace overwrites it)" };
  }
  if (stored === null || (candidate !== null && candidate > stored)) {
    return { action: "TAKE", why: "replaces an older description" };
  }
  return { action: "LEAVE", why: "the stored description is newer" };
}
