import type { Report } from "../report/report.js";
import type { CompletedExamination } from "./newest-good.js";

/** Something that runs alongside the checks, under the settings in force. */
export interface Follower {
  /** Called after each check and when heartbeats are sent, with the result and the reports. */
  checked(result: CompletedExamination, reports: readonly Report[]): void;
  stop(): void;
}
