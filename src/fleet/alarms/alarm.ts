import { countOf } from "../../base/text.js";
import type { Severity } from "../../drift/finding.js";
import type { AlarmView } from "../state/views.js";

/** A problem that exists now and that people should know about. */
export interface AlarmCondition {
  readonly kind: AlarmView["kind"];
  /** The cause, the group of devices (empty: all), or what is wrong with delivery. With `kind` it identifies the alarm. */
  readonly subject: string;
  readonly severity: Severity;
  /** How many devices are affected; for refused messages and conflicts, how many of those there are. */
  readonly things: number;
  readonly facts: AlarmFacts;
  /** False: it keeps an open alarm open, but raises none. */
  readonly mayRaise: boolean;
  /** True: it is raised without damping. */
  readonly isCertain: boolean;
}

/** The parts of the title; which ones depends on the kind. */
export interface AlarmFacts {
  readonly rule?: string;
  readonly expected?: string | null;
  readonly actual?: string | null;
  readonly outcome?: string;
  /** One of the devices. */
  readonly example?: string;
  /** How many devices the group has. */
  readonly of?: number;
  /** The running total behind `things`, for kinds that count events. */
  readonly total?: number;
  /** When it last grew. */
  readonly countedAt?: string;
  /** The newest of the counted events, in a few words. */
  readonly last?: string;
}

/** PENDING: seen, but not often enough yet; not shown. */
export type AlarmStatus = AlarmView["status"] | "PENDING";

/** A row of the table `alarm`. */
export interface Alarm {
  readonly id: string;
  readonly kind: AlarmView["kind"];
  readonly subject: string;
  readonly severity: Severity;
  readonly status: AlarmStatus;
  /** When it became active, for the last time. */
  readonly firstAt: string;
  /** When its status, severity or count changed. */
  readonly lastAt: string;
  readonly clearedAt: string | null;
  readonly things: number;
  readonly most: number;
  readonly times: number;
  readonly acknowledgedBy: string | null;
  readonly acknowledgedAt: string | null;
  readonly facts: AlarmFacts;
  readonly memory: AlarmMemory;
}

/** What the evaluation remembers about an alarm, so that a restart changes nothing. */
export interface AlarmMemory {
  /** Whether it was seen in each of the last samples, the newest last: `00111`. */
  readonly seen: string;
  /** The number of the newest sample. */
  readonly sample: number;
  /** How many notices were made since it became active. */
  readonly notices: number;
  /** The devices and the severity as last sent; null: nothing was sent yet. */
  readonly told: { readonly things: number; readonly severity: Severity; readonly at: string } | null;
}

/** Whether it is ACTIVE or ACKNOWLEDGED. */
export function isOpen({ status }: { readonly status: AlarmStatus }): boolean {
  return status === "ACTIVE" || status === "ACKNOWLEDGED";
}

const RANK: readonly Severity[] = ["INFO", "WARNING", "ERROR", "BLOCKING"];

/** Higher is worse. */
export function severityRank(severity: Severity): number {
  return RANK.indexOf(severity);
}

/** What is wrong, in one line; of an alarm that is over, what was wrong. */
export function alarmTitle({ kind, subject, status, most, facts, ...alarm }: Alarm): string {
  const things = status === "CLEARED" ? most : alarm.things;
  const devices = countOf(things, "device");
  if (kind === "CAUSE") {
    const values =
      facts.outcome === "UNKNOWN"
        ? `cannot tell, expected ${facts.expected ?? "nothing"}`
        : `expected ${facts.expected ?? "nothing"}, actual ${facts.actual ?? "nothing"}`;
    return `${facts.rule ?? "unknown rule"}: ${values} on ${devices}`;
  }
  if (kind === "SILENCE") {
    if (subject === NEVER_HEARD) return `${devices} expected but never heard`;
    const group = subject.slice(GROUP.length);
    if (group === "") return `${devices} silent`;
    return `${group}: ${facts.of === undefined ? things : `${things} of ${facts.of}`} devices silent`;
  }
  return DELIVERY_TITLES[subject]?.(things, devices, facts) ?? subject;
}

/** The subject of the alarm about expected devices that were never heard. */
export const NEVER_HEARD = "never";
/** Precedes the group's name in the subject of an alarm about silent devices. */
export const GROUP = "silent:";

const DELIVERY_TITLES: Readonly<Record<string, (things: number, devices: string, facts: AlarmFacts) => string>> = {
  gaps: (_, devices) => `Reports of ${devices} are missing before later ones`,
  refused: (things, _, { last }) =>
    `${countOf(things, "message")} refused${last === undefined ? "" : `, the last: ${last}`}`,
  conflicts: (things) => `${countOf(things, "report")} came again with different content`,
  receiver: (_, __, { last }) =>
    `The receiver has no connection to the broker${last === undefined ? "" : ` since ${last}`}`,
};
