import type { PackagingJob } from "../../job/job.js";
import type { Reader, Unpack } from "../store/database.js";
import type {
  DeviceJob,
  JobItem,
  JobThing,
  JobThingFilter,
  JobView,
  Rejudged,
  WhatIf,
  WhatIfChange,
  WhatIfPair,
} from "./judged-views.js";
import type { RefusedMessage } from "./refused-message.js";
import type {
  Cause,
  DeliveryCounts,
  DeviceFilter,
  DeviceItem,
  DeviceView,
  DoctorView,
  GapView,
  HistoryItem,
  Page,
  Paged,
  RawReport,
  RequestAnswer,
  RequestView,
  Summary,
  TrendPoint,
} from "./views.js";

/** A job whose description the fleet has, read from `--jobs DIR`. */
export interface CatalogJob {
  readonly project: string;
  readonly job: string;
  readonly description: PackagingJob;
}

/** What the answers depend on, apart from the tables. */
export interface QuestionParts {
  /** The described jobs; called for each answer, so that new files count at once. */
  readonly jobs: () => readonly CatalogJob[];
  /** Unix milliseconds. */
  readonly now: () => number;
  /** The longest interval between a thing's reports. */
  readonly heartbeatHours: number;
  readonly unpack: Unpack;
  /** A reader for expensive reads. Default: the same reader. */
  readonly scans?: Reader;
}

/**
 * All questions about the fleet. Names and filters may be hostile: they are parameters of statements, never part of
 * one. What is not known is null or empty; `at` is an instant in ISO 8601, and missing means now. Throws
 * InvalidInputError for an `at` that is not a time, and for an `after` that no page returned.
 */
export interface FleetQuestions {
  summary(at?: string): Promise<Summary>;
  /** Evenly spaced, oldest first, the last one at `to`. */
  trend(from: string, to: string, points: number): Promise<readonly TrendPoint[]>;
  delivery(): Promise<DeliveryCounts>;
  /** Things in the order of their names. */
  devices(filter: DeviceFilter, page: Page): Promise<Paged<DeviceItem>>;
  /** Only the names. */
  things(filter: DeviceFilter, page: Page): Promise<Paged<string>>;
  /** How many things the filter selects. */
  count(filter: DeviceFilter): Promise<number>;
  device(thing: string, at?: string): Promise<DeviceView | null>;
  /** Newest first. */
  history(thing: string, page: Page, at?: string): Promise<Paged<HistoryItem>>;
  report(thing: string, epoch: string, sequence: number): Promise<RawReport | null>;
  /** Most severe first, then most frequent. */
  causes(filter: DeviceFilter, page: Page): Promise<Paged<Cause>>;
  cause(cause: string, at?: string): Promise<Cause | null>;
  /** Jobs that are reported or described, by project and name. */
  jobs(page: Page, at?: string): Promise<Paged<JobItem>>;
  job(project: string, job: string, at?: string): Promise<JobView | null>;
  /**
   * Whether each device can run a job by the current rules on its facts, by name; null without the job's description.
   */
  jobThings(project: string, job: string, wanted: JobThingFilter, page: Page): Promise<Paged<JobThing> | null>;
  /**
   * Judges an uploaded description by the current rules on the stored facts. Throws InvalidInputError if it is not one.
   */
  judge(description: unknown): Promise<JobView>;
  /** What a change would do. Throws InvalidInputError for a version that no table knows. */
  whatIf(change: WhatIfChange, filter: DeviceFilter): Promise<WhatIf>;
  /** Every device and job that the change would stop or start, by name. */
  whatIfPairs(change: WhatIfChange, filter: DeviceFilter, page: Page): Promise<Paged<WhatIfPair>>;
  /** The described jobs on one device, by the current rules on its facts; null if these are not stored. */
  jobsOn(thing: string, page: Page): Promise<Paged<DeviceJob> | null>;
  /** Where the verdicts of the current rules on the stored facts differ from the reported ones. */
  rejudge(filter: DeviceFilter): Promise<Rejudged>;
  /** Things heard longest ago first. */
  gaps(page: Page): Promise<Paged<GapView>>;
  /** The last messages that were refused for each reason, newest first. */
  refused(page: Page): Promise<Paged<RefusedMessage>>;
  /** Newest first. */
  requests(page: Page): Promise<Paged<RequestView>>;
  request(id: string): Promise<RequestView | null>;
  answers(id: string, page: Page): Promise<Paged<RequestAnswer>>;
  /** The last answer of the device's doctor. */
  doctor(thing: string, at?: string): Promise<DoctorView | null>;
}
