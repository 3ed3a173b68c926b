import type {
  AlarmView,
  Cause,
  DeviceFilter,
  DeviceItem,
  DeviceView,
  GapView,
  HistoryItem,
  JobItem,
  JobView,
  Page,
  Paged,
  RequestAnswer,
  RequestView,
  StoredReport,
  Summary,
  TrendPoint,
  WhatIf,
  WhatIfChange,
} from "../state/views.js";

/** What pages and API ask of the store. `at` is a time in the past, ISO 8601; missing: now. */
export interface Questions {
  summary(at?: string): Promise<Summary>;
  /** Evenly spaced, oldest first, the last one at `to`. */
  trend(from: string, to: string, points: number): Promise<readonly TrendPoint[]>;
  devices(filter: DeviceFilter, page: Page): Promise<Paged<DeviceItem>>;
  /** How many devices the filter selects. */
  count(filter: DeviceFilter): Promise<number>;
  device(thing: string, at?: string): Promise<DeviceView | null>;
  history(thing: string, page: Page): Promise<Paged<HistoryItem>>;
  report(thing: string, epoch: string, sequence: number): Promise<StoredReport | null>;
  /** The causes that most devices share first. */
  causes(filter: DeviceFilter, page: Page): Promise<Paged<Cause>>;
  jobs(page: Page, at?: string): Promise<Paged<JobItem>>;
  job(project: string, job: string, at?: string): Promise<JobView | null>;
  /** Judges a description that somebody brings. Throws InvalidInputError where it is not one. */
  judge(description: unknown): Promise<JobView>;
  /** Throws InvalidInputError for a version that no table knows. */
  whatIf(change: WhatIfChange, filter: DeviceFilter): Promise<WhatIf>;
  /** Newest first. */
  requests(page: Page): Promise<Paged<RequestView>>;
  request(id: string): Promise<RequestView | null>;
  answers(id: string, page: Page): Promise<Paged<RequestAnswer>>;
  gaps(page: Page): Promise<Paged<GapView>>;
  /** Active ones first. */
  alarms(): Promise<readonly AlarmView[]>;
}

/** The commands that devices answer. */
export const COMMANDS = ["check", "facts", "flush"] as const;
export type Command = (typeof COMMANDS)[number];

/** What people change; `by` names the person. Each throws InvalidInputError where it does not apply. */
export interface Actions {
  /** Sends a command to all devices that the filter selects. */
  ask(command: Command, filter: DeviceFilter, by: string): Promise<{ readonly id: string }>;
  /** Stops waiting for sequences that nobody named, so that what follows them can be acknowledged. */
  giveUp(gap: Omit<GapView, "heardAt">, by: string): Promise<void>;
  acknowledgeAlarm(id: string, by: string): Promise<void>;
  /** No notices for the alarm until then. */
  silenceAlarm(id: string, until: string, reason: string, by: string): Promise<void>;
}
