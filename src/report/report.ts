import type { Drift, Finding, RuleId, Runnable } from "../drift/finding.js";

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

/**
 * The job in a report; names only where its description was not available, all null where there is nothing to check or the model
 * was chosen by its component.
 */
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
  /** Why no fresh description was available, as a code (`GONE`, `UNREACHABLE`, …) and a sentence; null when fresh. */
  readonly unavailable: { readonly reason: string; readonly message: string } | null;
}

interface ReportedComponent {
  readonly name: string | null;
  readonly expectedVersion: string | null;
  readonly deployedVersion: string | null;
  readonly state: string | null;
}

/** What the packaged model's own files say, in short, under 600 bytes; null where they say nothing. */
export interface ReportedModel {
  readonly component: string | null;
  readonly version: string | null;
  readonly arch: string | null;
  readonly accelerator: "NVIDIA" | "CPU" | null;
  /** Versions that the files name: `7.1.3`, or `7.1.3, 7` where a library's name also states the major. */
  readonly tensorrt: string | null;
  readonly cuda: string | null;
  /** `sm_72, sm_53 PTX` */
  readonly codes: string | null;
  readonly ptxIsa: string | null;
  /** The least C library: `2.27`. */
  readonly glibc: string | null;
  /** How many files and folders could not be read whole. */
  readonly unread: number;
  /** What the Edge Agent has: `bolts/3 RUNNING`; null where it was not asked or did not answer. */
  readonly loaded: string | null;
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

/** What the agent reports about itself. */
export interface ReportedAgent {
  readonly version: string;
  readonly node: string;
  readonly transport: string;
  /** Where reports are stored until delivered: `disk`, or `memory` with the reason in `problems`. */
  readonly outbox: "disk" | "memory";
  /** What keeps the agent from working fully, one sentence each. */
  readonly problems: readonly string[];
  /** What the nucleus offers this component, probed at the start. */
  readonly capabilities?: Capabilities;
}

/** AVAILABLE · MISSING: this nucleus does not have it · DENIED: the recipe's access control does not allow it. */
export type Capability = "AVAILABLE" | "MISSING" | "DENIED";

export interface Capabilities {
  /** The nucleus stores messages while the device is offline. */
  readonly spool: Capability;
  /** Shadow calls over IPC; where missing, the shadow's MQTT topics are used. */
  readonly shadow: Capability;
  readonly componentDetails: Capability;
  /** Configurations can be validated before they are deployed. */
  readonly validation: Capability;
  /** Deployments are announced. */
  readonly updates: Capability;
}

/** Reports that were lost or discarded, because the outbox was full for example. */
export interface Gap {
  readonly fromSequence: number;
  readonly toSequence: number;
  readonly count: number;
  /** Missing if it is the report's own. */
  readonly epoch?: string;
}

/** A monotonic clock, in addition to the wall clock, which may be wrong. */
export interface Clock {
  /** Identifies the boot: it changes when the device restarts. */
  readonly boot: string;
  /** Milliseconds since the boot, including suspension where the system counts it. */
  readonly ms: number;
}

/**
 * Who confirms that reports have arrived: `cloud`, or `none` if nothing was ever acknowledged, so that the transport's
 * acceptance has to do.
 */
export type Ack = "cloud" | "none";

/** How many findings have each outcome; waived ones and those not raised yet count in `waived` alone, if at all. */
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
  /** Grows by one with each report, across restarts. */
  readonly sequence: number;
  readonly trigger: Trigger;
  readonly drift: Drift;
  readonly runnable: Runnable;
  readonly counts: Counts;
  /** ISO 8601, UTC. */
  readonly checkedAt: string;
  /** Reports lost before this one, if any. */
  readonly gaps?: readonly Gap[];
  readonly clock?: Clock;
  /** The seal of the report made before this one, across restarts and epochs (seal.ts); missing on the very first. */
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
  /** Missing if neither the model's files were read nor the Edge Agent was asked. */
  readonly model?: ReportedModel;
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

/** Nothing has changed since the last complete report. Under 1 KB. */
export interface Heartbeat extends Header {
  readonly kind: "HEARTBEAT";
  readonly job: Pick<ReportedJob, "project" | "name"> & { readonly digest: string | null };
  /** Named where the job has no name. */
  readonly component: Pick<ReportedComponent, "deployedVersion" | "state"> & Partial<Pick<ReportedComponent, "name">>;
  readonly device: null;
  readonly agent: Pick<ReportedAgent, "version" | "outbox">;
  readonly findings: readonly [];
  readonly ack?: Ack;
}

/** One report about one job: schema `packdrift.report/1`, described by src/report/report.schema.json. */
export type Report = CompleteReport | Heartbeat;

export type Unnumbered<T> = Omit<T, keyof Numbering | "part" | "cut">;
type Numbering = Pick<Heartbeat, "id" | "epoch" | "sequence" | "gaps" | "clock" | "previous" | "signature" | "ack">;
/** A report before the outbox has numbered it. */
export type UnnumberedReport = Unnumbered<CompleteReport> | Unnumbered<Heartbeat>;
