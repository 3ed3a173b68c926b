import { compareStated, parseVersion } from "../base/version.js";
import type { DeviceFacts } from "../device/facts.js";
import { known } from "../device/facts.js";
import { PATHS } from "../job/requirements.js";
import type { Finding, Verdict } from "./finding.js";
import type { ModelCode } from "./gpu-codes.js";
import { drift } from "./make-finding.js";
import { componentIn, labelOf, type Needs, needsOf, type Subject } from "./needs.js";
import { list } from "./remedies/remedy.js";
import { fitOf, jetpackStates, softwareOf } from "./software-fit.js";
import { SOURCES } from "./sources.js";
import { verdictOf } from "./verdict.js";

/** One model of a device, and the verdict about it. */
interface Judged extends Subject {
  readonly verdict: Verdict;
}

/** Why two jobs cannot both be satisfied: the property, and what each of the two requires there. */
interface Conflict {
  readonly path: string;
  readonly first: string;
  readonly second: string;
  /** To follow "because". */
  readonly reason: string;
}

/**
 * The verdicts, in order, each with `job.consistent` findings for the other jobs that no single state of the machine
 * can satisfy together with it; those with the same reason share a finding. It counts, as a WARNING, only for a job
 * that will not run here anyway. A job that this machine satisfies has not drifted because another job wants something
 * else, so there it is NOT_APPLICABLE.
 */
export function withConflicts(judged: readonly Judged[], facts: DeviceFacts): Verdict[] {
  const all = judged.map((one) => ({ ...one, needs: certain(needsOf(one)), conflicts: [] as JobConflict[] }));
  for (const [i, one] of all.entries()) {
    for (const other of all.slice(i + 1)) {
      const found = conflictOf(one, other, facts);
      if (found === null) continue;
      one.conflicts.push({ with: other, conflict: found, mine: found.first, theirs: found.second });
      other.conflicts.push({ with: one, conflict: found, mine: found.second, theirs: found.first });
    }
  }
  return all.map((one) => withFindings(one.verdict, conflictFindings(one, one.conflicts)));
}

/** What keeps one state of this machine from satisfying two models; null if nothing is known to. */
function conflictOf(
  first: Subject & { readonly needs: Needs },
  second: Subject & { readonly needs: Needs },
  facts: DeviceFacts,
): Conflict | null {
  return (
    componentConflict(first, second) ??
    archConflict(first.needs, second.needs) ??
    chipConflict(first.needs, second.needs) ??
    softwareConflict(first.needs, second.needs, facts)
  );
}

/** The needs without what a model's files state uncertainly, which conflicts with nothing. */
function certain(needs: Needs): Needs {
  const isCertain = (need: Needs["arch"] | Needs["trtVer"]) => need?.basis !== "MODEL" || need.limit === null;
  return {
    ...needs,
    arch: isCertain(needs.arch) ? needs.arch : null,
    codes: isCertain(needs.gpuCode) ? needs.codes : [],
    cudaVer: isCertain(needs.cudaVer) ? needs.cudaVer : null,
    trtVer: isCertain(needs.trtVer) ? needs.trtVer : null,
  };
}

// Greengrass runs one version of a component at a time.
function componentConflict(first: Subject, second: Subject): Conflict | null {
  const [a, b] = [componentOf(first), componentOf(second)];
  if (a.name === null || a.name !== b.name || a.version === null || b.version === null) return null;
  const [left, right] = [parseVersion(a.version), parseVersion(b.version)];
  const same = left && right ? compareStated(left, right) === "SAME" : a.version === b.version;
  if (same) return null;
  const reason = `both are component ${a.name}, and a device runs one version of it at a time`;
  return { path: PATHS.configuredVersion, first: a.version, second: b.version, reason };
}

function componentOf({ job, model }: Subject): { readonly name: string | null; readonly version: string | null } {
  return job?.component ?? { name: componentIn(model), version: model?.version ?? null };
}

function archConflict(a: Needs, b: Needs): Conflict | null {
  if (!a.arch || !b.arch || a.arch.value === b.arch.value) return null;
  return { path: PATHS.arch, first: a.arch.value, second: b.arch.value, reason: "one machine has one architecture" };
}

// A machine can have several cards; a Jetson has the one GPU of its chip.
function chipConflict(a: Needs, b: Needs): Conflict | null {
  if (a.gpuCode === null || b.gpuCode === null || a.gpu !== "NEEDED" || b.gpu !== "NEEDED") return null;
  if (a.codes.length === 0 || b.codes.length === 0) return null;
  if (a.codes.some((left) => b.codes.some((right) => canShare(left, right)))) return null;
  const reason = "a Jetson has the one GPU of its chip";
  return { path: PATHS.gpuCode, first: a.gpuCode.value, second: b.gpuCode.value, reason };
}

/** Whether one machine can run both: PTX also runs on newer GPUs, and a machine can have several cards. */
function canShare(left: ModelCode, right: ModelCode): boolean {
  const isFloor = (code: ModelCode) => code.kind === "PTX" && !code.exact;
  if (isFloor(left) && isFloor(right)) return true;
  if (isFloor(left)) return isFrom(left, right);
  if (isFloor(right)) return isFrom(right, left);
  return (!left.tegra && !right.tegra) || (left.major === right.major && left.minor === right.minor);
}

function isFrom(floor: ModelCode, { major, minor, tegra }: ModelCode): boolean {
  return !tegra || major > floor.major || (major === floor.major && minor >= floor.minor);
}

// On a Jetson CUDA and TensorRT come with the JetPack; elsewhere several versions can be installed together.
function softwareConflict(a: Needs, b: Needs, facts: DeviceFacts): Conflict | null {
  const jetson = known(facts.jetson);
  if (!jetson?.soc || a.gpu !== "NEEDED" || b.gpu !== "NEEDED") return null;
  const states = [softwareOf(facts), ...jetpackStates(jetson.soc, jetson.l4t)];
  const forFirst = states.filter((state) => fitOf(a, state).runs);
  const forSecond = states.filter((state) => fitOf(b, state).runs);
  if (forFirst.length === 0 || forSecond.length === 0) return null;
  if (forFirst.some((state) => forSecond.includes(state))) return null;
  const reason = "no JetPack for this Jetson brings what both need";
  const [leftTrt, rightTrt] = [a.trtVer?.value, b.trtVer?.value];
  if (leftTrt && rightTrt && !shareMajor(leftTrt, rightTrt)) {
    const nameOf = (versions: readonly string[]) => `TensorRT ${versions.join(" or ")}`;
    return { path: PATHS.trtVer, first: nameOf(leftTrt), second: nameOf(rightTrt), reason };
  }
  const [leftCuda, rightCuda] = [a.cudaVer?.value ?? "any", b.cudaVer?.value ?? "any"];
  return { path: PATHS.cudaVer, first: `CUDA ${leftCuda}`, second: `CUDA ${rightCuda}`, reason };
}

function shareMajor(left: readonly string[], right: readonly string[]): boolean {
  const majors = right.map(majorOf);
  return left.some((version) => majors.includes(majorOf(version)));
}

function majorOf(version: string): number | undefined {
  return parseVersion(version)?.[0];
}

/** A conflict as one of the two sees it. */
interface JobConflict {
  readonly with: Subject;
  readonly conflict: Conflict;
  readonly mine: string;
  readonly theirs: string;
}

/** One finding for all jobs that want the same thing for the same reason. */
function conflictFindings(subject: Subject, conflicts: readonly JobConflict[]): Finding[] {
  const groups = new Map<string, JobConflict[]>();
  for (const one of conflicts) {
    const key = JSON.stringify([one.conflict.path, one.mine, one.theirs, one.conflict.reason]);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].flatMap((group) => (group[0] ? [conflictFinding(subject, group[0], group)] : []));
}

function conflictFinding(
  subject: Subject,
  { conflict, mine, theirs }: JobConflict,
  group: readonly JobConflict[],
): Finding {
  const others = nounsOf(group.map((one) => one.with));
  return drift(
    "WARNING",
    {
      rule: "job.consistent",
      path: conflict.path,
      expected: mine,
      actual: `${theirs} for ${others}`,
      evidence: [
        ...group.map((one) => ({ from: nounsOf([one.with]), value: theirs })),
        { from: "rule", value: SOURCES.conflict },
      ],
    },
    `No single state of this machine satisfies this ${subject.job === null ? "model" : "job"} (${mine}) and ${others} (${theirs}), because ${conflict.reason}`,
  );
}

/** `jobs a and b`, `model c` where a model has no job. */
function nounsOf(subjects: readonly Subject[]): string {
  const names = (noun: string, of: readonly Subject[]) =>
    of.length === 0 ? [] : [`${noun}${of.length === 1 ? "" : "s"} ${list(of.map(labelOf))}`];
  const jobs = subjects.filter(({ job }) => job !== null);
  const models = subjects.filter(({ job }) => job === null);
  return list([...names("job", jobs), ...names("model", models)]);
}

function withFindings(verdict: Verdict, conflicts: readonly Finding[]): Verdict {
  if (conflicts.length === 0 || verdict.drift === "NOT_CHECKED") return verdict;
  const stuck = verdict.runnable === "WILL_NOT_RUN";
  const added = stuck ? conflicts : conflicts.map((one): Finding => ({ ...one, outcome: "NOT_APPLICABLE" }));
  const findings = verdict.findings.filter(
    (finding) => !stuck || finding.rule !== "job.consistent" || finding.outcome !== "MATCH",
  );
  const at = findings.findIndex((finding) => finding.rule !== "job.status" && finding.rule !== "job.consistent");
  return verdictOf([...findings.slice(0, at), ...added, ...findings.slice(at)]);
}
