import type { Drift, RuleId, Runnable } from "../../drift/finding.js";

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

/** Whether a device can run a job, by today's rules over its facts. */
export interface JobThing {
  readonly thing: string;
  readonly outcome: JobOutcome;
  /** Where it cannot: the change after which it would. */
  readonly change: string | null;
}

/** NO_FACTS: they are not here; UNKNOWN: nothing can be told from them, or they are of a kind too rare to be judged. */
export type JobOutcome = "CAN" | "CANNOT" | "UNKNOWN" | "NO_FACTS";

/** Which devices of a job; all members that are there apply. */
export interface JobThingFilter {
  readonly outcome?: JobOutcome;
  readonly change?: string;
}

/** What today's rules say of a described job on a device, by its facts. */
export interface DeviceJob {
  readonly project: string;
  readonly job: string;
  readonly runnable: Runnable;
  /** What decides; null where nothing speaks against the job. */
  readonly rule: RuleId | null;
  readonly expected: string | null;
  readonly actual: string | null;
  readonly because: string | null;
  /** Where it will not run: the change after which it would. */
  readonly change: string | null;
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

/** A device with a job that a change would stop or start. */
export interface WhatIfPair {
  readonly thing: string;
  readonly project: string;
  readonly job: string;
  readonly outcome: "STOPS" | "STARTS";
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
