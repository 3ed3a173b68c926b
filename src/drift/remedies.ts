import { PATHS } from "../job/requirements.js";
import { compare } from "./compare.js";
import type { Finding, RuleId, Verdict } from "./finding.js";
import type { CompareInput, Question } from "./make-finding.js";
import { needsOf, type Subject } from "./needs.js";
import { hardwareRemedies } from "./remedies/hardware.js";
import { l4tDriverRemedies } from "./remedies/l4t-driver-remedies.js";
import { cudaDriverRemedies } from "./remedies/libcuda-remedies.js";
import { agreesRemedies, librariesRemedies } from "./remedies/model-remedies.js";
import { otherRemedies } from "./remedies/other.js";
import { HARDWARE_RULES, type Remedy, renderRemedy } from "./remedies/remedy.js";
import { driverRemedies, ptxRemedy, softwareRemedies } from "./remedies/software.js";
import { isDriverOfL4t } from "./rules/driver-minimum.js";

export type { Remedy } from "./remedies/remedy.js";

/** The fixes for one finding, the smallest change first; `preflight --json` prints them as they are. */
export interface FindingRemedies {
  readonly rule: RuleId;
  readonly path: string;
  /** The finding's. */
  readonly fingerprint: string;
  readonly ways: readonly Remedy[];
}

/**
 * The remedies of each BLOCKING or ERROR finding, also as text in the findings' `remedy`. Possible changes of the
 * machine come from the tables, are judged by the rules' own code and checked against the other models on the device.
 * Pure; a verdict without such findings is returned unchanged.
 */
export function remedies(
  input: CompareInput,
  others: readonly Subject[],
  verdict: Verdict = compare(input),
): { readonly verdict: Verdict; readonly remedies: readonly FindingRemedies[] } {
  if (!verdict.findings.some(wantsRemedy)) return { verdict, remedies: [] };
  const question: Question = { ...input, needs: needsOf(input) };
  const stuck = verdict.findings.some(({ severity, rule }) => severity === "BLOCKING" && HARDWARE_RULES.includes(rule));
  const found: FindingRemedies[] = [];
  const findings = verdict.findings.map((finding) => {
    if (!wantsRemedy(finding)) return finding;
    const ways = fixesFor(finding, question, others, stuck);
    const { rule, path, fingerprint } = finding;
    found.push({ rule, path, fingerprint, ways });
    return { ...finding, remedy: ways.map(renderRemedy) };
  });
  return { verdict: { ...verdict, findings }, remedies: found };
}

/** Only a difference is BLOCKING or an ERROR. */
function wantsRemedy({ severity, remedy }: Finding): boolean {
  // A known pair has its own fix.
  return remedy.length === 0 && (severity === "BLOCKING" || severity === "ERROR");
}

function fixesFor(finding: Finding, question: Question, others: readonly Subject[], stuck: boolean): readonly Remedy[] {
  switch (finding.rule) {
    case "target.os":
    case "target.arch":
    case "target.accelerator":
    case "target.device":
    case "compiler.gpu-code":
    case "compiler.mcpu":
    case "compiler.mattr":
      return hardwareRemedies(finding, question);
    case "compiler.cuda-ver":
    case "compiler.trt-ver":
      return softwareRemedies(finding, question, others, stuck);
    case "compiler.driver":
      if (finding.path === PATHS.gpuCode) return [ptxRemedy(question)];
      return isDriverOfL4t(question) ? l4tDriverRemedies(question) : driverRemedies(question, others, stuck);
    case "device.cuda-driver":
      return cudaDriverRemedies(question);
    case "model.libraries":
      return librariesRemedies(finding, question);
    case "model.agrees":
      return agreesRemedies(question);
    default:
      return otherRemedies(finding, question);
  }
}
