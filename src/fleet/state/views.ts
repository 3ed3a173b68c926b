import type { DeviceFacts } from "../../device/facts.js";
import type { Drift, Finding, Outcome, RuleId, Runnable, Severity } from "../../drift/finding.js";
import type { Report, ReportedAgent, ReportedDevice } from "../../report/report.js";

/**
 * How recently a thing was heard, by the receiver's clock: `late` after one and a half of the longest interval between
 * reports, `silent` after three, `never` for expected things that were not heard.
 */
export type Freshness = "fresh" | "late" | "silent" | "never";

/**
 * Selects things; all given members apply. The names are those of the page's address and of the API. With a job,
 * `drift` and `runnable` are that job's, and `rule` and `cause` are of its findings; without one they are the thing's,
 * whose verdict is the worst of its jobs.
 */
export interface DeviceFilter {
  /** One thing, by its full name. */
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
  /** The `after` of the next page; null at the end. */
  readonly next: string | null;
}

/** The whole fleet in numbers. */
export interface Summary {
  readonly at: string;
  readonly things: number;
  readonly drift: Readonly<Record<Drift, number>>;
  readonly runnable: Readonly<Record<Runnable, number>>;
  readonly states: Readonly<Record<Freshness, number>>;
  /** How many things will not run, and how many of them the first causes explain. */
  readonly wontRun: { readonly things: number; readonly causes: number; readonly covered: number };
  readonly delivery: DeliveryCounts;
}

/** What happened to every sequence that devices assigned. */
export interface DeliveryCounts {
  readonly reports: number;
  readonly heartbeats: number;
  readonly duplicates: number;
  readonly conflicts: number;
  /** Sequences that devices named as lost. */
  readonly named: number;
  /** Sequences that a person gave up. */
  readonly givenUp: number;
  /** Sequences that are missing before later ones and not reported as lost. */
  readonly missing: number;
  readonly refused: readonly RefusedMessages[];
}

export interface RefusedMessages {
  readonly reason: string;
  readonly count: number;
  readonly lastAt: string;
  readonly topic: string;
  readonly why: string;
  /** The first kB of the last one; bytes that are not text are shown as "\xNN". */
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
  /** The most severe open finding. */
  readonly worst: Pick<FindingView, "rule" | "expected" | "actual" | "severity" | "cause"> | null;
}

type Reported = "rule" | "path" | "expected" | "actual" | "outcome" | "severity" | "because" | "remedy";

export interface FindingView extends Pick<Finding, Reported> {
  readonly project: string;
  readonly job: string;
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
  readonly chainFaults: readonly ChainFaultView[];
}

/** One of a device's newest 500 reports that lacks the seal of the one before it: one of the two was changed. */
export interface ChainFaultView {
  readonly epoch: string;
  readonly sequence: number;
  readonly receivedAt: string;
}

export interface EpochView {
  readonly epoch: string;
  readonly first: number;
  readonly contiguous: number;
  readonly acked: number;
  readonly heardAt: string;
  /** Missing ranges before later sequences that the device has not reported as lost. */
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

/** The differences, by the name in `device`: before and after, null if not known. */
export type ChangeDelta = Readonly<Record<string, readonly [string | null, string | null]>>;

/** The findings of many devices with the same cause. */
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
  /** The change that came with most of them, if reports show one. */
  readonly change: {
    readonly delta: ChangeDelta;
    readonly things: number;
    readonly from: string;
    readonly to: string;
  } | null;
  readonly remedy: readonly string[];
  /** What the first fix would break here, in the rules' words. For a list of causes, from its first devices only. */
  readonly breaks: readonly string[];
}

/** How many things had problems at a time: one point of a trend. */
export interface TrendPoint {
  readonly at: string;
  readonly things: number;
  readonly wontRun: number;
  readonly drifted: number;
}

/** A stored report, as it came. */
export interface RawReport {
  readonly receivedAt: string;
  readonly text: string;
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

/** The result of a request on one thing. */
export interface RequestAnswer {
  readonly thing: string;
  readonly status: "WAITING" | "DONE" | "FAILED" | "REFUSED" | "SILENT";
  readonly sentAt: string | null;
  readonly answeredAt: string | null;
  readonly answer: string | null;
}

/** One line of a device's doctor; PROBLEM: something has to be done. */
export interface DoctorLineView {
  readonly id: string;
  readonly state: "PROBLEM" | "NOTE" | "NOT_TRIED";
  readonly tried: string;
  readonly found: string;
  readonly fix: string | null;
}

/** The newest answer of a thing to a `doctor` request. */
export interface DoctorView {
  readonly request: string;
  readonly askedBy: string;
  readonly askedAt: string;
  readonly answeredAt: string | null;
  readonly status: RequestAnswer["status"];
  /** Why there is no result. */
  readonly why: string | null;
  readonly version: string | null;
  /** Whether nothing has to be done. */
  readonly well: boolean | null;
  /** The problems. */
  readonly lines: readonly DoctorLineView[];
  readonly ok: readonly string[];
  /** What did not fit into the answer. */
  readonly leftOut: string | null;
}

/** Sequences of a thing that are missing before later ones and not reported as lost. */
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
  /** How many devices are affected; for refused messages and conflicts, how many of those there are. */
  readonly things: number;
  readonly most: number;
  /** How often it became active. */
  readonly times: number;
  /** When it became active, for the last time. */
  readonly firstAt: string;
  /** When its status, severity or count changed. */
  readonly lastAt: string;
  readonly clearedAt: string | null;
  readonly acknowledgedBy: string | null;
  readonly silencedUntil: string | null;
}
