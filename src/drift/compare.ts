import { onBasis } from "./basis.js";
import { type Finding, RULE_IDS, type RuleId, type Verdict } from "./finding.js";
import { type CompareInput, notApplicable, type Question, unknown } from "./make-finding.js";
import { type Need, type Needs, needsOf } from "./needs.js";
import { compilerCudaVer, compilerTrtVer } from "./rules/compiler-libraries.js";
import { componentDeployed, componentState, componentVersion } from "./rules/component.js";
import { compilerMattr, compilerMcpu } from "./rules/cpu-features.js";
import { deviceCudaDriver } from "./rules/cuda-driver.js";
import { targetDevice } from "./rules/device.js";
import { compilerDriver } from "./rules/driver-minimum.js";
import { deviceGlibc } from "./rules/glibc.js";
import { compilerGpuCode } from "./rules/gpu-code.js";
import { jobConsistent, jobSourceAge, jobStatus } from "./rules/job-state.js";
import { modelAgrees } from "./rules/model-agrees.js";
import { modelLibraries } from "./rules/model-libraries.js";
import { compilerOptions } from "./rules/options.js";
import { deviceAccess, deviceMemory } from "./rules/resources.js";
import { targetAccelerator, targetArch, targetOs } from "./rules/target.js";
import { verdictOf } from "./verdict.js";

export type { CompareInput } from "./make-finding.js";

/** Who answers each rule. */
const RULES: Readonly<Record<RuleId, (question: Question) => Finding | Finding[]>> = {
  "job.status": jobStatus,
  "job.consistent": jobConsistent,
  "job.source-age": jobSourceAge,
  "target.os": about((needs) => needs.os, targetOs),
  "target.arch": about((needs) => needs.arch, targetArch),
  "target.accelerator": about((needs) => needs.accelerator, targetAccelerator),
  "target.device": targetDevice,
  "compiler.gpu-code": about((needs) => needs.gpuCode, compilerGpuCode),
  "compiler.cuda-ver": about((needs) => needs.cudaVer, compilerCudaVer),
  "compiler.trt-ver": about((needs) => needs.trtVer, compilerTrtVer),
  "compiler.driver": about((needs) => needs.cudaVer, compilerDriver),
  "compiler.mcpu": compilerMcpu,
  "compiler.mattr": compilerMattr,
  "compiler.options": compilerOptions,
  "component.deployed": componentDeployed,
  "component.version": componentVersion,
  "component.state": componentState,
  "device.memory": deviceMemory,
  "device.access": about((needs) => needs.accelerator, deviceAccess),
  "device.cuda-driver": about((needs) => needs.accelerator, deviceCudaDriver),
  "device.glibc": about((needs) => needs.accelerator, deviceGlibc),
  "model.libraries": modelLibraries,
  "model.agrees": modelAgrees,
};

/** A rule whose first finding is about one requirement; its other findings are about the machine alone. */
function about(
  needOf: (needs: Needs) => Need<unknown> | null,
  rule: (question: Question) => Finding | readonly Finding[],
): (question: Question) => Finding[] {
  return (question) => {
    const [first, ...others] = [rule(question)].flat();
    return first === undefined ? [] : [onBasis(needOf(question.needs), first), ...others];
  };
}

/**
 * Answers every rule about one packaged model on one machine, in the order of RULE_IDS. Pure, never throws, never stops at the first
 * difference.
 */
export function compare(input: CompareInput): Verdict {
  return verdictOf(answerRules(input, RULE_IDS));
}

/** The findings of some rules, in the order given. */
export function answerRules(input: CompareInput, rules: readonly RuleId[]): Finding[] {
  const question: Question = { ...input, needs: needsOf(input) };
  const findings: Finding[] = [];
  for (const rule of rules) {
    const answer = RULES[rule](question);
    if (Array.isArray(answer)) findings.push(...answer);
    else findings.push(answer);
  }
  return findings;
}

/**
 * The verdict if neither a job, not even a stored copy, nor the model's files could be read: nothing was checked, for
 * the reason `because`.
 */
export function notChecked(because: string): Verdict {
  const findings = RULE_IDS.map((rule) =>
    rule.startsWith("job.")
      ? unknown({ rule, path: "ModelPackagingDescription", expected: null, actual: null, evidence: [] }, because)
      : notApplicable(rule, "ModelPackagingDescription", "There is no job to compare with"),
  );
  return { drift: "NOT_CHECKED", runnable: "CANNOT_TELL", findings };
}
