import { requirementsOf } from "../job/requirements.js";
import { type Finding, RULE_IDS, type RuleId, type Verdict } from "./finding.js";
import { type CompareInput, notApplicable, type Question, unknown } from "./make-finding.js";
import { compilerCudaVer, compilerTrtVer } from "./rules/compiler-libraries.js";
import { componentDeployed, componentState, componentVersion } from "./rules/component.js";
import { compilerMattr, compilerMcpu } from "./rules/cpu-features.js";
import { deviceCudaDriver } from "./rules/cuda-driver.js";
import { targetDevice } from "./rules/device.js";
import { compilerDriver } from "./rules/driver-minimum.js";
import { deviceGlibc } from "./rules/glibc.js";
import { compilerGpuCode } from "./rules/gpu-code.js";
import { jobConsistent, jobSourceAge, jobStatus } from "./rules/job-state.js";
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
  "target.os": targetOs,
  "target.arch": targetArch,
  "target.accelerator": targetAccelerator,
  "target.device": targetDevice,
  "compiler.gpu-code": compilerGpuCode,
  "compiler.cuda-ver": compilerCudaVer,
  "compiler.trt-ver": compilerTrtVer,
  "compiler.driver": compilerDriver,
  "compiler.mcpu": compilerMcpu,
  "compiler.mattr": compilerMattr,
  "compiler.options": compilerOptions,
  "component.deployed": componentDeployed,
  "component.version": componentVersion,
  "component.state": componentState,
  "device.memory": deviceMemory,
  "device.access": deviceAccess,
  "device.cuda-driver": deviceCudaDriver,
  "device.glibc": deviceGlibc,
};

/** Answers every rule about one job on one machine, in the order of RULE_IDS. Pure, never throws, never stops at the first difference. */
export function compare(input: CompareInput): Verdict {
  return verdictOf(answerRules(input, RULE_IDS));
}

/** The findings of some rules, in the order given. */
export function answerRules(input: CompareInput, rules: readonly RuleId[]): Finding[] {
  const question: Question = { ...input, needs: requirementsOf(input.job) };
  const findings: Finding[] = [];
  for (const rule of rules) {
    const answer = RULES[rule](question);
    if (Array.isArray(answer)) findings.push(...answer);
    else findings.push(answer);
  }
  return findings;
}

/** The verdict where no job could be had, not even a kept copy: nothing was checked, and `because` says why. */
export function notChecked(because: string): Verdict {
  const findings = RULE_IDS.map((rule) =>
    rule.startsWith("job.")
      ? unknown({ rule, path: "ModelPackagingDescription", expected: null, actual: null, evidence: [] }, because)
      : notApplicable(rule, "ModelPackagingDescription", "There is no job to compare with"),
  );
  return { drift: "NOT_CHECKED", runnable: "CANNOT_TELL", findings };
}
