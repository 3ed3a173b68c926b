import type { DeviceFacts } from "../../device/facts.js";
import type { Drift, Outcome, RuleId, Runnable, Severity } from "../../drift/finding.js";
import type { Report, ReportedAgent, ReportedDevice } from "../../report/report.js";

/**
 * How lately a thing was heard, by the receiver's clock: `late` after one and a half of the interval at which things report at
 * least, `silent` after three, `never` for expected things that were not heard.
 */
export type Freshness = "fresh" | "late" | "silent" | "never";

/**
 * Which things; all members that are there apply. The same names as in the page's address and the API. With a job, `drift` and
 * `runnable` are that job's, and `rule` and `cause` are of its findings; without one they are of the thing, the worst of its jobs.
 */
export interface DeviceFilter {
  /** One thing, by its whole name. */
  readonly thing?: string;
  readonly drift?: Drift;
  readonly runnable?: Runnable;
  readonly rule?: RuleId;
  /** `project/job`, or `component NAME`. */
  readonly job?: string;
  /** Part of the thing's name or product. */
  readonly q?: string;
  readonly state?: Freshness;
  readonly cause?: string;
  /** The time asked for, ISO 8601; missing: now. */
  readonly at?: string;
}

export interface Page {
  /** The key of the last item before this page. */
  readonly after?: string;
  readonly limit: number;
}

export interface Paged<T> {
  readonly items: readonly T[];
  /** What to give as `after` for the next page; null at the end. */
  readonly next: string | null;
}

/** The whole fleet in numbers. */
export interface Summary {
  readonly at: string;
  readonly things: number;
  readonly drift: Readonly<Record<Drift, number>>;
  readonly runnable: Readonly<Record<Runnable, number>>;
  readonly states: Readonly<Record<Freshness, number>>;
  /** Things that will not run, and how many of them the first causes cover. */
  readonly wontRun: { readonly things: number; readonly causes: number; readonly covered: number };
  readonly delivery: Delivery;
}

/** What has become of every sequence that devices made. */
export interface Delivery {
  readonly reports: number;
  readonly heartbeats: number;
  readonly duplicates: number;
  readonly conflicts: number;
  /** Sequences that devices named as lost. */
  readonly named: number;
  /** Sequences that a person gave up. */
  readonly givenUp: number;
  /** Sequences that are missing before later ones, not named by anybody. */
  readonly missing: number;
  readonly refused: readonly RefusedMessages[];
}

export interface RefusedMessages {
  readonly reason: string;
  readonly count: number;
  readonly lastAt: string;
  readonly topic: string;
  readonly why: string;
  /** The first kB of the last one; what is no text is shown as "\xNN". */
  readonly sample: string;
}

/** A device in a list. */
export interface DeviceItem {
  readonly thing: string;
  readonly state: Freshness;
  readonly online: boolean | null;
  readonly heardAt: string | null;
  /** The worst over its jobs; null before the first report. */
  readonly drift: Drift | null;
  readonly runnable: Runnable | null;
  readonly since: string | null;
  readonly jobs: number;
  readonly product: string | null;
  readonly jetpack: string | null;
  readonly arch: string | null;
  /** The open finding that weighs most. */
  readonly worst: Pick<FindingView, "rule" | "expected" | "actual" | "severity" | "cause"> | null;
}

export interface FindingView {
  readonly project: string;
  readonly job: string;
  readonly rule: RuleId;
  readonly path: string;
  readonly expected: string | null;
  readonly actual: string | null;
  readonly outcome: Outcome;
  readonly severity: Severity;
  readonly because: string;
  readonly remedy: readonly string[];
  readonly cause: string;
  readonly since: string;
  readonly until: string | null;
}

export interface JobState {
  readonly project: string;
  readonly job: string;
  readonly drift: Drift;
  readonly runnable: Runnable;
  readonly since: string;
  readonly checkedAt: string;
  readonly receivedAt: string;
  /** Its newest complete report. */
  readonly report: { readonly epoch: string; readonly sequence: number } | null;
  readonly findings: readonly FindingView[];
}

/** Everything about one device. */
export interface DeviceView extends DeviceItem {
  readonly firstHeardAt: string | null;
  readonly expected: boolean;
  readonly hasSigned: boolean;
  readonly device: ReportedDevice | null;
  readonly agent: ReportedAgent | null;
  readonly states: readonly JobState[];
  readonly facts: DeviceFacts | null;
  readonly factsAt: string | null;
  readonly epochs: readonly EpochView[];
}

export interface EpochView {
  readonly epoch: string;
  readonly first: number;
  readonly contiguous: number;
  readonly acked: number;
  readonly heardAt: string;
  /** Ranges missing before later ones that nobody named. */
  readonly missing: readonly { readonly from: number; readonly to: number }[];
  readonly lost: readonly {
    readonly from: number;
    readonly to: number;
    readonly count: number;
    readonly givenUpBy: string | null;
  }[];
}

/** What happened on a device, newest first. */
export type HistoryItem =
  | {
      readonly kind: "report";
      readonly at: string;
      readonly epoch: string;
      readonly sequence: number;
      readonly report: Pick<Report, "kind" | "trigger" | "drift" | "runnable" | "checkedAt"> & {
        readonly project: string;
        readonly job: string;
      };
    }
  | { readonly kind: "change"; readonly at: string; readonly delta: ChangeDelta; readonly trigger: string }
  | { readonly kind: "opened" | "closed"; readonly at: string; readonly finding: FindingView };

/** What differs, by the name in `device`: before and after, null where not known. */
export type ChangeDelta = Readonly<Record<string, readonly [string | null, string | null]>>;

/** Findings of many devices with one reason. */
export interface Cause {
  readonly cause: string;
  readonly rule: RuleId;
  readonly expected: string | null;
  readonly actual: string | null;
  readonly outcome: Outcome;
  readonly severity: Severity;
  readonly because: string;
  readonly things: number;
  /** When the first and the last of them began. */
  readonly since: string;
  readonly last: string;
  readonly first: readonly string[];
  /** The change that brought most of them, where reports show one. */
  readonly change: {
    readonly delta: ChangeDelta;
    readonly things: number;
    readonly from: string;
    readonly to: string;
  } | null;
  readonly remedy: readonly string[];
  /** What the first fix would break on these devices: the rules' own words. A list of causes reads only the first devices for it. */
  readonly breaks: readonly string[];
}

/** How many things were in trouble at a time: one point of a trend. */
export interface TrendPoint {
  readonly at: string;
  readonly things: number;
  readonly wontRun: number;
  readonly drifted: number;
}

/** A stored report, as it came. */
export interface StoredReport {
  readonly receivedAt: string;
  readonly text: string;
}

/** A job in a list. */
export interface JobItem {
  readonly project: string;
  readonly job: string;
  /** Whether its description is here, so that it can be judged. */
  readonly described: boolean;
  readonly things: number;
  readonly drift: Readonly<Record<Drift, number>>;
  readonly runnable: Readonly<Record<Runnable, number>>;
}

/** A job on the fleet's devices. */
export interface JobView {
  readonly project: string;
  readonly job: string;
  /** What is reported of devices that have it. */
  readonly reported: Readonly<Record<Runnable, number>>;
  /** By the rules over the facts of devices; null without its description. */
  readonly judged: {
    readonly can: JudgedGroup;
    readonly cannot: JudgedGroup;
    readonly unknown: JudgedGroup;
    /** Devices that cannot, by the change after which they would. */
    readonly after: readonly (JudgedGroup & { readonly change: string })[];
    /** Devices whose facts are not here. */
    readonly withoutFacts: number;
  } | null;
}

export interface JudgedGroup {
  readonly things: number;
  readonly first: readonly string[];
}

/** The versions that a group of devices would go to. */
export interface WhatIfChange {
  readonly jetpack?: string;
  readonly driver?: string;
  readonly cuda?: string;
  readonly tensorrt?: string;
}

export interface WhatIf {
  readonly change: WhatIfChange;
  readonly things: number;
  /** Pairs of device and job, by the verdict now and then. */
  readonly stops: JudgedGroup;
  readonly starts: JudgedGroup;
  readonly same: number;
  /** Pairs that cannot be told, now or then. */
  readonly unknown: number;
  /** Pairs on devices that cannot go there: no Jetson for a JetPack, no release of it for this one, no card for a driver. */
  readonly impossible: number;
  /** Pairs whose job's description is not here. */
  readonly withoutDescription: number;
  /** The reasons why devices would stop. */
  readonly causes: readonly {
    readonly rule: RuleId;
    readonly expected: string | null;
    readonly actual: string | null;
    readonly things: number;
  }[];
  readonly withoutFacts: number;
}

/** Reported verdicts against those of today's rules over stored facts, in pairs of device and job. */
export interface Rejudged {
  readonly same: number;
  readonly differs: readonly (JudgedGroup & {
    readonly project: string;
    readonly job: string;
    readonly reported: Runnable;
    readonly judged: Runnable;
    /** The rule that decides what is judged; null where none speaks against the job. */
    readonly rule: RuleId | null;
  })[];
  /** Pairs whose job's description is not here. */
  readonly withoutDescription: number;
  /** Devices whose facts are not here. */
  readonly withoutFacts: number;
}

export interface RequestView {
  readonly id: string;
  readonly command: string;
  readonly filter: DeviceFilter;
  readonly askedBy: string;
  readonly askedAt: string;
  readonly asked: number;
  readonly answered: number;
  readonly failed: number;
  readonly silent: number;
  readonly waiting: number;
}

/** What became of a request on one thing. */
export interface RequestAnswer {
  readonly thing: string;
  readonly status: "WAITING" | "DONE" | "FAILED" | "REFUSED" | "SILENT";
  readonly sentAt: string | null;
  readonly answeredAt: string | null;
  readonly answer: string | null;
}

/** Sequences of a thing missing before later ones, which nobody named. */
export interface GapView {
  readonly thing: string;
  readonly epoch: string;
  readonly from: number;
  readonly to: number;
  readonly heardAt: string;
}

export interface AlarmView {
  readonly id: string;
  readonly kind: "CAUSE" | "SILENCE" | "DELIVERY";
  readonly status: "ACTIVE" | "ACKNOWLEDGED" | "CLEARED";
  readonly severity: Severity;
  readonly title: string;
  readonly cause: string | null;
  /** Devices; where messages are refused or reports in conflict, their number. */
  readonly things: number;
  readonly most: number;
  /** How often it became active. */
  readonly times: number;
  /** Since when it is active, or was the last time. */
  readonly firstAt: string;
  /** When its status, severity or count changed. */
  readonly lastAt: string;
  readonly clearedAt: string | null;
  readonly acknowledgedBy: string | null;
  readonly silencedUntil: string | null;
}
