import type { Report } from "../report/report.js";
import type { CheckResult } from "./newest-good.js";

/** Something that works beside the checks, by the settings in force. */
export interface Follower {
  /** Called after each check, and with heartbeats: the settings, what was found, and the reports made of it. */
  checked(result: CheckResult, reports: readonly Report[]): void;
  stop(): void;
}
