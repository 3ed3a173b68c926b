import { type DeviceFacts, known } from "../device/facts.js";
import type { Deployed } from "../drift/deployed.js";
import type { Finding, RuleId, Verdict } from "../drift/finding.js";
import type { Subject } from "../drift/needs.js";
import { counts } from "../drift/verdict.js";
import type { JobOrigin, PackagingJob } from "../job/job.js";
import type {
  CompleteReport,
  Counts,
  Heartbeat,
  ReportedAgent,
  ReportedDevice,
  ReportedJob,
  Trigger,
  Unnumbered,
} from "./report.js";
import { reportedModel } from "./reported-model.js";

/** What one check found about one job. */
interface CheckResult {
  readonly thing: string;
  readonly trigger: Trigger;
  readonly checkedAt: string;
  /** Both null if there is nothing to check. */
  readonly ref: { readonly project: string | null; readonly job: string | null };
  readonly job: PackagingJob | null;
  /** What the model's own files say; null if they were not read. */
  readonly model: Subject["model"];
  readonly origin: JobOrigin | null;
  readonly unavailable: { readonly reason: string; readonly message: string } | null;
  readonly facts: DeviceFacts;
  readonly deployed: Deployed | null;
  readonly verdict: Verdict;
  readonly agent: ReportedAgent;
}

/** The complete report about a check. */
export function completeReport(checked: CheckResult): Unnumbered<CompleteReport> {
  const { verdict, job } = checked;
  const model = reportedModel(checked.model, checked.deployed);
  const component = job?.component.name ?? (checked.deployed?.name || null) ?? checked.model?.component ?? null;
  return {
    schema: "packdrift.report/1",
    thing: checked.thing,
    kind: "COMPLETE",
    trigger: checked.trigger,
    drift: verdict.drift,
    runnable: verdict.runnable,
    counts: count(verdict.findings),
    checkedAt: checked.checkedAt,
    job: {
      project: job?.project ?? checked.ref.project,
      name: job?.name ?? checked.ref.job,
      modelVersion: job?.modelVersion ?? null,
      status: job?.status ?? null,
      target: job === null ? null : targetOf(job),
      compilerOptions: job?.compilerOptions.text ?? null,
      digest: checked.origin?.digest ?? null,
      source: checked.origin?.source ?? null,
      fetchedAt: checked.origin?.fetchedAt ?? null,
      unavailable: checked.origin?.stale ?? checked.unavailable,
    },
    component: {
      name: component,
      expectedVersion: job?.component.version ?? null,
      deployedVersion: known(checked.deployed?.version),
      state: known(checked.deployed?.state),
    },
    device: deviceInShort(checked.facts),
    ...(model === undefined ? {} : { model }),
    agent: checked.agent,
    matches: matchedRules(verdict.findings),
    findings: verdict.findings.filter((finding) => finding.outcome !== "MATCH"),
  };
}

/** The complete report of a device without a job to check: that it exists, and what it is. */
export function nothingToCheck(
  checked: Pick<CheckResult, "thing" | "trigger" | "checkedAt" | "facts" | "agent">,
): Unnumbered<CompleteReport> {
  const verdict: Verdict = { drift: "NOT_CHECKED", runnable: "CANNOT_TELL", findings: [] };
  const ref = { project: null, job: null };
  return completeReport({
    ...checked,
    ref,
    job: null,
    model: null,
    origin: null,
    unavailable: null,
    deployed: null,
    verdict,
  });
}

/** The heartbeat of a check that found nothing new. */
export function heartbeat(report: Unnumbered<CompleteReport>): Unnumbered<Heartbeat> {
  const { schema, thing, trigger, drift, runnable, counts, checkedAt, job, component, agent } = report;
  return {
    schema,
    thing,
    kind: "HEARTBEAT",
    trigger,
    drift,
    runnable,
    counts,
    checkedAt,
    job: { ...shortNames(thing, job), digest: job.digest?.slice(0, 16) ?? null },
    component: {
      // Without a job's name, the component says which model this is about.
      ...(job.name === null && component.name !== null ? { name: component.name } : {}),
      deployedVersion: component.deployedVersion,
      state: component.state,
    },
    device: null,
    agent: { version: agent.version, outbox: agent.outbox },
    findings: [],
  };
}

/** Everything in a report except when and why it was made, as a string to compare. */
export function contentOf(report: Unnumbered<CompleteReport>): string {
  const { drift, runnable, job, component, device, model, agent, findings } = report;
  return JSON.stringify([
    drift,
    runnable,
    { ...job, fetchedAt: null, unavailable: job.unavailable?.reason ?? null },
    component,
    device,
    // Only if there is one, so that the content of reports made before there were models stays the same.
    ...(model === undefined ? [] : [model]),
    agent,
    findings.map(({ fingerprint, outcome, severity, waived, damped }) => [
      ...[fingerprint, outcome, severity, waived !== undefined],
      // A change of whether it counts matters, the number of checks so far does not.
      damped?.state ?? null,
    ]),
  ]);
}

/** The job's names, cut where they would make a heartbeat longer than 1 KB; the digest still identifies the job. */
function shortNames(thing: string, { project, name }: ReportedJob): Pick<ReportedJob, "project" | "name"> {
  const cut = (text: string | null) => (text !== null && text.length > 32 ? `${text.slice(0, 31)}…` : text);
  const isLong = thing.length + (project?.length ?? 0) + (name?.length ?? 0) > 200;
  return isLong ? { project: cut(project), name: cut(name) } : { project, name };
}

/** The target in one phrase: `jetson_xavier`, `LINUX X86_64 NVIDIA`, `LINUX ARM64 CPU`. */
export function targetOf(job: PackagingJob): string | null {
  const platform = job.targetPlatform;
  if (job.targetDevice !== null) return job.targetDevice;
  if (platform === null) return null;
  return [platform.os, platform.arch, platform.accelerator ?? "CPU"].filter((word) => word !== null).join(" ");
}

function deviceInShort(facts: DeviceFacts): ReportedDevice {
  const distro = known(facts.distro);
  const jetson = known(facts.jetson);
  return {
    arch: known(facts.arch),
    distro: distro === null ? null : [distro.id, distro.version].filter((word) => word !== null).join(" "),
    kernelRelease: known(facts.kernelRelease),
    product: jetson?.product ?? jetson?.model ?? null,
    l4t: known(facts.l4t),
    jetpack: known(facts.jetpack),
    gpus: (known(facts.gpus) ?? [])
      .slice(0, 8)
      .map(
        (gpu) =>
          `${gpu.name ?? gpu.chip ?? gpu.pciId ?? (gpu.integrated ? "integrated" : "NVIDIA GPU")} ${gpu.computeCapability ?? "?"}`,
      ),
    driver: known(facts.driver),
    cuda: known(facts.cuda)?.version ?? null,
    cudnn: known(facts.cudnn)?.version ?? null,
    tensorrt: known(facts.tensorrt)?.version ?? null,
    cpu: known(facts.cpu)?.name ?? null,
    container: known(facts.container),
  };
}

function matchedRules(findings: readonly Finding[]): readonly RuleId[] {
  const open = new Set(findings.filter((finding) => finding.outcome !== "MATCH").map((finding) => finding.rule));
  return [...new Set(findings.map((finding) => finding.rule))].filter((rule) => !open.has(rule));
}

function count(findings: readonly Finding[]): Counts {
  const of = (test: (finding: Finding) => boolean) => findings.filter(test).length;
  const outcome = (wanted: Finding["outcome"]) => of((finding) => finding.outcome === wanted && counts(finding));
  const drifted = (severity: Finding["severity"]) =>
    of((finding) => finding.outcome === "DRIFT" && finding.severity === severity && counts(finding));
  return {
    match: outcome("MATCH"),
    drift: outcome("DRIFT"),
    unknown: outcome("UNKNOWN"),
    notApplicable: outcome("NOT_APPLICABLE"),
    blocking: drifted("BLOCKING"),
    error: drifted("ERROR"),
    warning: drifted("WARNING"),
    info: drifted("INFO"),
    waived: of((finding) => finding.waived !== undefined),
  };
}
