import type { DeviceFacts } from "../../device/facts.js";
import { known } from "../../device/facts.js";
import type { Finding, RuleId } from "../finding.js";
import { absence, drift, evidence, match, type Question, unknown } from "../make-finding.js";
import { SOURCES } from "../sources.js";

/** The JetPack releases that the developer guide's range names and whose libraries match a tested package. */
export const TESTED_JETPACKS: readonly string[] = ["4.4", "4.4.1", "4.5", "4.5.1", "4.6.1"];

const EXPECTED = "JetPack 4.4 to 4.5.1 or 4.6.1";

/** Whether the JetPack is one that AWS names; part of `rule`, never blocking by itself. */
export function jetpackFinding({ facts }: Question, rule: RuleId, path: string): Finding {
  const release = known(facts.jetpack);
  const candidates = release === null ? jetpackCandidates(facts) : [release];
  const statement = {
    rule,
    path,
    expected: EXPECTED,
    actual: candidates.length > 0 ? `JetPack ${candidates.join(" or ")}` : null,
    evidence: evidence(SOURCES.jetpack, [facts.jetpack, release], [facts.l4t, known(facts.l4t)]),
  };
  const tested = candidates.filter((candidate) => TESTED_JETPACKS.includes(candidate));
  if (candidates.length === 0) {
    return unknown(statement, `This machine's JetPack is not known (${absence(facts.jetpack)})`);
  }
  if (release === "4.6.1") {
    return match(
      { ...statement, evidence: [...statement.evidence, { from: "rule", value: SOURCES.jetpackOlder }] },
      "AWS's documents contradict each other about JetPack 4.6.1: the Greengrass page of 2023-04 forbids it, the later developer guide allows it; the later one counts",
    );
  }
  if (tested.length === candidates.length) {
    return match(statement, `JetPack ${candidates.join(" or ")} is one that AWS names`);
  }
  if (tested.length > 0) {
    return unknown(statement, `This is JetPack ${candidates.join(" or ")}; AWS names only ${tested.join(" and ")}`);
  }
  return drift("WARNING", statement, whyUntested(candidates));
}

/** The possible JetPacks if L4T does not name a single one; empty if not even those are known. */
function jetpackCandidates(facts: DeviceFacts): readonly string[] {
  return known(facts.jetson)?.jetpackCandidates ?? [];
}

function whyUntested(candidates: readonly string[]): string {
  const named = candidates.join(" or ");
  if (named === "4.6") {
    return "JetPack 4.6 lies inside AWS's range, but it brings TensorRT 8.0.1, for which no tested package exists";
  }
  const [major = Number.NaN, minor = Number.NaN] = (candidates[0] ?? "")
    .split(".")
    .map((part) => Number.parseInt(part, 10));
  // `4.x` may be older or later.
  if (Number.isNaN(major) || (major === 4 && Number.isNaN(minor))) {
    return `JetPack ${named} is not one of the releases that AWS names (4.4 to 4.5.1 and 4.6.1)`;
  }
  if (major === 4 && minor >= 6) {
    return `JetPack ${named} is later than 4.6.1, the last that AWS names, though its CUDA and TensorRT are the same`;
  }
  if (candidates[0]?.endsWith("DP")) return `JetPack ${named} is a developer preview, which AWS does not name`;
  return `JetPack ${named} is ${major > 4 ? "later" : "older"} than the releases that AWS names (4.4 to 4.5.1 and 4.6.1)`;
}
