import { printable } from "../base/text.js";
import type { Finding, Severity } from "./finding.js";
import { drift, type Question, unknown } from "./make-finding.js";
import type { Need } from "./needs.js";

const GRAVEST_FIRST: readonly Severity[] = ["BLOCKING", "ERROR", "WARNING", "INFO"];

/**
 * Marks a finding about a requirement that comes from the model's files, with the locations in them as evidence. A
 * difference is no more severe than the files are certain: if they are uncertain, it is unknown.
 */
export function onBasis(need: Need<unknown> | null, finding: Finding): Finding {
  if (need?.basis !== "MODEL" || finding.outcome === "NOT_APPLICABLE") return finding;
  const marked: Finding = { ...finding, evidence: [...need.sources, ...finding.evidence], basis: "MODEL" };
  const { limit } = need;
  if (limit === null || finding.outcome !== "DRIFT") return marked;
  const because = `${finding.because}; ${limit.why}`;
  if (limit.gravest === "UNKNOWN") return { ...unknown(marked, because), basis: "MODEL" };
  if (GRAVEST_FIRST.indexOf(finding.severity) >= GRAVEST_FIRST.indexOf(limit.gravest)) return marked;
  return { ...drift(limit.gravest, marked, because), basis: "MODEL" };
}

/** The beginning of a sentence about what nothing states: the subject, singular or plural, and "do not say". */
export function silent({ job, model }: Pick<Question, "job" | "model">): string {
  if (model === null) return "The description does not say";
  return job === null ? "The model's files do not say" : "Neither the description nor the model's files say";
}

/** Why the model's files may say more than was read, for the end of a sentence; empty if they were read completely. */
export function unreadNote({ model }: Pick<Question, "model">): string {
  const [first, ...others] = model?.unread ?? [];
  if (first === undefined) return "";
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  return printable(`: could not read ${first.path}${more} (${first.why})`);
}
