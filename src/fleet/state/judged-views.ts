import type { Drift, RuleId, Runnable } from "../../drift/finding.js";

/** A job in a list. */
export interface JobItem {
  readonly project: string;
  readonly job: string;
  /** Whether its description is known, so that it can be judged. */
  readonly described: boolean;
  readonly things: number;
  readonly drift: Readonly<Record<Drift, number>>;
  readonly runnable: Readonly<Record<Runnable, number>>;
}

/** A job on the fleet's devices. */
export interface JobView {
  readonly project: string;
  readonly job: string;
  /** What the devices that have it report. */
  readonly reported: Readonly<Record<Runnable, number>>;
  /** The verdicts by the rules on the devices' facts; null without its description. */
  readonly judged: {
    readonly can: JudgedGroup;
    readonly cannot: JudgedGroup;
    readonly unknown: JudgedGroup;
    /** The devices that cannot run it, by the change after which they would. */
    readonly after: readonly (JudgedGroup & { readonly change: string })[];
    /** How many devices have no stored facts. */
    readonly withoutFacts: number;
  } | null;
}

/** Whether a device can run a job, by the current rules on its facts. */
export interface JobThing {
  readonly thing: string;
  readonly outcome: JobOutcome;
  /** If it cannot: the change after which it would. */
  readonly change: string | null;
}

/** NO_FACTS: no facts are stored. UNKNOWN: the facts do not tell, or the machine is of a kind too rare to be judged. */
export type JobOutcome = "CAN" | "CANNOT" | "UNKNOWN" | "NO_FACTS";

/** Selects devices of a job; all given members apply. */
export interface JobThingFilter {
  readonly outcome?: JobOutcome;
  readonly change?: string;
}

/** What the current rules say about a described job on a device, by its facts. */
export interface DeviceJob {
  readonly project: string;
  readonly job: string;
  readonly runnable: Runnable;
  /** The rule that decides; null if none speaks against the job. */
  readonly rule: RuleId | null;
  readonly expected: string | null;
  readonly actual: string | null;
  readonly because: string | null;
  /** If it will not run: the change after which it would. */
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
  /** Pairs of device and job that run now and would not after the change. */
  readonly stops: JudgedGroup;
  readonly starts: JudgedGroup;
  readonly same: number;
  /** Pairs whose verdict is unknown, now or after the change. */
  readonly unknown: number;
  /**
   * Pairs on devices for which the change is impossible: no Jetson for a JetPack, no release of it for this one, no
   * card for a driver.
   */
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

/** Reported verdicts, compared with those of the current rules on the stored facts, in pairs of device and job. */
export interface Rejudged {
  readonly same: number;
  readonly differs: readonly (JudgedGroup & {
    readonly project: string;
    readonly job: string;
    readonly reported: Runnable;
    readonly judged: Runnable;
    /** The rule that decides the judged verdict; null if none speaks against the job. */
    readonly rule: RuleId | null;
  })[];
  /** Pairs whose job's description is not here. */
  readonly withoutDescription: number;
  /** How many devices have no stored facts. */
  readonly withoutFacts: number;
}
