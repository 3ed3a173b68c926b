import type { AlarmView } from "../state/views.js";

/** Which alarms; all given members apply. */
export interface AlarmFilter {
  readonly kind?: AlarmView["kind"];
  readonly status?: AlarmView["status"];
}

/** Which alarms a silence mutes; all given members must match, and at least one is given. */
export interface SilenceMatcher {
  readonly alarm?: string;
  readonly kind?: AlarmView["kind"];
  readonly severity?: AlarmView["severity"];
  readonly rule?: string;
  readonly cause?: string;
  /** A group of silent devices. */
  readonly group?: string;
}

/** Holds back notices about matching alarms until it ends; the alarms themselves go on. */
export interface SilenceView {
  readonly id: string;
  readonly matcher: SilenceMatcher;
  readonly reason: string;
  readonly madeBy: string;
  readonly madeAt: string;
  readonly endsAt: string;
}

export interface NewSilence {
  /** A SilenceMatcher, not checked yet. */
  readonly matcher: unknown;
  readonly reason: string;
  /** ISO 8601 in UTC, in the future, a year ahead at most. */
  readonly endsAt: string;
}

/** What people can do with alarms, and what programs can read. */
export interface FleetAlarms {
  /** Open alarms first, by severity and then by the time of the last change; 1,000 at most. */
  alarms(filter?: AlarmFilter): Promise<readonly AlarmView[]>;
  /** Throws InvalidInputError if the alarm is not ACTIVE. */
  acknowledgeAlarm(id: string, by: string): Promise<void>;
  /** Holds back the alarm's notices until then. Throws InvalidInputError that says what is wrong. */
  silenceAlarm(id: string, until: string, reason: string, by: string): Promise<void>;
  /** Holds back the notices of every alarm that matches. Throws InvalidInputError that says what is wrong. */
  silence(silence: NewSilence, by: string): Promise<SilenceView>;
  /** Ends a silence now. Throws InvalidInputError if it has ended or never existed. */
  unsilence(id: string): Promise<void>;
  /** Silences that have not ended, in the order in which they will end. */
  silences(): Promise<readonly SilenceView[]>;
  /** The text for `GET /metrics`: Prometheus' format 0.0.4 (`text/plain; version=0.0.4; charset=utf-8`). */
  metrics(): Promise<string>;
  /** Stops evaluating and sending; what is queued stays in the store. */
  close(): Promise<void>;
}
