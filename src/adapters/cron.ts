import { schedule, validate } from "node-cron";

/** Calls back at every time that a cron expression (5 or 6 fields, UTC) names; the answer ends that. */
export function onSchedule(expression: string, due: () => void): () => void {
  const task = schedule(expression, due, { timezone: "UTC", noOverlap: true, suppressMissedWarning: true });
  return () => void task.destroy();
}

/** Whether node-cron understands the expression. */
export function isSchedule(expression: string): boolean {
  return validate(expression);
}
