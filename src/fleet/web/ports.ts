import type { FleetAlarms } from "../alarms/alarms-port.js";
import type { ReceiverStatus } from "../alarms/fleet-metrics.js";
import type { FleetQuestions } from "../state/questions.js";
import type { DeviceFilter, GapView } from "../state/views.js";

/** The queries of pages and API. */
export type Questions = FleetQuestions;

/** The commands that devices answer. */
export const COMMANDS = ["check", "facts", "flush", "doctor"] as const;
export type DeviceCommand = (typeof COMMANDS)[number];

/** What people change; `by` names the person. Each throws InvalidInputError where it does not apply. */
export interface Actions {
  /** Sends a command to all devices that the filter selects. */
  ask(command: DeviceCommand, filter: DeviceFilter, by: string): Promise<{ readonly id: string }>;
  /** Stops waiting for the first gap of an epoch, so that what follows it can be acknowledged. */
  giveUp(gap: Omit<GapView, "heardAt">, by: string): Promise<void>;
}

/** Notifies whenever something was stored, so that open pages follow. */
export interface Changes {
  /** Returns the function that ends the subscription. */
  subscribe(listener: () => void): () => void;
}

/** The files that browsers load, as text. */
export interface Assets {
  readonly script: string;
  readonly style: string;
}

/** The dependencies of the pages. */
export interface PageParts {
  readonly questions: Questions;
  readonly actions: Actions;
  readonly alarms: Pick<
    FleetAlarms,
    "alarms" | "acknowledgeAlarm" | "silenceAlarm" | "silence" | "unsilence" | "silences"
  >;
  readonly changes: Changes;
  readonly assets: Assets;
  /** Where devices' messages come from, for the page of an empty fleet: `mqtts://…`. */
  readonly receivesFrom: string | null;
  /** How this process receives; others on the same store have their own. */
  receiver(): ReceiverStatus;
  /** `dt/packdrift/v1` */
  readonly topicPrefix: string;
  /** The text of /metrics; null where there is none. */
  readonly metrics: (() => Promise<string>) | null;
  /** Whether the receiver and the store work. */
  isHealthy(): Promise<boolean>;
  /** Unix milliseconds. */
  now(): number;
  readonly version: string;
  /** Called with errors that a request has hit. */
  onError(error: unknown, url: string): void;
}
