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

export type Unnumbered<T> = Omit<T, keyof Place | "part" | "cut">;
type Place = Pick<Heartbeat, "id" | "epoch" | "sequence" | "gaps" | "clock" | "previous" | "signature" | "ack">;
/** A report before the outbox has given it its place. */
export type UnnumberedReport = Unnumbered<CompleteReport> | Unnumbered<Heartbeat>;
