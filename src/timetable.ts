import { jitterMs } from "./agent.js";
import type { Later } from "./outbox/deliver.js";

/** When to check, besides at the start. */
export interface Timetable {
  /** Goes by these times from now on. */
  set(times: { readonly schedule: string; readonly jitterSeconds: number }): void;
  stop(): void;
}

/** Calls `due` at every scheduled time, put off by this thing's own jitter. */
export function createTimetable(parts: {
  readonly thing: string;
  readonly onSchedule: (expression: string, due: () => void) => () => void;
  readonly later: Later;
  readonly due: () => void;
}): Timetable {
  let stopSchedule = () => {};
  let cancelPending: (() => void) | null = null;
  const stop = () => {
    stopSchedule();
    cancelPending?.();
    cancelPending = null;
  };
  return {
    set({ schedule, jitterSeconds }) {
      stop();
      stopSchedule = parts.onSchedule(schedule, () => {
        // A jitter longer than the schedule's interval: the check that waits stands for this time too.
        cancelPending ??= parts.later(jitterMs(parts.thing, jitterSeconds), () => {
          cancelPending = null;
          parts.due();
        });
      });
    },
    stop,
  };
}
