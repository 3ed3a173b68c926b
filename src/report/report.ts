import type { DeviceFacts, Reading } from "../device/facts.js";
import type { Deployed } from "../drift/deployed.js";
import type { Drift, Finding, RuleId, Runnable, Verdict } from "../drift/finding.js";
import { counts } from "../drift/verdict.js";
import type { JobOrigin, PackagingJob } from "../job/job.js";

/** Why a check was made. */
export const TRIGGERS = [
  "START",
  "SCHEDULE",
  "RECONNECT",
  "CONFIG_CHANGE",
  "DEPLOYMENT",
  "FACT_CHANGE",
  "JOB_CHANGE",
  "COMMAND",
] as const;
export type Trigger = (typeof TRIGGERS)[number];

/** What a report says of the job; names only where the description could not be had, null where there is nothing to check. */
export interface ReportedJob {
  readonly project: string | null;
  readonly name: string | null;
  readonly modelVersion: string | null;
  readonly status: string | null;
  readonly target: string | null;
  readonly compilerOptions: string | null;
  readonly digest: string | null;
  readonly source: string | null;
  readonly fetchedAt: string | null;
  /** Why no fresh description could be had, in a word (`GONE`, `UNREACHABLE`, …) and a sentence; null when fresh. */
  readonly unavailable: { readonly reason: string; readonly message: string } | null;
}

export interface ReportedComponent {
  readonly name: string | null;
  readonly expectedVersion: string | null;
  readonly deployedVersion: string | null;
  readonly state: string | null;
}

/** The facts in short; null where not known. */
export interface ReportedDevice {
  readonly arch: string | null;
  readonly distro: string | null;
  readonly kernelRelease: string | null;
  readonly product: string | null;
  readonly l4t: string | null;
  readonly jetpack: string | null;
  readonly gpus: readonly string[];
  readonly driver: string | null;
  readonly cuda: string | null;
  readonly cudnn: string | null;
  readonly tensorrt: string | null;
  readonly cpu: string | null;
  readonly container: boolean | null;
}

/** What the agent says of itself. */
export interface ReportedAgent {
  readonly version: string;
  readonly node: string;
  readonly transport: string;
  /** Where reports are kept until delivered: `disk`, or `memory` with the reason in `problems`. */
  readonly outbox: "disk" | "memory";
  /** What keeps the agent from doing its whole work, one sentence each. */
  readonly problems: readonly string[];
  /** What the nucleus offers this component, probed at the start. */
  readonly capabilities?: Capabilities;
}

/** AVAILABLE · MISSING: this nucleus does not have it · DENIED: the recipe's access control does not allow it. */
export type Capability = "AVAILABLE" | "MISSING" | "DENIED";

export interface Capabilities {
  /** Messages are kept by the nucleus while the device is offline. */
  readonly spool: Capability;
  /** Shadow calls over IPC; where they are missing the shadow's MQTT topics are used. */
  readonly shadow: Capability;
  readonly componentDetails: Capability;
  /** Configurations can be judged before they are deployed. */
  readonly validation: Capability;
  /** Deployments are announced. */
  readonly updates: Capability;
}

/** Reports that had to be thrown away because the outbox was full: named, never silent. */
export interface Gap {
  readonly fromSequence: number;
  readonly toSequence: number;
  readonly count: number;
  /** Where it is another than the report's own. */
  readonly epoch?: string;
}

/** The boot's own clock, which nobody sets, beside the wall clock, which may be wrong. */
export interface Clock {
  /** Names the boot: the same as long as the device is not started anew. */
  readonly boot: string;
  /** Milliseconds since the boot, suspension included where the system counts it. */
  readonly ms: number;
}

/** Who confirms that reports have arrived: `cloud`, or `none` when nobody ever did and a transport's word has to do. */
export type Ack = "cloud" | "none";

/** How many findings have each outcome; what is waived or not yet raised counts as nothing but `waived`. */
export interface Counts {
  readonly match: number;
  readonly drift: number;
  readonly unknown: number;
  readonly notApplicable: number;
  /** Findings that are DRIFT, by severity. */
  readonly blocking: number;
  readonly error: number;
  readonly warning: number;
  readonly info: number;
  readonly waived: number;
}

interface Header {
  readonly schema: "packdrift.report/1";
  /** `<epoch>.<sequence>`, unique per thing. */
  readonly id: string;
  readonly thing: string;
  /** Changes when the agent's state was lost; sequences start again then. */
  readonly epoch: string;
  /** Grows by one per report, over restarts. */
  readonly sequence: number;
  readonly trigger: Trigger;
  readonly drift: Drift;
  readonly runnable: Runnable;
  readonly counts: Counts;
  /** ISO 8601, UTC. */
  readonly checkedAt: string;
  /** What went lost before this report, if anything. */
  readonly gaps?: readonly Gap[];
  readonly clock?: Clock;
  /** The seal of the report made before this one, over restarts and epochs (report/seal.ts); missing on the very first. */
  readonly previous?: string;
  /** Ed25519 over this report's seal, base64url; missing where the device has no key. */
  readonly signature?: string;
}

/** Everything one check found about one job on this device. */
export interface CompleteReport extends Header {
  readonly kind: "COMPLETE";
  readonly job: ReportedJob;
  readonly component: ReportedComponent;
  readonly device: ReportedDevice;
  readonly agent: ReportedAgent;
  /** Rule ids all of whose findings are a MATCH. */
  readonly matches: readonly RuleId[];
  /** Every finding that is not a MATCH. */
  readonly findings: readonly Finding[];
  /** Which part of a split report this is, from 1. */
  readonly part?: { readonly index: number; readonly of: number };
  /** Texts or lists were shortened to make this report fit its messages: its seal cannot be checked any more. */
  readonly cut?: true;
}

/** A sign of life: nothing has changed since the last complete report. Under 1 KB. */
export interface Heartbeat extends Header {
  readonly kind: "HEARTBEAT";
  readonly job: Pick<ReportedJob, "project" | "name"> & { readonly digest: string | null };
  readonly component: Pick<ReportedComponent, "deployedVersion" | "state">;
  readonly device: null;
  readonly agent: Pick<ReportedAgent, "version" | "outbox">;
  readonly findings: readonly [];
  readonly ack?: Ack;
}

/** One report about one job: schema `packdrift.report/1`, described by src/report/report.schema.json. */
export type Report = CompleteReport | Heartbeat;

export type WithoutPlace<T> = Omit<T, keyof Place | "part" | "cut">;
type Place = Pick<Heartbeat, "id" | "epoch" | "sequence" | "gaps" | "clock" | "previous" | "signature" | "ack">;
/** A report before the outbox has given it its place. */
export type UnnumberedReport = WithoutPlace<CompleteReport> | WithoutPlace<Heartbeat>;

/** What one check found about one job. */
export interface Checked {
  readonly thing: string;
  readonly trigger: Trigger;
  readonly checkedAt: string;
  /** Null where there is nothing to check. */
  readonly ref: { readonly project: string | null; readonly job: string | null };
  readonly job: PackagingJob | null;
  readonly origin: JobOrigin | null;
  readonly unavailable: { readonly reason: string; readonly message: string } | null;
  readonly facts: DeviceFacts;
  readonly deployed: Deployed | null;
  readonly verdict: Verdict;
  readonly agent: ReportedAgent;
}

/** The complete report about a check. */
export function completeReport(checked: Checked): WithoutPlace<CompleteReport> {
  const { verdict, job } = checked;
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
      name: job?.component.name ?? (checked.deployed?.name || null),
      expectedVersion: job?.component.version ?? null,
      deployedVersion: known(checked.deployed?.version),
      state: known(checked.deployed?.state),
    },
    device: deviceInShort(checked.facts),
    agent: checked.agent,
    matches: matchedRules(verdict.findings),
    findings: verdict.findings.filter((finding) => finding.outcome !== "MATCH"),
  };
}

/** The complete report of a device that has no job to check: it is there, and this is what it is. */
export function nothingToCheck(
  checked: Pick<Checked, "thing" | "trigger" | "checkedAt" | "facts" | "agent">,
): WithoutPlace<CompleteReport> {
  const verdict: Verdict = { drift: "NOT_CHECKED", runnable: "CANNOT_TELL", findings: [] };
  const ref = { project: null, job: null };
  return completeReport({ ...checked, ref, job: null, origin: null, unavailable: null, deployed: null, verdict });
}

/** The sign of life about a check that found nothing new. */
export function heartbeat(report: WithoutPlace<CompleteReport>): WithoutPlace<Heartbeat> {
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
    component: { deployedVersion: component.deployedVersion, state: component.state },
    device: null,
    agent: { version: agent.version, outbox: agent.outbox },
    findings: [],
  };
}

/** The same text as long as a report says the same: everything but when and why it was made. */
export function contentOf(report: WithoutPlace<CompleteReport>): string {
  const { drift, runnable, job, component, device, agent, findings } = report;
  return JSON.stringify([
    drift,
    runnable,
    { ...job, fetchedAt: null, unavailable: job.unavailable?.reason ?? null },
    component,
    device,
    agent,
    findings.map(({ fingerprint, outcome, severity, waived, damped }) => [
      ...[fingerprint, outcome, severity, waived !== undefined],
      // Whether it counts is news, how far it has got is not.
      damped?.state ?? null,
    ]),
  ]);
}

/** The job's names, cut where they would make a heartbeat longer than 1 KB; the digest still tells the job. */
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
      .map((gpu) => `${gpu.name ?? gpu.chip ?? gpu.pciId ?? "integrated"} ${gpu.computeCapability ?? "?"}`),
    driver: known(facts.driver),
    cuda: known(facts.cuda)?.version ?? null,
    cudnn: known(facts.cudnn)?.version ?? null,
    tensorrt: known(facts.tensorrt)?.version ?? null,
    cpu: known(facts.cpu)?.name ?? null,
    container: known(facts.container),
  };
}

function known<T>(reading: Reading<T> | undefined): T | null {
  return reading?.state === "known" ? reading.value : null;
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
