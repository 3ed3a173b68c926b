import { compareStated, parseVersion } from "../base/version.js";
import type { DeviceFacts } from "../device/facts.js";
import { known } from "../device/facts.js";
import type { PackagingJob } from "../job/job.js";
import { PATHS, type Requirements, requirementsOf } from "../job/requirements.js";
import type { Finding, Verdict } from "./finding.js";
import { parseGpuCode } from "./gpu-codes.js";
import { drift } from "./make-finding.js";
import { list } from "./remedies/remedy.js";
import { fitOf, jetpackStates, softwareOf } from "./software-fit.js";
import { SOURCES } from "./sources.js";
import { verdictOf } from "./verdict.js";

/** One job of a device and what was found about it. */
interface Judged {
  readonly job: PackagingJob;
  readonly verdict: Verdict;
}

/** Why two jobs cannot both have their way: the property and what each of the two asks there. */
export interface Conflict {
  readonly path: string;
  readonly first: string;
  readonly second: string;
  /** To follow "because". */
  readonly reason: string;
}

/**
 * The verdicts, in order, each with `job.consistent` findings for the other jobs that no one state of the machine satisfies
 * together with it, those with one reason in one. It counts, as a WARNING, only for a job that will not run here anyway: a job that this machine satisfies
 * has drifted no more for what another job wants, so there it is NOT_APPLICABLE.
 */
export function withConflicts(judged: readonly Judged[], facts: DeviceFacts): Verdict[] {
  const all = judged.map((one) => ({ ...one, needs: requirementsOf(one.job), conflicts: [] as JobConflict[] }));
  for (const [i, one] of all.entries()) {
    for (const other of all.slice(i + 1)) {
      const found = conflictOf(one.job, one.needs, other.job, other.needs, facts);
      if (found === null) continue;
      one.conflicts.push({ with: jobLabel(other.job), conflict: found, mine: found.first, theirs: found.second });
      other.conflicts.push({ with: jobLabel(one.job), conflict: found, mine: found.second, theirs: found.first });
    }
  }
  return all.map(({ verdict, conflicts }) => withFindings(verdict, conflictFindings(conflicts)));
}

/** What keeps two jobs from being satisfied by one state of this machine; null when nothing is known to. */
function conflictOf(
  first: PackagingJob,
  firstNeeds: Requirements,
  second: PackagingJob,
  secondNeeds: Requirements,
  facts: DeviceFacts,
): Conflict | null {
  return (
    componentConflict(first, second) ??
    archConflict(firstNeeds, secondNeeds) ??
    chipConflict(firstNeeds, secondNeeds) ??
    softwareConflict(firstNeeds, secondNeeds, facts)
  );
}

/** What a person calls a job. */
export function jobLabel(job: PackagingJob): string {
  return job.name ?? job.component.name ?? "without a name";
}

// Greengrass runs one version of a component at a time.
function componentConflict(first: PackagingJob, second: PackagingJob): Conflict | null {
  const [a, b] = [first.component, second.component];
  if (a.name === null || a.name !== b.name || a.version === null || b.version === null) return null;
  const [left, right] = [parseVersion(a.version), parseVersion(b.version)];
  const same = left && right ? compareStated(left, right) === "SAME" : a.version === b.version;
  if (same) return null;
  const reason = `both are component ${a.name}, of which one device runs one version at a time`;
  return { path: PATHS.configuredVersion, first: a.version, second: b.version, reason };
}

function archConflict(a: Requirements, b: Requirements): Conflict | null {
  if (!a.arch || !b.arch || a.arch.value === b.arch.value) return null;
  return { path: PATHS.arch, first: a.arch.value, second: b.arch.value, reason: "one machine has one architecture" };
}

// Cards can stand side by side; a Jetson has the one GPU of its chip.
function chipConflict(a: Requirements, b: Requirements): Conflict | null {
  const [left, right] = [parseGpuCode(a.gpuCode?.value ?? null), parseGpuCode(b.gpuCode?.value ?? null)];
  if (!left || !right || a.gpu !== "NEEDED" || b.gpu !== "NEEDED") return null;
  if (!left.tegra && !right.tegra) return null;
  if (left.major === right.major && left.minor === right.minor) return null;
  const reason = "a Jetson has the one GPU of its chip";
  return { path: PATHS.gpuCode, first: left.text, second: right.text, reason };
}

// On a Jetson CUDA and TensorRT come with the JetPack; elsewhere several versions stand side by side.
function softwareConflict(a: Requirements, b: Requirements, facts: DeviceFacts): Conflict | null {
  const jetson = known(facts.jetson);
  if (!jetson?.soc || a.gpu !== "NEEDED" || b.gpu !== "NEEDED") return null;
  const states = [softwareOf(facts), ...jetpackStates(jetson.soc, jetson.l4t)];
  const forFirst = states.filter((state) => fitOf(a, state, false).runs);
  const forSecond = states.filter((state) => fitOf(b, state, false).runs);
  if (forFirst.length === 0 || forSecond.length === 0) return null;
  if (forFirst.some((state) => forSecond.includes(state))) return null;
  const reason = "no JetPack for this Jetson brings what both need";
  const [leftTrt, rightTrt] = [a.trtVer?.value.join(" or "), b.trtVer?.value.join(" or ")];
  if (leftTrt !== undefined && rightTrt !== undefined && !shareMajor(a, b)) {
    return { path: PATHS.trtVer, first: `TensorRT ${leftTrt}`, second: `TensorRT ${rightTrt}`, reason };
  }
  const [leftCuda, rightCuda] = [a.cudaVer?.value ?? "any", b.cudaVer?.value ?? "any"];
  return { path: PATHS.cudaVer, first: `CUDA ${leftCuda}`, second: `CUDA ${rightCuda}`, reason };
}

function shareMajor(a: Requirements, b: Requirements): boolean {
  const majors = (needs: Requirements) => needs.trtVer?.value.map((version) => parseVersion(version)?.[0]) ?? [];
  return majors(a).some((major) => majors(b).includes(major));
}

/** A conflict as one of its two jobs sees it. */
interface JobConflict {
  /** The other job. */
  readonly with: string;
  readonly conflict: Conflict;
  readonly mine: string;
  readonly theirs: string;
}

/** One finding for all jobs that want the same other thing for the same reason. */
function conflictFindings(conflicts: readonly JobConflict[]): Finding[] {
  const groups = new Map<string, JobConflict[]>();
  for (const one of conflicts) {
    const key = JSON.stringify([one.conflict.path, one.mine, one.theirs, one.conflict.reason]);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].flatMap((group) => (group[0] ? [conflictFinding(group[0], group)] : []));
}

function conflictFinding({ conflict, mine, theirs }: JobConflict, group: readonly JobConflict[]): Finding {
  const names = list(group.map((one) => one.with));
  const others = group.length === 1 ? `job ${names}` : `jobs ${names}`;
  return drift(
    "WARNING",
    {
      rule: "job.consistent",
      path: conflict.path,
      expected: mine,
      actual: `${theirs} for ${others}`,
      evidence: [
        ...group.map((one) => ({ from: `job ${one.with}`, value: theirs })),
        { from: "rule", value: SOURCES.conflict },
      ],
    },
    `No one state of this machine satisfies this job (${mine}) and ${others} (${theirs}), because ${conflict.reason}`,
  );
}

function withFindings(verdict: Verdict, conflicts: readonly Finding[]): Verdict {
  if (conflicts.length === 0 || verdict.drift === "NOT_CHECKED") return verdict;
  const stuck = verdict.runnable === "WILL_NOT_RUN";
  const told = stuck ? conflicts : conflicts.map((one): Finding => ({ ...one, outcome: "NOT_APPLICABLE" }));
  const findings = verdict.findings.filter(
    (finding) => !stuck || finding.rule !== "job.consistent" || finding.outcome !== "MATCH",
  );
  const at = findings.findIndex((finding) => finding.rule !== "job.status" && finding.rule !== "job.consistent");
  return verdictOf([...findings.slice(0, at), ...told, ...findings.slice(at)]);
}
