import type { Report, Trigger } from "../report/report.js";

type Check = (trigger: Trigger) => Promise<readonly Report[]>;

/**
 * Runs one check at a time: calls made while one runs share the next check. It takes the first caller's trigger, unless one of
 * them is a command, which needs full reports.
 */
export function checkQueue(run: Check): Check {
  let running: Promise<readonly Report[]> | null = null;
  let next: Promise<readonly Report[]> | null = null;
  let nextTrigger: Trigger = "SCHEDULE";

  function start(trigger: Trigger): Promise<readonly Report[]> {
    const started = run(trigger).finally(() => {
      if (running === started) running = null;
    });
    running = started;
    return started;
  }

  return (trigger) => {
    if (running === null) return start(trigger);
    if (next === null || trigger === "COMMAND") nextTrigger = trigger;
    next ??= running
      .catch(() => [])
      .then(() => {
        next = null;
        return start(nextTrigger);
      });
    return next;
  };
}
