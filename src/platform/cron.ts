import { createTask, validate } from "node-cron";

/** The next run times of a cron expression (5 or 6 fields, UTC). */
export function nextRuns(expression: string, count: number): readonly Date[] {
  return createTask(expression, () => {}, { timezone: "UTC" }).getNextRuns(count);
}

/** Whether node-cron understands the expression. */
export function isSchedule(expression: string): boolean {
  return validate(expression);
}
